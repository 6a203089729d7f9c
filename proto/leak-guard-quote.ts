import type { LeakRule } from "./leak-guard-rules.ts";
import { fold, wordsOf } from "./leak-guard-fold.ts";
import type { GuardedPrompt } from "./leak-guard-prompt.ts";
import { isStopWord, plainForm, stem } from "./leak-guard-vocabulary.ts";

/** So many words of the prompt in a row are a quote, also with other words between them, or backwards. */
const QUOTE_WORDS = 5;
/** So many of the larger words in a row are one in whatever order they come. */
const SHUFFLED_WORDS = 5;
/** So many characters in a row, with one space between words. */
const QUOTE_LENGTH = 32;
/** The same without spaces: English has a space every sixth character. */
const QUOTE_LETTERS = 26;
/** Initials, or words run together, that spell a word of the prompt. */
const SPELLED_INITIALS = 4;
const SPELLED_LETTERS = 5;

export function findQuote(hint: string, prompt: GuardedPrompt): LeakRule | undefined {
  const words = wordsOf(fold(hint));
  const stems = words.map(stem);
  const content = stems.filter((word) => !isStopWord(word));
  if (followsPrompt(stems, prompt.stems) || followsPrompt(content, prompt.contentStems)) return "quote";
  if (isShuffled(content, prompt.contentStems)) return "quote";
  if (sharesRun(words.join(" "), prompt.text, QUOTE_LENGTH)) return "quote";
  if (sharesRun(words.join(""), prompt.compact, QUOTE_LETTERS)) return "quote";
  if (prompt.passages.some(({ stems: passage, most }) => sharesPassage(stems, passage, most))) return "quote";
  return spellsName(words, prompt) ? "name" : undefined;
}

function followsPrompt(hint: readonly string[], prompt: readonly string[]): boolean {
  return hint.length >= QUOTE_WORDS && (isWovenIn(hint, prompt) || isWovenIn(hint.toReversed(), prompt));
}

/** True when some words that stand in a row in the prompt are all in the hint, in the same order. */
function isWovenIn(hint: readonly string[], prompt: readonly string[]): boolean {
  const places = new Map<string, number[]>();
  for (const [i, word] of hint.entries()) places.set(word, [...(places.get(word) ?? []), i]);
  for (let start = 0; start + QUOTE_WORDS <= prompt.length; start += 1) {
    let at = -1;
    let length = 0;
    while (length < QUOTE_WORDS) {
      const next = places.get(prompt[start + length] ?? "")?.find((place) => place > at);
      if (next === undefined) break;
      at = next;
      length += 1;
    }
    if (length === QUOTE_WORDS) return true;
  }
  return false;
}

/** True when some words that stand in a row in the prompt are all in the hint, in whatever order. */
function isShuffled(hint: readonly string[], prompt: readonly string[]): boolean {
  const said = new Set(hint);
  const row = new Set<string>();
  for (const word of prompt) {
    if (said.has(word)) row.add(word);
    else row.clear();
    if (row.size >= SHUFFLED_WORDS) return true;
  }
  return false;
}

function sharesRun(hint: string, prompt: string, length: number): boolean {
  for (let at = 0; at + length <= hint.length; at += 1) {
    if (prompt.includes(hint.slice(at, at + length))) return true;
  }
  return false;
}

function sharesPassage(hint: readonly string[], passage: readonly string[], most: number): boolean {
  const text = ` ${hint.join(" ")} `;
  for (let at = 0; at + most < passage.length; at += 1) {
    if (text.includes(` ${passage.slice(at, at + most + 1).join(" ")} `)) return true;
  }
  return false;
}

/** First letters, and letters across the ends of words, that make a word which is in the prompt and in no vocabulary. */
function spellsName(words: readonly string[], prompt: GuardedPrompt): boolean {
  const isName = (text: string) => prompt.words.has(text) && plainForm(text) === undefined;
  const initials = words.map((word) => word[0] ?? "").join("");
  for (const text of runsOf(initials, SPELLED_INITIALS))
    if (isName(text) || isName(reversed(text))) return true;
  for (const [i, word] of words.entries()) {
    const [first, second] = [word, words.slice(i + 1, i + 4).join("")];
    for (let from = 0; from < first.length; from += 1) {
      for (let to = 1; to <= second.length; to += 1) {
        const text = first.slice(from) + second.slice(0, to);
        if (text.length >= SPELLED_LETTERS && isName(text)) return true;
      }
    }
  }
  return false;
}

function runsOf(text: string, least: number): string[] {
  const runs: string[] = [];
  for (let from = 0; from + least <= text.length; from += 1) {
    for (let to = from + least; to <= text.length; to += 1) runs.push(text.slice(from, to));
  }
  return runs;
}

function reversed(text: string): string {
  return text.split("").toReversed().join("");
}
