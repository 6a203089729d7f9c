import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { StateStore } from "#state/store.ts";
import { writeClaudeHome } from "#testkit/corpus/home.ts";
import type { Truth } from "#testkit/corpus/truth.ts";
import { CursorHome, munged, PROMPT_CANARY, SECRET_CANARY, uuid } from "#testkit/cursor/home.ts";
import { testSettings } from "#testkit/fakes.ts";
import { freePort, LocalBackend } from "./backend.ts";
import { CollectorProcess } from "./collector.ts";
import { findLeaks } from "./leaks.ts";

const home = mkdtempSync(path.join(tmpdir(), "talos-privacy-"));
const POISON = "CANARY-POISON-c0ffee00";
let backend: LocalBackend;
let truth: Truth;
/** Requests and prompts of an invented Cursor, which has canaries in all that it writes. */
const CURSOR_TURNS = 12;

beforeAll(async () => {
  truth = writeClaudeHome(home, { bytes: 4_000_000, seed: 11, startMs: Date.now() - 20 * 86_400_000 });
  truth.canaries.push(...writeCursor());
  truth.requests += CURSOR_TURNS;
  truth.prompts += CURSOR_TURNS;
  backend = await LocalBackend.start();
});

/** What must be found nowhere. */
function writeCursor(): string[] {
  const cursor = new CursorHome(home);
  const ids = ["one", "two", "three"].map((name) => uuid(`privacy ${name}`));
  const folder = "/home/ana/canary-folder-of-cursor";
  cursor.openFolder(folder);
  for (const [n, id] of ids.entries()) {
    const turns = Array.from({ length: CURSOR_TURNS / ids.length }, (_, turn) => ({
      atMs: Date.now() - (n * 24 + turn + 1) * 3_600_000,
      prompt: "Do it.",
      answer: "Done.",
    }));
    const tiers = n === 0 ? (["transcript"] as const) : (["database", "transcript"] as const);
    cursor.write({ id, folder, model: "default", turns: turns.toReversed(), tiers });
  }
  cursor.close();
  return [PROMPT_CANARY, SECRET_CANARY, folder, munged(folder), ...ids];
}
afterAll(() => backend.close());

function collectorFor(endpoint: string): CollectorProcess {
  const yaml = `  file: { path: "${path.join(home, "out.jsonl")}", format: otlp_json }\n  debug: { verbosity: detailed }`;
  return new CollectorProcess({
    home,
    endpoint,
    token: backend.token,
    salt: backend.salt,
    more: { yaml, ids: ["file", "debug"] },
  });
}

it("holds nothing of anybody's work in the outbox, encrypted or opened, while nothing can be delivered", async () => {
  const collector = collectorFor(`http://127.0.0.1:${await freePort()}`);
  await collector.command("run", "--once", "--drain-timeout", "1", "--config", collector.configFile);
  expect(findLeaks([collector.dir], truth.canaries, { output: Buffer.from(collector.output) })).toEqual([]);

  const { clock, log } = testSettings();
  const masterKey = Buffer.from(
    readFileSync(path.join(collector.stateDir, "outbox.key"), "utf8").trim(),
    "base64",
  );
  const key = masterKey.length === 32 ? masterKey : readFileSync(path.join(collector.stateDir, "outbox.key"));
  const exporters = ["otlp_http/talos", "file", "debug"];
  const store = StateStore.open({
    dir: collector.stateDir,
    exporters,
    masterKey: key,
    keySource: "file",
    clock,
    log,
  });
  const batches = store.take("otlp_http/talos", { maxBytes: 1e9, maxBatches: 1e6 });
  store.close();
  expect(batches.reduce((sum, { records }) => sum + records, 0)).toBeGreaterThanOrEqual(
    truth.requests + truth.prompts,
  );
  const opened = Object.fromEntries(
    batches.map(({ id, plaintext }) => [`batch ${id}`, Buffer.from(plaintext)]),
  );
  expect(findLeaks([], truth.canaries, opened)).toEqual([]);
});

it("delivers a whole corpus exactly, and nothing of it but what the contract names is anywhere", async () => {
  const collector = collectorFor(backend.url);
  expect(await collector.runOnce()).toBe(0);
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const report = () => backend.report(day(Date.now() - 40 * 86_400_000), day(Date.now() + 86_400_000));
  await expect.poll(async () => (await report()).totals.requests, { timeout: 60_000 }).toBe(truth.requests);
  const { totals } = await report();
  expect(totals).toMatchObject({
    prompts: truth.prompts,
    input: truth.input,
    output: truth.output,
    cacheRead: truth.cacheRead,
    cacheWrite1h: truth.cacheWrite1h,
    webSearches: truth.searches,
  });
  expect((await collector.status()).balance).toMatchObject({ balanced: true, open: 0 });
  const outputs = {
    file: readFileSync(path.join(home, "out.jsonl")),
    terminal: Buffer.from(collector.output),
  };
  expect(findLeaks([collector.dir], truth.canaries, outputs)).toEqual([]);
});

it("stores and logs nothing of what it refuses", async () => {
  const headers = { authorization: `Bearer ${backend.token}`, "content-type": "application/json" };
  const record = {
    eventName: POISON,
    body: { stringValue: POISON },
    attributes: [{ key: POISON, value: { stringValue: POISON } }],
  };
  const request = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] });
  const sends: [string, RequestInit][] = [
    ["a foreign record", { headers, body: request }],
    ["text that is not JSON", { headers, body: `{"${POISON}` }],
    ["a wrong token", { headers: { ...headers, authorization: `Bearer ${POISON}` }, body: request }],
    [
      "a broken stream",
      { headers: { ...headers, "content-encoding": "gzip" }, body: gzipSync(POISON).subarray(0, 20) },
    ],
    ["another type", { headers: { ...headers, "content-type": `text/${POISON}` }, body: POISON }],
    [
      "a type that it knows and bytes that it does not",
      { headers: { ...headers, "content-type": "application/x-protobuf" }, body: POISON },
    ],
  ];
  for (const [what, init] of sends) {
    const response = await fetch(`${backend.url}/v1/logs?${POISON}`, { method: "POST", ...init });
    expect([what, (await response.text()).includes(POISON)]).toEqual([what, false]);
    expect(response.status).toBeLessThan(500);
  }
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await backend.stop();
  expect(findLeaks([backend.folder.root], [...truth.canaries, POISON])).toEqual([]);
});
