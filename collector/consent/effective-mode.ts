import { type Mode, MODES } from "#proto/egress.ts";
import type { PolicySource } from "#proto/agent-api.ts";
import type { ModeInForce } from "../service/modes.ts";

/** Everybody who has a say, and what they say. */
export interface Say {
  /** The strictest of managed policy and the user's own files, and whose it is. */
  configured: { mode: Mode; by: PolicySource };
  /** Undefined on a machine that belongs to no team. */
  team: { mode: Mode; expired: boolean } | undefined;
  /** Undefined without an acceptance that holds now. */
  accepted: { mode: Mode; sinceMs: number } | undefined;
}

/** The strictest of all: nobody can loosen what another one says. */
export function effectiveMode({ configured, team, accepted }: Say): ModeInForce {
  const says: { mode: Mode; by: PolicySource }[] = [
    configured,
    ...(team === undefined ? [] : [{ mode: team.mode, by: "server" as const }]),
    { mode: accepted?.mode ?? "off", by: "consent" },
  ];
  const strictest = says.reduce((a, b) => (MODES.indexOf(b.mode) < MODES.indexOf(a.mode) ? b : a));
  return {
    mode: strictest.mode,
    setBy: strictest.by,
    sinceMs: accepted?.sinceMs ?? Number.POSITIVE_INFINITY,
    isFresh: team?.expired !== true,
  };
}
