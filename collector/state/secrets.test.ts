import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Folder } from "./testing.ts";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.dispose());

it("gives a purpose the same secret at every start, and another purpose another one", () => {
  const first = folder.open();
  const secret = first.secret("a");
  expect(secret).toHaveLength(32);
  expect(first.secret("b")).not.toEqual(secret);
  first.close();
  expect(folder.open().secret("a")).toEqual(secret);
});

it("keeps no secret in the state's folder", () => {
  const store = folder.open();
  const secret = Buffer.from(store.secret("a"));
  store.close();
  for (const name of readdirSync(store.dir)) {
    expect(readFileSync(path.join(store.dir, name)).includes(secret)).toBe(false);
  }
});

it("gives another state other secrets", () => {
  const other = new Folder();
  try {
    expect(other.open().secret("a")).not.toEqual(folder.open().secret("a"));
  } finally {
    other.dispose();
  }
});
