/** Why a hint is dropped. Counted by it, never by value. */
export const LEAK_RULES = [
  "length",
  "lines",
  "characters",
  "email",
  "url",
  "path",
  "secret",
  "number",
  "identifier",
  "name",
  "word",
  "quote",
] as const;
export type LeakRule = (typeof LEAK_RULES)[number];
