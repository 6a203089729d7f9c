import { spawnSync } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { expect, it } from "vitest";

const main = path.join(import.meta.dirname, "main.ts");

it("says what it measures and how, and measures nothing by that", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "--help"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("backlog");
  expect(stdout).toContain("npm run bench -- --quick");
});

it("names the benchmarks there are when it is asked for another", () => {
  const { status, stderr } = spawnSync(process.execPath, [main, "--only", "speed"], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toMatch(/backlog, idle, steady, latency, codec, ingest, load, redaction, soak/);
});
