import { CATEGORIES, type Category } from "#proto/categories.ts";
import { ANYWHERE, OPENINGS } from "./rule-table.ts";

export interface Guess {
  category: Category;
  /** 0 to 1. */
  confidence: number;
}

/** What is looked at of a long prompt: people ask at the beginning, or after what they pasted. */
const HEAD = 2_000;
const TAIL = 1_000;

/** Later ones are seldom what is asked. */
const MAX_SENTENCES = 12;

/** A prompt shorter than this that says nothing known is a word in a conversation. */
const SHORT_WORDS = 4;

/** The kind of work by words alone: without a model, at once, always the same. */
export function categorizeByRules(prompt: string): Guess {
  const text = fold(excerpt(prompt));
  const [request = "", ...later] = sentences(text);
  const scores = new Map<Category, number>();
  const add = (category: Category, points: number) =>
    void scores.set(category, (scores.get(category) ?? 0) + points);
  for (const { category, weight, pattern } of OPENINGS) {
    if (opens(pattern, request)) add(category, weight);
    else if (later.some((sentence) => opens(pattern, sentence))) add(category, weight - 1);
  }
  for (const { category, weight, pattern } of ANYWHERE) if (pattern.test(text)) add(category, weight);
  return best(scores, text);
}

function best(scores: ReadonlyMap<Category, number>, text: string): Guess {
  const ranked = CATEGORIES.map((category) => ({ category, score: scores.get(category) ?? 0 })).toSorted(
    (a, b) => b.score - a.score,
  );
  const [first, second] = ranked;
  if (first === undefined || second === undefined || first.score === 0) {
    if (text.split(" ").length <= SHORT_WORDS) return { category: "other", confidence: 0.5 };
    return { category: text.endsWith("?") ? "explore" : "other", confidence: 0.2 };
  }
  const margin = (first.score - second.score) / first.score;
  return { category: first.category, confidence: Math.round((0.3 + 0.5 * margin) * 100) / 100 };
}

function opens(pattern: RegExp, request: string): boolean {
  return pattern.exec(request)?.index === 0;
}

/** What each begins with, after politeness and small talk. */
function sentences(text: string): string[] {
  return text
    .split(/[.!?:;] /, MAX_SENTENCES)
    .map((sentence) => sentence.replace(PREFACE, ""))
    .filter((sentence) => sentence !== "");
}

const PREFACE =
  /^(?:(?:hi|hey|hello|ok|okay|so|now|next|then|also|and|great|thanks|please|pls|bitte|por favor|s'il te plait|just|quickly|first|can you|could you|would you|can we|could we|let's|lets|help me to|help me|i want you to|i'd like you to|i need you to|we need to|we should|you should|go ahead and|go and|kannst du|konntest du|peux-tu|puedes|puoi|pode)[,!:. ]+)+(?=\S)/;

function excerpt(prompt: string): string {
  const prose = withoutCode(prompt.length > HEAD + TAIL ? ends(prompt) : prompt).trim();
  // A prompt of code alone is judged by the code.
  return prose === "" ? prompt.slice(0, HEAD) : prose;
}

function ends(prompt: string): string {
  return `${prompt.slice(0, HEAD)}\n${prompt.slice(-TAIL)}`;
}

/** What stands between fences was pasted, not asked. */
function withoutCode(text: string): string {
  return text
    .split("```")
    .filter((_, i) => i % 2 === 0)
    .join(" ");
}

function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replaceAll("’", "'")
    .toLowerCase()
    .replace(/\s+/g, " ")
    .trim();
}
