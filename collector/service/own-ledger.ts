import type { MasterKey } from "#state/key-source.ts";
import type { StateStore } from "#state/store.ts";
import { RequestLedger } from "../ledger/ledger.ts";
import { forgetMemoryLedger, openOwnLedger } from "../ledger/open.ts";
import type { ServiceOptions } from "./service.ts";

/** What leaves this collector, in its state folder; undefined where it is switched off. */
export function ownLedger(
  { plan, clock, log, pinned }: ServiceOptions,
  store: StateStore,
  { key, source: keySource }: MasterKey,
  missed: () => void,
): RequestLedger | undefined {
  const {
    enabled,
    max_size: maxSizeBytes,
    max_age: maxAgeMs,
    keep_content: keepContent,
  } = plan.service.ledger;
  forgetMemoryLedger(plan.stateDir, log);
  if (!enabled) return undefined;
  const { rotatedKey } = store;
  const place = {
    stateDir: plan.stateDir,
    masterKey: rotatedKey ?? key,
    keySource,
    isSettled: rotatedKey === undefined,
  };
  return new RequestLedger({
    open: () => openOwnLedger(place, clock.now(), log),
    limits: { maxSizeBytes, maxAgeMs },
    keepContent,
    isOwner: true,
    pinned: () => pinned?.(),
    clock,
    log,
    missed,
  });
}
