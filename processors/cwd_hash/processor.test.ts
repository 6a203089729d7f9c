import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import type { SourceRecord } from "#component/record.ts";
import { Secret } from "#config/secret.ts";
import { CwdHashConfig } from "./config.ts";
import { CwdHashProcessor } from "./processor.ts";

const SALT = "a-salt-of-16-characters";

function inFolder(cwd: string | undefined): SourceRecord {
  return {
    eventName: "talos.prompt",
    source: "claude_code",
    timeMs: 0,
    lastTimeMs: 0,
    local: { request: "r" },
    ...(cwd !== undefined && { cwd }),
    attributes: new Map(),
    weight: { final: true, output: 0, input: 0, webSearches: 0 },
    range: { fileKey: "", from: 0, to: 0 },
  };
}

const process = (...cwds: (string | undefined)[]) =>
  new CwdHashProcessor({ salt: new Secret(SALT) }).process(cwds.map(inFolder));

it.each(["/home/ana/work", "/home/ana/größe", "C:\\Users\\ana\\work"])(
  "replaces %s by SHA-256(salt ‖ folder)",
  (cwd) => {
    const [record] = process(cwd);
    expect(record?.attributes.get("talos.cwd.hash")).toBe(
      createHash("sha256")
        .update(SALT + cwd)
        .digest("hex"),
    );
    expect(record).not.toHaveProperty("cwd");
  },
);

it("leaves a record without a folder without a hash", () => {
  expect(process(undefined)[0]?.attributes.has("talos.cwd.hash")).toBe(false);
});

it("hashes more folders than it remembers", () => {
  const records = process(...Array.from({ length: 2_500 }, (_, i) => `/w/${i}`));
  expect(new Set(records.map(({ attributes }) => attributes.get("talos.cwd.hash"))).size).toBe(2_500);
});

it.each([
  [{}, /expected text/],
  [{ salt: "short" }, /at least 16 characters/],
])("refuses %o", (config, says) => {
  const message = CwdHashConfig.safeParse(config).error?.issues[0]?.message ?? "";
  expect(message).toMatch(says);
  expect(message).not.toContain("short");
});
