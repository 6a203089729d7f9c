import type { Departure, DepartureAnswer, Ledger, Noted } from "#component/component.ts";
import { type KeyOptions, loadMasterKey, readMasterKey } from "#state/key-source.ts";
import { readLock } from "#state/lock.ts";
import { RequestLedger } from "../../ledger/ledger.ts";
import { type OpenLedger, openLedgerBeside } from "../../ledger/open.ts";
import { createLogger } from "../../service/logger.ts";
import type { Plan } from "../../service/plan.ts";
import { systemClock, systemPlatform } from "../../service/system.ts";
import { readPlan } from "../options.ts";
import { openInMemory } from "./open-for-reading.ts";

/**
 * The ledger for a command that speaks with the backend itself, beside a running collector or without one. Undefined
 * where it is off, or nobody has a key that lasts. Never rejects: no command fails by it.
 */
export async function ledgerBeside(
  { stateDir, service }: Plan,
  { makesKey = false } = {},
): Promise<RequestLedger | undefined> {
  if (!service.ledger.enabled) return undefined;
  const log = createLogger({ level: "error", format: "text", write: () => {}, now: Date.now });
  try {
    const source = service.outbox.key_source;
    const masterKey = await keyOf({ source, dir: stateDir, platform: systemPlatform(), log }, makesKey);
    const open = masterKey ? () => openLedgerBeside({ stateDir, masterKey }) : await besideMemory(stateDir);
    if (open === undefined) return undefined;
    const { max_size: maxSizeBytes, max_age: maxAgeMs, keep_content: keepContent } = service.ledger;
    return new RequestLedger({
      open,
      limits: { maxSizeBytes, maxAgeMs },
      keepContent,
      isOwner: false,
      pinned: () => undefined,
      clock: systemClock,
      log,
    });
  } catch {
    return undefined;
  }
}

/** The collector that runs has the key in its memory. */
async function besideMemory(stateDir: string): Promise<(() => OpenLedger) | undefined> {
  const opened = await openInMemory(stateDir);
  return opened && (() => opened);
}

async function keyOf(place: KeyOptions, makesKey: boolean): Promise<Uint8Array | undefined> {
  const known = await readMasterKey(place);
  if (known !== undefined || !makesKey || place.source === "memory" || readLock(place.dir).held) return known;
  const { key, source } = await loadMasterKey(place);
  return source === "memory" ? undefined : key;
}

/** Holds what left until it is known that it may be written: nothing of a team is, before the team is proved. */
export class LaterLedger implements Ledger {
  readonly #held: { departure: Departure; answer?: DepartureAnswer }[] = [];

  async leaving(departure: Departure): Promise<Noted> {
    const each: { departure: Departure; answer?: DepartureAnswer } = { departure };
    this.#held.push(each);
    return { headers: {}, answered: (answer) => void (each.answer = answer) };
  }

  /** Into the ledger of what is configured now. Never rejects. */
  async write(): Promise<void> {
    const plan = planNow();
    const ledger = plan && (await ledgerBeside(plan, { makesKey: true }));
    for (const { departure, answer } of this.#held.splice(0)) {
      // oxlint-disable-next-line no-await-in-loop -- in their order, and there is one
      const noted = await ledger?.leaving(departure);
      if (answer !== undefined) noted?.answered(answer);
    }
    await ledger?.close();
  }
}

function planNow(): Plan | undefined {
  try {
    return readPlan(undefined).plan;
  } catch {
    return undefined;
  }
}
