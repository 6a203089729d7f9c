/** What of a database error may be logged: its class of cause, never its text, which can quote values. */
const CAUSES: [pattern: RegExp, code: string][] = [
  [/constraint/i, "d1_constraint"],
  [/overloaded|too many requests/i, "d1_overloaded"],
  [/network connection lost|reset because/i, "d1_reset"],
  [/timeout|timed out/i, "d1_timeout"],
  [/too big|too large|SQLITE_TOOBIG/i, "d1_too_large"],
  [/no such (?:table|column)/i, "d1_schema"],
  [/D1_ERROR/, "d1_other"],
];

export function errorCode(error: unknown): string {
  const text = error instanceof Error ? error.message : "";
  return CAUSES.find(([pattern]) => pattern.test(text))?.[1] ?? "other";
}
