/** A stretch of text as it reads once an encoding is taken off, and where each of its characters stood. */
export interface View {
  text: string;
  /** Where the character at `index` began in the text that was decoded; at the end, where that ended. */
  at(index: number): number;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(["'`\\/nrtbf]))/g;
const NAMED: Readonly<Record<string, string>> = { quot: '"', apos: "'", amp: "&", lt: "<", gt: ">" };
const ENTITY = /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(quot|apos|amp|lt|gt));/gi;
/** What colours a terminal's text. */
// oxlint-disable-next-line no-control-regex -- the escape is what begins a colour
const COLOUR = /\u001B\[[0-9;:]{0,40}[A-Za-z]/g;
const PERCENT = /(?:%[0-9a-fA-F]{2}){1,64}/g;

/** The text of a JSON string as it was before it was quoted. Undefined where nothing is escaped. */
function unescaped(text: string): View | undefined {
  if (!text.includes("\\")) return undefined;
  return replaced(text, ESCAPE, ([, wide, byte, char = ""]) => {
    const code = wide ?? byte;
    return code === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(code, 16));
  });
}

/** Text of an address as it was before it was encoded. Undefined where nothing is. */
function percentDecoded(text: string): View | undefined {
  if (!text.includes("%")) return undefined;
  return replaced(text, PERCENT, ([codes]) => bytesOf(codes));
}

/** Text of HTML or XML as it was before it was written into it. Undefined where nothing is. */
function withoutEntities(text: string): View | undefined {
  if (!text.includes("&")) return undefined;
  return replaced(text, ENTITY, ([, hex, decimal, name = ""]) => {
    if (hex !== undefined) return charOf(Number.parseInt(hex, 16));
    return decimal === undefined ? (NAMED[name.toLowerCase()] ?? "") : charOf(Number(decimal));
  });
}

function charOf(code: number): string {
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : "\uFFFD";
}

/** What a terminal showed, without its colours. Undefined where it had none. */
function withoutColours(text: string): View | undefined {
  return text.includes("\u001B") ? replaced(text, COLOUR, () => "") : undefined;
}

/** Every encoding that keeps the order of the characters. */
export const DECODERS = [unescaped, percentDecoded, withoutEntities, withoutColours];

function bytesOf(codes: string): string {
  let decoded = "";
  for (let i = 1; i < codes.length; i += 3)
    decoded += String.fromCharCode(Number.parseInt(codes.slice(i, i + 2), 16));
  return decoded;
}

function replaced(
  text: string,
  pattern: RegExp,
  decode: (match: RegExpExecArray) => string,
): View | undefined {
  /** Where in the view each piece begins, and where that is in `text`; `step` characters of it for each of the view's. */
  const pieces: { from: number; source: number; step: number }[] = [{ from: 0, source: 0, step: 1 }];
  const parts: string[] = [];
  let length = 0;
  let position = 0;
  for (const match of text.matchAll(pattern)) {
    const decoded = decode(match);
    parts.push(text.slice(position, match.index), decoded);
    length += match.index - position;
    if (decoded !== "")
      pieces.push({ from: length, source: match.index, step: match[0].length / decoded.length });
    length += decoded.length;
    position = match.index + match[0].length;
    pieces.push({ from: length, source: position, step: 1 });
  }
  if (position === 0) return undefined;
  parts.push(text.slice(position));
  return { text: parts.join(""), at: (index) => sourceOf(pieces, index) };
}

function sourceOf(pieces: readonly { from: number; source: number; step: number }[], index: number): number {
  let [low, high] = [0, pieces.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((pieces[middle]?.from ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  const piece = pieces[low] ?? { from: 0, source: 0, step: 1 };
  return Math.floor(piece.source + (index - piece.from) * piece.step);
}
