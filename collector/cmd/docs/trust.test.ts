import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { RECORDS, RESOURCE } from "#proto/egress.ts";
import { PROMISED } from "./promises.ts";
import { trustPage } from "./trust.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const promises = PROMISED.flatMap(({ promises: all }) => all);
const tests = promises.flatMap(({ id, tests: all }) => all.map(([file, name]) => ({ id, file, name })));

it.each(tests)("$id is kept by a test that is there: $file", ({ file, name }) => {
  expect(existsSync(path.join(root, file))).toBe(true);
  const source = readFileSync(path.join(root, file), "utf8");
  const starts = [`it("${name}"`, `("${name}"`, `(\n  "${name}"`];
  expect(starts.some((start) => source.includes(start))).toBe(true);
});

it("no promise stands twice, and each says how it is kept or that it is not", () => {
  expect(new Set(promises.map(({ id }) => id)).size).toBe(promises.length);
  const untested = promises.filter(({ tests: kept }) => kept.length === 0);
  expect(untested.filter(({ how }) => !how.toLowerCase().includes("not in this version"))).toEqual([]);
});

it("names every attribute that no word of the promise names, with its reason", () => {
  const page = trustPage();
  const all = [...RECORDS.flatMap(({ attributes }) => attributes), ...RESOURCE];
  const exceptions = all.filter(({ promise }) => promise === "exception");
  expect(exceptions.length).toBeGreaterThan(20);
  for (const { name, reason = "?" } of exceptions) {
    expect(page).toContain(`\`${name}\``);
    expect(page).toContain(reason);
  }
  for (const { name } of all.filter(({ promise }) => promise !== "exception"))
    expect(page).not.toContain(`| \`${name}\` `);
});
