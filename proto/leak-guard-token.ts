import type { LeakRule } from "./leak-guard-rules.ts";
import type { GuardedPrompt } from "./leak-guard-prompt.ts";
import { isTechnology, isVerb, plainForm } from "./leak-guard-vocabulary.ts";

/** `end-to-end`, `state-of-the-art`. */
const MOST_PARTS = 4;

/** One word of a hint, with its punctuation: known to everybody, and no name here. */
export function checkToken(
  token: string,
  startsSentence: boolean,
  prompt: GuardedPrompt,
): LeakRule | undefined {
  const bare = token.replace(/^[('&]+|[)',.;:!?%&]+$/g, "");
  if (bare === "" || /^-+$/.test(bare)) return undefined;
  const isKnown = isTechnology(bare) || plainForm(bare.toLowerCase()) !== undefined;
  const parts = isKnown ? [bare] : bare.split(/[-/]/);
  if (parts.length > MOST_PARTS) return "identifier";
  for (const [i, part] of parts.entries()) {
    const broken = checkWord(part, startsSentence && i === 0, prompt);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

function checkWord(written: string, startsSentence: boolean, prompt: GuardedPrompt): LeakRule | undefined {
  if (isTechnology(written)) return undefined;
  const word = written.replace(/'s?$/, "");
  if (/^\d{1,2}$/.test(word)) return undefined;
  if (/[a-z][A-Z]/.test(word) || /[A-Za-z]\.[A-Za-z]/.test(word)) return "identifier";
  const plain = plainForm(word.toLowerCase());
  if (plain === undefined) return unknownAs(word, startsSentence);
  if (prompt.names.has(plain)) return "name";
  // A hint begins with a verb; another word that is only ever capitalised may be a name there as well.
  const isPlain = startsSentence && isVerb(plain);
  return /^[A-Z]/.test(word) && !isPlain && prompt.capitals.has(plain) ? "name" : undefined;
}

function unknownAs(word: string, startsSentence: boolean): LeakRule {
  if (/\d{3}/.test(word)) return "number";
  return /^[A-Z]/.test(word) && !startsSentence ? "name" : "word";
}
