import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { BREAKAGES } from "./list.ts";
import { PAGE, PROJECT } from "./page.ts";

const read = (file: string) => readFileSync(path.join(PROJECT, file), "utf8");
const page = read(PAGE);

it("each has a name of its own", () => {
  const names = BREAKAGES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

it.each(BREAKAGES)("$name: the check is where the list says, once, and so is the test", (breakage) => {
  const { file, find, replace, test, name } = breakage;
  expect(find).not.toContain("\n");
  expect(read(file).split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
  expect(existsSync(path.join(PROJECT, test))).toBe(true);
  expect(page).toContain(name);
});
