/**
 * The most characters that a pattern can match, what it looks at before and behind included. Throws for a quantifier
 * without an upper bound and for what this reads not.
 */
export function longestMatch(pattern: RegExp): number {
  const reader = { source: pattern.source, at: 0 };
  const length = alternatives(reader);
  if (reader.at < reader.source.length) throw new Error(`not read: ${reader.source.slice(reader.at)}`);
  return length;
}

interface Reader {
  source: string;
  at: number;
}

function alternatives(reader: Reader): number {
  let longest = sequence(reader);
  while (reader.source[reader.at] === "|") {
    reader.at += 1;
    longest = Math.max(longest, sequence(reader));
  }
  return longest;
}

function sequence(reader: Reader): number {
  let length = 0;
  while (reader.at < reader.source.length && !"|)".includes(reader.source[reader.at] ?? "")) {
    const atom = atomOf(reader);
    length += atom * times(reader);
  }
  return length;
}

function atomOf(reader: Reader): number {
  const rest = reader.source.slice(reader.at);
  if (rest.startsWith("(")) {
    reader.at += /^\((?:\?(?:[:=!]|<[=!]))?/.exec(rest)?.[0].length ?? 1;
    const length = alternatives(reader);
    if (reader.source[reader.at] !== ")") throw new Error("a group does not end");
    reader.at += 1;
    return length;
  }
  const atom = /^(?:\[(?:\\.|[^\]\\])*\]|\\p\{[^}]+\}|\\.|[^\\])/su.exec(rest)?.[0] ?? "";
  reader.at += atom.length;
  return /^(?:\^|\$|\\b|\\B)$/.test(atom) ? 0 : 1;
}

function times(reader: Reader): number {
  const [found, , to, exactly] = /^(?:\?|\{(\d+),(\d+)\}|\{(\d+)\})\??/.exec(
    reader.source.slice(reader.at),
  ) ?? [""];
  reader.at += found.length;
  const next = reader.source[reader.at] ?? "";
  if (found === "" && "*+{?".includes(next) && next !== "")
    throw new Error(`no upper bound: ${reader.source}`);
  return Number(to ?? exactly ?? 1);
}
