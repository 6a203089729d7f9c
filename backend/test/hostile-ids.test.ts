import { expect, it } from "vitest";
import { randomToken } from "../domain/crypto.ts";
import { type IdPrefix, newId } from "../store/ids.ts";

const KINDS: Record<IdPrefix, true> = {
  tm: true,
  dev: true,
  agt: true,
  mem: true,
  inv: true,
  ent: true,
  grp: true,
  key: true,
};
const COUNT = 1_000;

/** Of each kind, in the order in which they were made: what stands behind the type. */
const MADE: [kind: string, alphabet: string, made: () => string[]][] = [
  ...Object.keys(KINDS).map((kind): (typeof MADE)[number] => [
    kind,
    "0123456789abcdef",
    () => Array.from({ length: COUNT }, () => newId(kind as IdPrefix).slice(kind.length + 1)),
  ]),
  ...["tal_", "tep_", "teb_", "tak_", ""].map((prefix): (typeof MADE)[number] => [
    `${prefix || "a code or cookie"}…`,
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    () => Array.from({ length: COUNT }, () => randomToken(prefix).slice(prefix.length)),
  ]),
];

/** Of uniform draws, further off than this once in some ten million runs. */
const SIGMAS = 5.5;

it.each(MADE)("%s: a thousand tell nothing of one another", (_kind, alphabet, make) => {
  const made = make();
  expect(new Set(made).size).toBe(COUNT);
  expect(new Set(made.map(({ length }) => length)).size).toBe(1);

  // No order: each is larger than the one before half of the time.
  const rising = made.filter((id, at) => at > 0 && id > (made[at - 1] ?? "")).length;
  // Neighbours are more alike than strangers are: the variance of rises is a third of a coin's.
  expect(Math.abs(rising - (COUNT - 1) / 2)).toBeLessThan(SIGMAS * Math.sqrt((COUNT + 1) / 12));

  // No shared beginning: of a million pairs the longest shares some five of sixteen digits.
  const sorted = made.toSorted();
  const shared = sorted.map((id, at) => commonStart(id, sorted[at + 1] ?? ""));
  expect(Math.max(...shared)).toBeLessThan(12);

  // No place that is always the same, or more often one thing than another. The last of a token carries fewer bits.
  const places = (made[0]?.length ?? 0) - (alphabet.length === 64 ? 1 : 0);
  for (let place = 0; place < places; place += 1) {
    const counts = Map.groupBy(made, (id) => id.charAt(place));
    expect([...counts.keys()].every((character) => alphabet.includes(character))).toBe(true);
    const mean = COUNT / alphabet.length;
    const square = alphabet
      .split("")
      .reduce((sum, c) => sum + ((counts.get(c)?.length ?? 0) - mean) ** 2 / mean, 0);
    const freedom = alphabet.length - 1;
    expect(Math.abs(square - freedom)).toBeLessThan(SIGMAS * 1.5 * Math.sqrt(2 * freedom));
  }
});

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}
