import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readOrCreateFirstStart } from "./first-start.ts";
import { Folder } from "./testing.ts";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.dispose());

it("is written once and then stays", () => {
  const config = join(folder.dir, "config");
  const first = readOrCreateFirstStart(config, { now: () => 1_790_000_000_123.7 });
  expect(first).toMatchObject({ firstStartMs: 1_790_000_000_123, created: true });
  expect(first.instanceId).toMatch(/^[0-9a-f]{32}$/);
  expect(readOrCreateFirstStart(config, { now: () => 5 })).toEqual({ ...first, created: false });
  expect(readdirSync(config)).toEqual(["first-start.json"]);
});

it.skipIf(process.platform === "win32")("can be read by its owner only", () => {
  readOrCreateFirstStart(folder.dir, { now: () => 5 });
  expect(statSync(join(folder.dir, "first-start.json")).mode & 0o777).toBe(0o600);
});

it.each(["", "{", "null", '{"first_start_ms":"x","instance_id":"y"}'])(
  "does not replace a damaged file: %j",
  (text) => {
    const path = join(folder.dir, "first-start.json");
    writeFileSync(path, text);
    expect(() => readOrCreateFirstStart(folder.dir, { now: () => 5 })).toThrow(
      /delete it to begin to follow from now/,
    );
    expect(readFileSync(path, "utf8")).toBe(text);
  },
);
