import { randomInt, randomUUID } from "node:crypto";
import { type Mode, MODES } from "#proto/egress.ts";

/** What is planted, by what may become of it. In the order of the report. */
export const KINDS = {
  secret: "secrets, in prompts and answers",
  personal: "e-mail addresses, home folders",
  old: "texts from before the acceptance",
  tool: "tool calls, results, thinking, titles",
  login: "Cursor's login tokens",
  place: "folders, files, branches",
  id: "ids of sessions, requests, prompts",
  hook: "ids that Cursor's hooks tell",
  prompt: "prompts: words, names, code",
  answer: "answers: words, code",
} as const;
export type Kind = keyof typeof KINDS;

export interface Canary {
  kind: Kind;
  /** What it stands for, in words. */
  what: string;
  /** What is looked for. */
  needle: string;
}

/** By which way something got out, or where it was left. */
export type Way =
  /** Records on their way to the destination. */
  | "records"
  /** A question to the team's backend for a category. */
  | "categorize"
  /** A question to the model on this computer. */
  | "model"
  /** Any other request. */
  | "other"
  /** A file that the collector left. */
  | "file"
  | "log";

/** What each way may carry: all that is not in this table may survive nowhere. */
const PERMITTED: readonly { kind: Kind; way: Way; modes: readonly Mode[] }[] = [
  { kind: "prompt", way: "model", modes: ["categorize_local"] },
  { kind: "prompt", way: "categorize", modes: ["categorize_cloud", "full"] },
  { kind: "prompt", way: "records", modes: ["full"] },
  { kind: "answer", way: "records", modes: ["full"] },
  // In the recorder's folder, by which a turn is found again in Cursor's own files.
  { kind: "hook", way: "file", modes: MODES },
];

export function isPermitted(kind: Kind, way: Way, mode: Mode): boolean {
  return PERMITTED.some((each) => each.kind === kind && each.way === way && each.modes.includes(mode));
}

/** The ways by which what is planted has to arrive: where it does not, nothing is proved. */
export function waysOf(kind: Kind, mode: Mode): Way[] {
  return PERMITTED.filter((each) => each.kind === kind && each.modes.includes(mode)).map(({ way }) => way);
}

const CONSONANTS = "bdfgklmnprstvz";
const VOWELS = "aeiou";

/** A word that nobody uses, and that no detector takes for a secret. */
export function inventedWord(syllables = 6): string {
  const letter = (of: string) => of.charAt(randomInt(of.length));
  return Array.from({ length: syllables }, () => letter(CONSONANTS) + letter(VOWELS)).join("");
}

/** Remembers everything that is planted. */
export class Planted {
  readonly all: Canary[] = [];

  word(kind: Kind, what: string): string {
    return this.add({ kind, what, needle: inventedWord() });
  }

  /** A name, as people write one. */
  name(kind: Kind, what: string): string {
    const word = inventedWord();
    return this.add({ kind, what, needle: word.charAt(0).toUpperCase() + word.slice(1) });
  }

  uuid(what: string): string {
    return this.add({ kind: "id", what, needle: randomUUID() });
  }

  /** An id that a hook of Cursor's tells. */
  told(what: string): string {
    return this.add({ kind: "hook", what, needle: randomUUID() });
  }

  add(canary: Canary): string {
    this.all.push(canary);
    return canary.needle;
  }
}
