import type { PolicySource } from "#proto/agent-api.ts";
import { type Mode, NO_OPT_INS, type OptIn } from "#proto/egress.ts";

/** What may be done with text now. */
export interface ModeInForce {
  mode: Mode;
  /** Who set it: the strictest of several. */
  setBy: PolicySource;
  /** Milliseconds since the Unix epoch, UTC: text that was written before never leaves. */
  sinceMs: number;
  /** False while the team's signed configuration has expired: text is then neither read nor sent, and waits. */
  isFresh: boolean;
}

/** Decides between the team, the managed policy, the user's configuration and what the developer accepted. */
export interface Modes {
  /** For a pipeline whose own configuration says `configured`. Cheap: asked for each record with a text. */
  now(configured: Mode): ModeInForce;
  /** What the team turned on beyond its mode, by its signed configuration. */
  readonly optIns: ReadonlySet<OptIn>;
}

/** Nobody accepted anything. */
export const NO_TEXT: Modes = {
  now: () => ({ mode: "off", setBy: "default", sinceMs: Number.POSITIVE_INFINITY, isFresh: true }),
  optIns: NO_OPT_INS,
};
