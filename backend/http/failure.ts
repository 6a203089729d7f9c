import { SettingsError } from "../env.ts";

/** Logs an error by its class: unlike its message that never holds anything that was sent. */
export function logFailure(msg: string, error: unknown): void {
  const kind = error instanceof Error ? error.constructor.name : typeof error;
  // These name settings and say what is wrong with them, and nothing else.
  const problems = error instanceof SettingsError ? error.message : undefined;
  console.error({ msg, kind, ...(problems ? { problems } : {}) });
}
