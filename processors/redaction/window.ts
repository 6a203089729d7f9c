import type { Finding } from "./finding.ts";
import type { Rule } from "./rules/rule.ts";

/** Characters that are looked at in one go. Between two of these the collector does other work. */
export const WINDOW = 16_384;
/** What is seen before and behind them, so that a border hides nothing. A pattern looks no further than either. */
export const BEFORE = 512;
export const BEHIND = 8_192;

/** Part of a text, with what stands around it. */
export interface Window {
  text: string;
  /** Findings begin at or behind `from` and before `to`: the others belong to the windows beside it. */
  from: number;
  to: number;
}

export function* windowsOf(text: string): Generator<Window> {
  for (let from = 0; from < text.length; from += WINDOW)
    yield { text, from, to: Math.min(text.length, from + WINDOW) };
}

/** What is looked at, and where it begins in the text. */
export function sliceOf({ text, from, to }: Window): { slice: string; origin: number } {
  const origin = Math.max(0, from - BEFORE);
  return { slice: text.slice(origin, to + BEHIND), origin };
}

/** Where the last match of each rule ended. A tail may reach over many windows, and is run once. */
export type Consumed = Map<Rule, number>;

/** Every secret of one kind that begins in the window. `consumed` is of the same text, from window to window. */
export function findByRule(window: Window, rule: Rule, consumed: Consumed = new Map()): Finding[] {
  const { pattern } = rule;
  const from = Math.max(window.from, consumed.get(rule) ?? 0);
  const found: Finding[] = [];
  if (from >= window.to) return found;
  const { slice, origin } = sliceOf(window);
  pattern.lastIndex = from - origin;
  for (let match = pattern.exec(slice); match !== null; match = pattern.exec(slice)) {
    if (origin + match.index >= window.to) break;
    const { start, end } = secretOf(window.text, origin, match, rule);
    const accepted = rule.accept?.(window.text.slice(start, end), match) ?? true;
    if (accepted) found.push({ start, end, rule: rule.name, ...(rule.weak === true && { weak: true }) });
    // What a tail consumed is not looked at again: it would be for every place in it.
    const stop = accepted || rule.tail !== undefined ? end : 0;
    consumed.set(rule, stop);
    pattern.lastIndex = Math.max(match.index + 1, stop - origin);
  }
  return found;
}

function secretOf(
  text: string,
  origin: number,
  match: RegExpExecArray,
  { tail }: Rule,
): { start: number; end: number } {
  const secret = match.findLast((group) => group !== undefined) ?? match[0];
  const matchEnd = origin + match.index + match[0].length;
  const start = matchEnd - secret.length;
  if (tail === undefined) return { start, end: matchEnd };
  tail.lastIndex = matchEnd;
  return { start, end: matchEnd + (tail.exec(text)?.[0].length ?? 0) };
}
