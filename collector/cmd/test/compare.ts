import type { PlainRecord } from "../tap-text.ts";
import type { Case, Expectation } from "./test-file.ts";

export interface Outcome {
  records: PlainRecord[];
  /** By reason, those above 0. */
  drops: Record<string, number>;
}

/** What is not as the test says, one line each. Empty: it passed. Bodies are never shown. */
export function differences({ expect }: Case, { records, drops }: Outcome): string[] {
  return [
    ...missing(expect.records ?? [], records),
    ...wrongCounts(expect.count, records),
    ...(expect.drops === undefined ? [] : wrongDrops(expect.drops, drops)),
  ];
}

/** Each record answers one expectation. What fits none is compared with the record that comes nearest. */
function missing(expected: readonly Expectation[], records: readonly PlainRecord[]): string[] {
  const left = [...records];
  const unmet: [Expectation, number][] = [];
  for (const [i, each] of expected.entries()) {
    const at = left.findIndex((record) => unlike(each, record).length === 0);
    if (at < 0) unmet.push([each, i]);
    else left.splice(at, 1);
  }
  return unmet.flatMap(([each, i]) => {
    const diffs = left.map((record) => unlike(each, record)).toSorted((a, b) => a.length - b.length);
    const [nearest] = diffs;
    const what = `records[${i}]`;
    if (nearest === undefined) return [`${what}: no record is left that could be it`];
    return [`${what}: no record is like it; the nearest differs in`, ...nearest.map((text) => `    ${text}`)];
  });
}

function unlike({ event, time, attributes, absent }: Expectation, record: PlainRecord): string[] {
  const found: string[] = [];
  if (event !== undefined && event !== record.event) found.push(differs("event", event, record.event));
  if (time !== undefined && Date.parse(time) !== Date.parse(record.time))
    found.push(differs("time", time, record.time));
  for (const [name, value] of Object.entries(attributes))
    if (record.attributes[name] !== value) found.push(differs(name, value, record.attributes[name]));
  for (const name of absent)
    if (name in record.attributes || (name === "body" && record.body !== undefined))
      found.push(`${name}: expected to be absent`);
  return found;
}

function differs(name: string, expected: unknown, actual: unknown): string {
  const got = actual === undefined ? "nothing" : JSON.stringify(actual);
  return `${name}: expected ${JSON.stringify(expected)}, got ${got}`;
}

function wrongCounts(expected: Case["expect"]["count"], records: readonly PlainRecord[]): string[] {
  if (expected === undefined) return [];
  if (typeof expected === "number") {
    return expected === records.length ? [] : [`count: expected ${expected}, got ${records.length}`];
  }
  return Object.entries(expected).flatMap(([event, count]) => {
    const actual = records.filter((record) => record.event === event).length;
    return actual === count ? [] : [`count of ${event}: expected ${count}, got ${actual}`];
  });
}

function wrongDrops(expected: Record<string, number>, actual: Record<string, number>): string[] {
  const reasons = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].toSorted();
  return reasons.flatMap((reason) => {
    const [want = 0, got = 0] = [expected[reason], actual[reason]];
    return want === got ? [] : [`drops of ${reason}: expected ${want}, got ${got}`];
  });
}
