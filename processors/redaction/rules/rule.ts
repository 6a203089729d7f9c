/**
 * One kind of secret. Its pattern is linear by construction: it has no quantifier without an upper bound, so that an
 * attempt at one place looks at a limited number of characters. What is longer is taken by `tail`, which is run once
 * from the end of an accepted match, and consumes what it looked at. A test reads every pattern and refuses others.
 */
export interface Rule {
  /** As it stands in `[redacted:<name>]`. */
  name: string;
  /** In lower case. Where none of them occurs, the pattern is not run. */
  anchors: readonly string[];
  /** Global. Its first group, where it has one, ends the match and is what is replaced; otherwise all of it is. */
  pattern: RegExp;
  /** Sticky, a single class of characters: all that follow belong to the secret. */
  tail?: RegExp;
  /** Another rule, that finds the same and more, names the marker. */
  weak?: boolean;
  /** Refuses what only looks like it. `value` is the secret with its tail. */
  accept?: (value: string, match: RegExpExecArray) => boolean;
}

/** Letters and digits; with `_` and `-`; both are what most tokens are made of. */
export const ALNUM = "[A-Za-z0-9]";
export const URL_SAFE = "[A-Za-z0-9_-]";
export const HEX = "[0-9a-f]";

interface TokenShape {
  /** A pattern of one character. `[A-Za-z0-9_-]` when not given. */
  body?: string;
  /** How many of them there are at least. */
  min: number;
  /** The prefix is short enough to be part of a word: nothing that could be one may stand before it. */
  apart?: boolean;
  /** How many characters it has exactly; without it, all that follow belong to it. */
  exact?: boolean;
}

/** A secret that its first characters give away. `prefix` is a pattern; `anchors` are what it contains, literally. */
export function token(name: string, anchors: string[], prefix: string, shape: TokenShape): Rule {
  const { body = URL_SAFE, min, apart = false, exact = false } = shape;
  const before = apart ? "(?<![A-Za-z0-9_-])" : "";
  const after = exact ? `(?!${body})` : "";
  const head = new RegExp(`^(?:${prefix})`);
  return {
    name,
    anchors: anchors.map((anchor) => anchor.toLowerCase()),
    pattern: new RegExp(`${before}(?:${prefix})${body}{${min}}${after}`, "g"),
    ...(!exact && { tail: new RegExp(`${body}*`, "y") }),
    accept: (value) => !isPlaceholder(value) && isRandom(value.replace(head, "")),
  };
}

/** A name that somebody thought of has no digit, and either no capitals or nothing else. */
export function isRandom(value: string): boolean {
  return /\d/.test(value) || (/[A-Z]/.test(value) && /[a-z]/.test(value));
}

/** None of these is likely in 100 random characters. */
const PLACEHOLDER =
  /x{6}|\*{3}|\.{3}|…|your[_/-]|yourkey|example|placeholder|change[_-]?me|redacted|insert[_-]|replace[_-]|dummy|sample[_-]|<[a-z]|0{8}|1{8}|fake[_-]?key/i;

/** What documentation and templates write where a secret would stand. */
export function isPlaceholder(value: string): boolean {
  const begin = value.slice(0, 100);
  return PLACEHOLDER.test(begin) || (begin.length >= 16 && new Set(begin).size < 6);
}

/** Bits per character, of the characters that it has: 0 for one repeated, about 4 to 5 for a random token of 40. */
export function entropyOf(value: string): number {
  const counts = new Map<string, number>();
  for (const char of value) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}
