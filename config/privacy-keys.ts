import { type Mode, MODES } from "#proto/egress.ts";
import type { ConfigPath } from "./errors.ts";

/** How two files' values of a privacy setting are brought together. */
export type PrivacyRule =
  /** The stricter mode stands, whichever file says it. */
  | "strictest"
  /** A later list may add, not leave out. */
  | "keeps_all"
  /** A later value may replace it. */
  | "replaces";

const PRIVACY_KEYS: readonly { path: readonly string[]; rule: PrivacyRule }[] = [
  { path: ["processors", "*", "mode"], rule: "strictest" },
  { path: ["processors", "*", "salt"], rule: "replaces" },
  { path: ["service", "pipelines", "*", "processors"], rule: "keeps_all" },
];

/** Undefined for a setting that privacy does not hang on. */
export function privacyRule(path: ConfigPath): PrivacyRule | undefined {
  return PRIVACY_KEYS.find((key) => key.path.length === path.length && covers(key.path, path))?.rule;
}

/** True when the setting, or one below it, must never be taken away. */
export function holdsPrivacyKey(path: ConfigPath): boolean {
  return PRIVACY_KEYS.some((key) => key.path.length >= path.length && covers(key.path, path));
}

/** True when `a` lets less leave than `b`. What is no mode counts as strictest, so that it is seen and refused. */
export function isStricter(a: unknown, b: unknown): boolean {
  return rank(a) < rank(b);
}

function rank(mode: unknown): number {
  const known: readonly unknown[] = MODES satisfies readonly Mode[];
  return known.indexOf(mode);
}

function covers(pattern: readonly string[], path: ConfigPath): boolean {
  return path.every((part, i) => pattern[i] === "*" || pattern[i] === part);
}
