/** Seeded random messages: the same seed gives the same message, so that a failure can be repeated. */
import type { AnyValue, KeyValue, LogRecord, LogsRequest, ResourceLogs, ScopeLogs } from "../logs.ts";

/** A number from 0 up to but not including 1. */
export type Random = () => number;

/** Mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const int = (random: Random, below: number): number => Math.floor(random() * below);
function pick<T>(random: Random, from: readonly [T, ...T[]]): T {
  return from[int(random, from.length)] ?? from[0];
}
const list = <T>(random: Random, below: number, make: (random: Random) => T): T[] =>
  Array.from({ length: int(random, below) }, () => make(random));
const maybe = (random: Random): boolean => random() < 0.3;

const ALPHABET: [string, ...string[]] = [
  "a",
  "Z",
  "7",
  ".",
  "_",
  " ",
  '"',
  "\\",
  "\n",
  "\u0000",
  "é",
  "ß",
  "数",
  "\u2028",
  "🚀",
  "\uffff",
];

export function text(random: Random): string {
  const length = maybe(random) ? int(random, 300) : int(random, 12);
  return Array.from({ length }, () => pick(random, ALPHABET)).join("");
}

const bytes = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => int(random, 256));

const INTEGERS: [number | bigint, ...(number | bigint)[]] = [
  0,
  1,
  -1,
  127,
  128,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 32 - 1,
  2 ** 32,
  2 ** 49 - 1,
  2 ** 49,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  2n ** 53n,
  2n ** 53n + 1n,
  -(2n ** 53n) - 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const DOUBLES: [number, ...number[]] = [
  0,
  1.5,
  -2.25,
  1e300,
  5e-324,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

export function anyValue(random: Random, depth = 0): AnyValue {
  switch (int(random, depth > 4 ? 6 : 8)) {
    case 0:
      return {};
    case 1:
      return { stringValue: text(random) };
    case 2:
      return { boolValue: maybe(random) };
    case 3:
      return { intValue: maybe(random) ? pick(random, INTEGERS) : int(random, 2 ** 40) };
    case 4:
      return { doubleValue: maybe(random) ? pick(random, DOUBLES) : random() * 1e6 };
    case 5:
      return { bytesValue: bytes(random, int(random, 20)) };
    case 6:
      return { arrayValue: { values: list(random, 4, () => anyValue(random, depth + 1)) } };
    default:
      return { kvlistValue: { values: list(random, 4, () => keyValue(random, depth + 1)) } };
  }
}

function keyValue(random: Random, depth = 0): KeyValue {
  return { key: text(random), value: anyValue(random, depth) };
}

function record(random: Random): LogRecord {
  const made: LogRecord = {
    timeUnixNano: nanos(random),
    attributes: list(random, 6, () => keyValue(random)),
  };
  if (maybe(random)) made.observedTimeUnixNano = 1n + nanos(random);
  if (maybe(random)) made.severityNumber = 1 + int(random, 24);
  if (maybe(random)) made.severityText = `x${text(random)}`;
  if (maybe(random)) made.body = anyValue(random);
  if (maybe(random)) made.droppedAttributesCount = 1 + int(random, 2 ** 32 - 1);
  if (maybe(random)) made.flags = 1 + int(random, 2 ** 32 - 1);
  if (maybe(random)) made.traceId = bytes(random, 16);
  if (maybe(random)) made.spanId = bytes(random, 8);
  if (maybe(random)) made.eventName = `x${text(random)}`;
  return made;
}

function nanos(random: Random): bigint {
  return maybe(random) ? BigInt(int(random, 3)) : 1_700_000_000_000_000_000n + BigInt(int(random, 2 ** 50));
}

function scopeLogs(random: Random): ScopeLogs {
  const scope = {
    name: text(random),
    version: text(random),
    attributes: list(random, 2, () => keyValue(random)),
  };
  const made: ScopeLogs = { scope, logRecords: list(random, 5, record) };
  if (maybe(random)) made.schemaUrl = `x${text(random)}`;
  return made;
}

function resourceLogs(random: Random): ResourceLogs {
  const made: ResourceLogs = {
    resource: { attributes: list(random, 4, () => keyValue(random)) },
    scopeLogs: list(random, 3, scopeLogs),
  };
  if (maybe(random)) made.schemaUrl = `x${text(random)}`;
  return made;
}

export function request(seed: number): LogsRequest {
  return { resourceLogs: list(randomOf(seed), 3, resourceLogs) };
}

/** Flips, drops, inserts or repeats a few bytes, or cuts the end off. */
export function mutated(original: Uint8Array, seed: number): Uint8Array {
  const random = randomOf(seed);
  const made = [...original];
  for (let edits = 1 + int(random, 4); edits > 0; edits--) {
    const at = int(random, made.length + 1);
    const edit = int(random, 5);
    if (edit === 0) made[Math.min(at, Math.max(0, made.length - 1))] = int(random, 256);
    else if (edit === 1) made.splice(at, 1 + int(random, 3));
    else if (edit === 2) made.splice(at, 0, int(random, 256));
    else if (edit === 3) made.splice(at, 0, ...made.slice(at, at + int(random, 30)));
    else made.length = at;
  }
  return Uint8Array.from(made);
}
