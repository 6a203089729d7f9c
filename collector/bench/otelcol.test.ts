import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { otelcolFile, runOtelcol } from "./otelcol.ts";

const dir = mkdtempSync(path.join(tmpdir(), "talos-otelcol-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

/** A program that stands in for it. */
function standIn(name: string, script: string): string {
  const file = path.join(dir, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

it.runIf(process.platform !== "win32")("is found by its variable, else on the PATH, else not at all", () => {
  vi.stubEnv("OTELCOL", "");
  vi.stubEnv("PATH", "/nowhere");
  expect(otelcolFile()).toBeUndefined();
  const file = standIn("otelcol", "exit 0");
  vi.stubEnv("PATH", `/nowhere:${dir}`);
  expect(otelcolFile()).toBe(file);
  vi.stubEnv("OTELCOL", "/opt/another");
  expect(otelcolFile()).toBe("/opt/another");
});

it.runIf(process.platform !== "win32")("counts the records of a run that goes quiet", async () => {
  const record = String.raw`{"observedTimeUnixNano":"1","body":{"stringValue":"\\\"observedTimeUnixNano\\\":"}}`;
  const script = `out="$(dirname "$2")/output.json"; printf '%s\\n' '${record}' '${record}' > "$out"; exec sleep 60`;
  const run = await runOtelcol(standIn("writes", script), dir);
  expect(run?.records).toBe(2);
});

it.runIf(process.platform !== "win32")("has no figure for one that does not run", async () => {
  expect(await runOtelcol(standIn("ends", "exit 1"), dir)).toBeUndefined();
  expect(await runOtelcol(path.join(dir, "missing"), dir)).toBeUndefined();
});
