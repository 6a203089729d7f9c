import { BUSINESS, NOUNS } from "./leak-guard-nouns.ts";
import { ADJECTIVES, EXACT_WORDS, IRREGULAR, TECHNOLOGIES, VERBS } from "./leak-guard-words.ts";

const verbs = new Set(VERBS);
const nouns = new Set([...NOUNS, ...BUSINESS]);
const adjectives = new Set(ADJECTIVES);
const exact = new Set([...EXACT_WORDS, ...IRREGULAR, ...NOUNS, ...BUSINESS, ...VERBS, ...ADJECTIVES]);
const acronyms = new Set(EXACT_WORDS.map((word) => word.toUpperCase()));
const technologies = new Set(TECHNOLOGIES.map((name) => name.toLowerCase()));

/** Too common to say that something was quoted. */
const STOP_WORDS = new Set(
  (
    "a an the and or nor but of to in on for with from by at as into onto over per via is are was were be been being has " +
    "have had do does not no if so then than that this these those it its their they them we our us you your i my me"
  ).split(" "),
);

export function isTechnology(word: string): boolean {
  return technologies.has(word.toLowerCase());
}

/** `README`, `CLI`: capitals that name nobody. */
export function isAcronym(word: string): boolean {
  return acronyms.has(word);
}

export function isVerb(word: string): boolean {
  return verbs.has(word);
}

export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word);
}

/** Longer ones are no words; a prompt may hold megabytes without a space. */
const LONGEST_WORD = 30;

const PREFIX = /^(?:un|non|re|pre|multi|sub|auto|mis)(?=[a-z]{4})/;

/** The word's plain form, for a word in lower case; undefined for one that is not in the vocabulary. */
export function plainForm(word: string): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  for (const base of singulars(word)) if (nouns.has(base) || verbs.has(base)) return base;
  for (const base of infinitives(word)) if (verbs.has(base)) return base;
  if (exact.has(word)) return word;
  if (adverbsOf(word).some((base) => adjectives.has(base))) return word;
  const base = word.replace(PREFIX, "");
  return base === word || plainForm(base) === undefined ? undefined : word;
}

/** The plain form where there is one. For comparing, not for deciding what is known. */
export function stem(word: string): string {
  return plainForm(word) ?? word;
}

/** `simply`, `quickly`, `easily`: the adjectives that they are made of. */
function adverbsOf(word: string): string[] {
  if (word.endsWith("ically")) return [word.slice(0, -4), word.slice(0, -2)];
  if (word.endsWith("ily")) return [`${word.slice(0, -3)}y`];
  return word.endsWith("ly") ? [word.slice(0, -2), `${word.slice(0, -2)}le`] : [];
}

function singulars(word: string): string[] {
  if (word.endsWith("ies")) return [`${word.slice(0, -3)}y`, word.slice(0, -1)];
  if (word.endsWith("es")) return [word.slice(0, -1), word.slice(0, -2)];
  return word.endsWith("s") && !word.endsWith("ss") ? [word.slice(0, -1)] : [];
}

function infinitives(word: string): string[] {
  if (word.endsWith("ied")) return [`${word.slice(0, -3)}y`];
  const trunk = word.endsWith("ing") ? word.slice(0, -3) : word.endsWith("ed") ? word.slice(0, -2) : "";
  if (trunk.length < 2) return [];
  const single = /([b-df-hj-np-tv-z])\1$/.test(trunk) ? trunk.slice(0, -1) : trunk;
  return [trunk, `${trunk}e`, single];
}
