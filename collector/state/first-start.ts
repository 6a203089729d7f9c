import type { Clock } from "#component/component.ts";

export interface FirstStart {
  /** Milliseconds since the Unix epoch, UTC, when this machine began to follow. */
  firstStartMs: number;
  /** 32 hex digits, random: `service.instance.id`. */
  instanceId: string;
  /** True when this call wrote it. */
  created: boolean;
}

/** Kept apart from the state, so that it survives a lost `state.db`. */
export function readOrCreateFirstStart(_configDir: string, _clock: Pick<Clock, "now">): FirstStart {
  throw new Error("not implemented");
}
