import { expect, it } from "vitest";
import { BEFORE, BEHIND, findByRule } from "../window.ts";
import { RULES } from "./all.ts";
import type { Rule } from "./rule.ts";
import { longestMatch } from "./testing.ts";

const rules = RULES.map((rule) => [rule.name, rule] as const);
const LENGTH = 32_768;

it.each([/a*/, /a+b/, /(?:ab){2,}/, /[a-z]{3,}/, /(?:a|b+)c/, /a*?/])("%s has no upper bound", (pattern) => {
  expect(() => longestMatch(pattern)).toThrow("no upper bound");
});

it.each([
  [/a{2,5}b?/, 6],
  [/(?:ab|cde){3}/, 9],
  [/[a\]*+]{4}\*\+(?=x)/, 7],
  [/(?<![a-z]{3})\p{L}{2}/u, 5],
])("%s matches at most %i characters", (pattern, length) => {
  expect(longestMatch(pattern)).toBe(length);
});

it.each(rules)("%s: its pattern has an upper bound, within what a window sees", (_, { pattern }) => {
  expect(longestMatch(pattern)).toBeLessThanOrEqual(BEHIND);
  for (const [, before = ""] of pattern.source.matchAll(/\(\?<[=!]((?:[^()\\]|\\.)*)\)/g))
    expect(longestMatch(new RegExp(before, pattern.flags))).toBeLessThanOrEqual(BEFORE);
});

it.each(rules)("%s: its tail is one class of characters", (_, { tail }) => {
  expect(tail?.source ?? "[a]*").toMatch(/^\[(?:\\.|[^\]\\])*\]\*$/);
  expect(tail?.flags ?? "y").toContain("y");
});

it.each(rules)(
  "%s: its pattern is global, its anchors are in lower case and its name fits a counter",
  (_, rule) => {
    expect(rule.pattern.flags).toContain("g");
    expect(rule.name).toMatch(/^[a-z][a-z0-9_]{1,40}$/);
    expect(rule.anchors.length).toBeGreaterThan(0);
    expect(rule.anchors.every((anchor) => anchor === anchor.toLowerCase() && anchor.length > 0)).toBe(true);
  },
);

// A pattern that looked at everything from everywhere would need hours for these.
it.each(rules)("%s: is done with hostile text", { timeout: 120_000 }, (_, rule) => {
  for (const part of hostileParts(rule)) {
    const text = part.repeat(Math.ceil(LENGTH / part.length));
    const found = findByRule({ text, from: 0, to: text.length }, rule);
    expect(found.every(({ start, end }) => start < end && end <= text.length)).toBe(true);
  }
});

const CHARS = [
  "a",
  "A",
  "0",
  " ",
  "=",
  "/",
  "\\",
  '"',
  "'",
  ".",
  "@",
  "-",
  ":",
  "%",
  "\n",
  "é",
  "a0",
  "a.",
  "a@",
  "ab ",
];

/** What the rule looks for, without its end, again and again; alone and with what its classes take. */
function hostileParts({ anchors, pattern }: Rule): string[] {
  const literal = pattern.source.replaceAll(/\\[bs]|\(\?<?[:=!]|\{[\d,]+\}|[\\()[\]|?^$]/g, "");
  const begun = [...anchors, ...anchors.map((anchor) => anchor.toUpperCase()), literal];
  return [
    ...CHARS,
    ...begun,
    ...begun.flatMap((each) => [
      `${each}=`,
      `${each}: "`,
      `${each}${"a0".repeat(40)}`,
      `${each}${"A".repeat(500)}`,
    ]),
    ...begun.map((each) => `${each} is `),
    "password is a b c d ",
    "https://a:b",
    "a://a0a0a0a0a0a0a0a0a0a0",
    "/Users/a b c ",
    "C:\\Users\\a b ",
  ];
}
