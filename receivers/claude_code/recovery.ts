import { scanBuffer, type ScanBuffer } from "#tail/scan-buffer.ts";
import { equalBytes, KeyTable, MalformedLine } from "./cursor.ts";
import type { Line } from "./line.ts";
import { Field } from "./line-keys.ts";

const QUOTE = 34;
const OPEN_BRACE = 123;

/** What a record of a transcript may begin with: where a torn line may hold a whole one behind its half. */
const FIRST_KEYS = new KeyTable(
  Object.fromEntries(
    (
      "parentUuid logicalParentUuid type isSidechain uuid sessionId session_id cwd userType timestamp message promptId " +
      "agentId requestId version"
    )
      .split(" ")
      .map((name) => [name, 1]),
  ),
);
/** A line of noise must not cost a scan per brace. */
const MAX_ATTEMPTS = 16;
const BYTE_ORDER_MARK = new Uint8Array([0xef, 0xbb, 0xbf]);

interface Range {
  start: number;
  end: number;
}

/**
 * Reads the records of one line into `line` and calls `found` after each: one normally, several where a write was
 * torn and the next record went on in the same line. True when some part of the line could not be read.
 */
export function readRecords(line: Line, buffer: ScanBuffer, range: Range, found: () => void): boolean {
  const { bytes } = buffer;
  const end = trimmedEnd(bytes, range);
  const start = trimmedStart(bytes, range.start, end);
  if (start >= end) return false;
  const behind = bytes[end] ?? 0;
  bytes[end] = QUOTE;
  try {
    const stop = tryRead(line, buffer, { start, end });
    if (stop === end) {
      found();
      return false;
    }
    return recover(line, buffer, { start, end }, { stop, found });
  } finally {
    bytes[end] = behind;
  }
}

/** White space, carriage returns and the zeros that a crash leaves. */
function isPadding(byte: number | undefined): boolean {
  return byte === 32 || byte === 9 || byte === 13 || byte === 0;
}

function trimmedEnd(bytes: Uint8Array, { start, end }: Range): number {
  let at = end;
  while (at > start && isPadding(bytes[at - 1])) at -= 1;
  return at;
}

function trimmedStart(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  if (equalBytes(bytes, at, at + 3, BYTE_ORDER_MARK)) at += 3;
  while (at < end && isPadding(bytes[at])) at += 1;
  return at;
}

/** Where the record ends, or -1. */
function tryRead(line: Line, buffer: ScanBuffer, { start, end }: Range): number {
  if (buffer.bytes[start] !== OPEN_BRACE) return -1;
  try {
    return line.read(buffer, start, end);
  } catch (error) {
    if (error instanceof MalformedLine) return -1;
    throw error;
  }
}

function recover(
  line: Line,
  buffer: ScanBuffer,
  { start, end }: Range,
  { stop, found }: { stop: number; found: () => void },
): boolean {
  if (stop < 0) {
    const canonical = canonicalForm(buffer, { start, end });
    if (canonical !== undefined) {
      line.readCanonical(canonical.buffer, canonical.length);
      found();
      return false;
    }
  }
  let at = start;
  if (stop > 0 && buffer.bytes[skipPadding(buffer.bytes, stop, end)] === OPEN_BRACE) {
    found();
    at = skipPadding(buffer.bytes, stop, end) - 1;
  }
  return recoverFrom(line, buffer, { start: at, end }, found);
}

/** Looks for whole records behind `start`. True when anything was left over. */
function recoverFrom(line: Line, buffer: ScanBuffer, { start, end }: Range, found: () => void): boolean {
  let lost = buffer.bytes[start] === OPEN_BRACE;
  let at = start + 1;
  for (let failures = 0; failures < MAX_ATTEMPTS; failures += 1) {
    const candidate = nextCandidate(buffer.bytes, at, end);
    if (candidate < 0) return true;
    if (candidate > at) lost = true;
    at = candidate + 1;
    const stop = tryRead(line, buffer, { start: candidate, end });
    if (stop < 0 || !line.has(Field.sessionId)) continue;
    const next = skipPadding(buffer.bytes, stop, end);
    if (next < end && buffer.bytes[next] !== OPEN_BRACE) continue;
    found();
    if (next >= end) return lost;
    at = next;
    failures -= 1;
  }
  return true;
}

function skipPadding(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isPadding(bytes[at])) at += 1;
  return at;
}

function nextCandidate(bytes: Buffer, from: number, end: number): number {
  for (
    let at = bytes.indexOf(OPEN_BRACE, from);
    at >= 0 && at < end;
    at = bytes.indexOf(OPEN_BRACE, at + 1)
  ) {
    if (bytes[at + 1] !== QUOTE) continue;
    const stop = bytes.indexOf(QUOTE, at + 2);
    if (stop < end && FIRST_KEYS.find(bytes, at + 2, stop) === 1) return at;
  }
  return -1;
}

/** The same record as compact JSON: white space, escaped keys and repeated keys are settled by the parser. */
function canonicalForm(
  buffer: ScanBuffer,
  { start, end }: Range,
): { buffer: ScanBuffer; length: number } | undefined {
  const value = parse(buffer.bytes.toString("utf8", start, end));
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const text = Buffer.from(JSON.stringify(value));
  const copy = scanBuffer(text.length + 1);
  text.copy(copy.bytes);
  copy.bytes[text.length] = QUOTE;
  return { buffer: copy, length: text.length };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
