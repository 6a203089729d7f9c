import type { Finding } from "../finding.ts";

/** Characters a key may have at most between its first and its last line. The largest in use have about 13,000. */
const LONGEST = 65_536;
const BEGIN = /-{4,5} ?BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY|SECRET KEY)[A-Z ]{0,10} ?-{4,5}/g;
const END = /-{4,5} ?END [A-Z0-9 ]{0,40}(?:PRIVATE KEY|SECRET KEY)[A-Z ]{0,10} ?-{4,5}/g;
const PUTTY_BEGIN = /PuTTY-User-Key-File-\d/g;
const PUTTY_END = /Private-(?:MAC|Hash): {0,4}[0-9a-f]{16,128}/g;
/** What a key without a last line consists of: base64, headers, and what quoting puts between lines. */
const BODY = /[A-Za-z0-9+/=\s\\:,>|"'.-]*/y;

/** Keys that are many lines, from their first to their last, whatever stands between. One pass over the text. */
export function findBlocks(text: string): Finding[] {
  return [
    ...between(text, { begin: BEGIN, end: END, rule: "private_key", hint: "BEGIN " }),
    ...between(text, { begin: PUTTY_BEGIN, end: PUTTY_END, rule: "putty_key", hint: "PuTTY-User" }),
  ];
}

interface Kind {
  begin: RegExp;
  end: RegExp;
  rule: string;
  hint: string;
}

function between(text: string, { begin, end, rule, hint }: Kind): Finding[] {
  const found: Finding[] = [];
  let at = text.indexOf(hint);
  if (at < 0) return found;
  const ends = Array.from(text.matchAll(end), (match) => match.index + match[0].length);
  let next = 0;
  while (at >= 0) {
    // The dashes stand before the hint.
    const from = Math.max(0, at - 8);
    begin.lastIndex = 0;
    const first = begin.exec(text.slice(from, at + 120));
    const start = from + (first?.index ?? 0);
    const body = start + (first?.[0].length ?? 0);
    if (first !== null) {
      while ((ends[next] ?? Infinity) < body) next += 1;
      const last = ends[next] ?? Infinity;
      const stop = last - body <= LONGEST ? last : endOfBody(text, body);
      if (stop > body) found.push({ start, end: stop, rule });
      at = Math.max(at, stop - 1);
    }
    at = text.indexOf(hint, at + 1);
  }
  return found;
}

/** Where a key without a last line ends. The name of its first line alone, in a sentence, is no key. */
function endOfBody(text: string, from: number): number {
  BODY.lastIndex = from;
  const length = BODY.exec(text)?.[0].length ?? 0;
  return length >= 40 ? from + length : from;
}
