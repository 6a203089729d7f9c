import type { Finding } from "../finding.ts";

/** Characters a key may have at most between its first and its last line. The largest in use have about 13,000. */
const LONGEST = 65_536;
const BEGIN = /-{4,5} ?BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY|SECRET KEY)[A-Z ]{0,10} ?-{4,5}/g;
const END = /-{4,5} ?END [A-Z0-9 ]{0,40}(?:PRIVATE KEY|SECRET KEY)[A-Z ]{0,10} ?-{4,5}/g;
const PUTTY_BEGIN = /PuTTY-User-Key-File-\d/g;
const PUTTY_END = /Private-(?:MAC|Hash): {0,4}[0-9a-f]{16,128}/g;
/** What a key without a last line goes on with: what quoting puts between two lines, and a line or a header. */
const LINE =
  /(?:\\[nrt]|[\s"'`,+>|\\-]){0,24}(?:(?:Proc-Type|DEK-Info|Comment|Version|Hash|Encryption|Public-Lines|Private-Lines)[^\n\\]{0,120}|[A-Za-z0-9+/=]{16,})/y;
const LAST_LINE = /(?:\\[nrt]|[\s"'`,+>|\\-]){0,24}[A-Za-z0-9+/=]{1,15}(?![A-Za-z0-9])/y;

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
  const end = follow(text, from, LINE, Infinity);
  return end === from ? from : follow(text, end, LAST_LINE, 1);
}

function follow(text: string, from: number, line: RegExp, times: number): number {
  let end = from;
  for (let i = 0; i < times; i += 1) {
    line.lastIndex = end;
    const [found = ""] = line.exec(text) ?? [];
    if (found === "") return end;
    end += found.length;
  }
  return end;
}
