import type { LeakRule } from "./leak-guard-rules.ts";
import { wordsOf } from "./leak-guard-fold.ts";

/** Digits of a whole hint, spelled ones too: three make a number that means something. */
const MOST_DIGITS = 2;
/** `2FA over HTTP/2`. */
const MOST_TOKENS_WITH_DIGITS = 2;
/** As in `C`. More of them, the article aside, spell something. */
const MOST_SINGLE_LETTERS = 2;

const SPELLED = new Set([
  "zero",
  "null",
  "one",
  "two",
  "three",
  "first",
  "second",
  "third",
  "once",
  "twice",
  "double",
]);

const SHAPES: readonly [LeakRule, RegExp][] = [
  ["lines", /[\n\r\u2028\u2029\u0085\v\f]/],
  ["email", /@|\[at\]|\(at\)/i],
  [
    "url",
    /:\/\/|\bwww\.|\b[a-z0-9-]{2,}\.(?:com|org|net|io|dev|app|ai|co|eu|de|fr|uk|us|info|biz|cloud|local|internal|test)\b/i,
  ],
  ["path", /\\|(?:^|[\s(])[~.]*\/|\/[^ /]*\/|\b[a-z]:\/|\/$/i],
  ["identifier", /[_`$={}<>|]|\w\(\)|::|->/],
  ["secret", /\b(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9]{8,}\b|\b[A-Za-z0-9]{24,}\b/],
  ["characters", /[^A-Za-z0-9 ,.;:()'&/+#%!?-]/],
];

/** What can be seen without knowing any word. */
export function checkShape(text: string): LeakRule | undefined {
  for (const [rule, pattern] of SHAPES) if (pattern.test(text)) return rule;
  if (/\d{3}/.test(text.replace(KNOWN_NUMBERS, ""))) return "number";
  const words = wordsOf(text.toLowerCase());
  const spelled = words.filter((word) => SPELLED.has(word)).length;
  const digits = text.replace(KNOWN_NUMBERS, "").match(/\d/g)?.length ?? 0;
  if (digits + spelled > MOST_DIGITS) return "number";
  if (words.filter((word) => /\d/.test(word)).length > MOST_TOKENS_WITH_DIGITS) return "number";
  return words.filter((word) => word.length === 1 && word !== "a").length > MOST_SINGLE_LETTERS
    ? "word"
    : undefined;
}

const KNOWN_NUMBERS =
  /\b(?:sha256|base64|md5|arm64|x86|utf-?8|i18n|l10n|a11y|k8s|s3|ec2|oauth2|http\/?[23]|ipv[46]|es6|[23]d|2fa|b2[bc]|d3)\b/gi;
