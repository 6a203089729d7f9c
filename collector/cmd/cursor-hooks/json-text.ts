/** Changes single values of a JSON text and leaves every other character as it is. */

interface Span {
  start: number;
  /** Behind its last character. */
  end: number;
}

interface Member extends Span {
  /** The place in an array, or the key in an object. */
  name: string;
  value: Node;
}

interface Node extends Span {
  kind: "object" | "array" | "other";
  members: Member[];
}

type Path = readonly string[];

/** Puts a value in the place of the one at a path, or at the end of what holds it. Names of array items are numbers. */
export function put(text: string, at: Path, value: unknown): string {
  const holder = find(scan(text), at.slice(0, -1));
  const name = at.at(-1) ?? "";
  const present = holder.members.findLast((member) => member.name === name);
  const written = JSON.stringify(value, null, indentOf(text)).replaceAll(
    "\n",
    `\n${lineIndent(text, holder, at.length)}`,
  );
  const label = holder.kind === "object" ? `${JSON.stringify(name)}: ` : "";
  if (present !== undefined) return splice(text, present.value, written);
  return splice(text, ...added(text, holder, { written: label + written, depth: at.length }));
}

/** Takes out what is at a path, with its comma. */
export function cut(text: string, at: Path): string {
  const holder = find(scan(text), at.slice(0, -1));
  const index = holder.members.findIndex(({ name }) => name === at.at(-1));
  const [before, member, after] = [
    holder.members[index - 1],
    holder.members[index],
    holder.members[index + 1],
  ];
  if (member === undefined) return text;
  if (before !== undefined) return splice(text, { start: before.end, end: member.end }, "");
  if (after !== undefined) return splice(text, { start: member.start, end: after.start }, "");
  return splice(text, { start: holder.start + 1, end: holder.end - 1 }, "");
}

function added(
  text: string,
  holder: Node,
  { written, depth }: { written: string; depth: number },
): [Span, string] {
  const last = holder.members.at(-1);
  if (last !== undefined) {
    const previous = holder.members.at(-2)?.end;
    // As the last one stands behind its comma, or behind the bracket.
    const from = previous === undefined ? holder.start + 1 : text.indexOf(",", previous) + 1;
    return [{ start: last.end, end: last.end }, `,${text.slice(from, last.start)}${written}`];
  }
  const inner = { start: holder.start + 1, end: holder.end - 1 };
  if (!text.includes("\n")) return [inner, written];
  const indent = lineIndent(text, holder, depth);
  return [inner, `\n${indent}${written}\n${indent.slice(indentOf(text).length)}`];
}

function splice(text: string, { start, end }: Span, written: string): string {
  const lines = text.includes("\r\n") ? written.replaceAll(/\r?\n/g, "\r\n") : written;
  return text.slice(0, start) + lines + text.slice(end);
}

/** What one level is indented by; "" where everything stands in one line. */
function indentOf(text: string): string {
  return /^\s*[{[]\r?\n([ \t]+)/.exec(text)?.[1] ?? (text.includes("\n") ? "  " : "");
}

/** What a member of a holder is indented by. */
function lineIndent(text: string, holder: Node, depth: number): string {
  const first = holder.members[0];
  const own = first && /\n([ \t]*)$/.exec(text.slice(holder.start, first.start))?.[1];
  return own ?? indentOf(text).repeat(depth);
}

function find(node: Node, at: Path): Node {
  let found = node;
  for (const name of at) {
    const member = found.members.findLast((candidate) => candidate.name === name);
    if (member === undefined) throw new Error("there is nothing at that path");
    found = member.value;
  }
  return found;
}

/** Of a text that `JSON.parse` takes. */
function scan(text: string): Node {
  return new Scanner(text).value();
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): Node {
    this.#skip(/[\s\uFEFF]*/y);
    const start = this.#at;
    const opened = this.#text[start];
    if (opened !== "{" && opened !== "[") {
      this.#skip(/"(?:[^"\\]|\\.)*"|[^\s,\]}]+/y);
      return { kind: "other", start, end: this.#at, members: [] };
    }
    this.#at += 1;
    const members: Member[] = [];
    while (!this.#closes()) members.push(this.#member(opened, members.length));
    return { kind: opened === "{" ? "object" : "array", start, end: this.#at, members };
  }

  #member(opened: string, index: number): Member {
    const start = this.#at;
    let name = String(index);
    if (opened === "{") {
      const key = this.value();
      name = String(JSON.parse(this.#text.slice(key.start, key.end)));
      this.#skip(/\s*:/y);
    }
    const value = this.value();
    return { name, value, start, end: value.end };
  }

  /** Steps over a comma, or over the closing bracket, which is the end. */
  #closes(): boolean {
    this.#skip(/\s*,?\s*/y);
    if (this.#text[this.#at] !== "}" && this.#text[this.#at] !== "]") return false;
    this.#at += 1;
    return true;
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    this.#at += pattern.exec(this.#text)?.[0].length ?? 0;
  }
}
