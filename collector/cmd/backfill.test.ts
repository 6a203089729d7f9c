/** Backfills by real processes: exact, resumable, never doubled, never ahead of live records. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, expect, it } from "vitest";
import { protobufCodec } from "#proto/protobuf.ts";
import { writeClaudeHome } from "#testkit/corpus/home.ts";
import type { Truth } from "#testkit/corpus/truth.ts";
import { readBackfillProgress } from "../service/backfill-files.ts";
import { type Ran, Machine, until } from "./testing.ts";

const TIMEOUT_MS = 240_000;
const SINCE = "2026-09-01";
let machine: Machine;
afterEach(() => machine.dispose());

interface Sum {
  requests: number;
  prompts: number;
  output: number;
  input: number;
  uids: Set<string>;
}

/** What a destination holds: of records with one id, the last line counts. */
function received(exporter = "file"): Sum & { lines: number } {
  const sum: Sum = { requests: 0, prompts: 0, output: 0, input: 0, uids: new Set() };
  const byUid = new Map<string, Map<string, string>>();
  let lines = 0;
  const file = machine.outFile(exporter);
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  for (const request of text.split("\n").filter(Boolean)) {
    for (const record of recordsOf(JSON.parse(request))) {
      lines += 1;
      byUid.set(record.get("log.record.uid") ?? "", record);
    }
  }
  for (const [uid, record] of byUid) {
    sum.uids.add(uid);
    const isRequest = record.has("gen_ai.operation.name");
    sum.requests += isRequest ? 1 : 0;
    sum.prompts += isRequest ? 0 : 1;
    sum.output += Number(record.get("gen_ai.usage.output_tokens") ?? 0);
    sum.input += Number(record.get("gen_ai.usage.input_tokens") ?? 0);
  }
  return { ...sum, lines };
}

function recordsOf(request: unknown): Map<string, string>[] {
  const { resourceLogs } = request as {
    resourceLogs: { scopeLogs: { logRecords: { attributes: { key: string; value: object }[] }[] }[] }[];
  };
  return resourceLogs
    .flatMap(({ scopeLogs }) => scopeLogs)
    .flatMap(({ logRecords }) => logRecords)
    .map(
      ({ attributes }) => new Map(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])])),
    );
}

const expected = (truth: Truth) => ({
  requests: truth.requests,
  prompts: truth.prompts,
  output: truth.output,
  input: truth.input + truth.cacheRead + truth.cacheWrite5m + truth.cacheWrite1h,
});

function expectBrought(truth: Truth, exporter = "file"): void {
  expect(received(exporter)).toMatchObject(expected(truth));
}

const backfill = (...more: string[]): Promise<Ran> =>
  machine.talos("backfill", "--since", SINCE, "--yes", ...more);

it(
  "estimates what it then brings, all of it and once, where no collector runs",
  { timeout: TIMEOUT_MS },
  async () => {
    machine = new Machine({ startAt: "end" });
    const truth = writeClaudeHome(machine.home, { bytes: 4_000_000, seed: 21 });
    const guess = await machine.talos("backfill", "--since", SINCE, "--estimate", "--json");
    expect(JSON.parse(guess.stdout)).toMatchObject({
      requests: truth.requests,
      prompts: truth.prompts,
      outputTokens: truth.output,
    });
    expect(existsSync(machine.stateDir)).toBe(false);
    const ran = await backfill();
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toMatch(/all delivered/);
    expectBrought(truth);
    const before = received().lines;
    expect(before).toBe(truth.requests + truth.prompts);
    expect((await backfill()).stdout).toContain("Done: 0 new records");
    expect(received().lines).toBe(before);
    const status = await machine.status();
    expect(status.balance.balanced).toBe(true);
    expect(status.filesFollowed).toBe(0);
    expectNoCanary(truth);
  },
);

it("brings it while a collector runs, and live records go on", { timeout: TIMEOUT_MS }, async () => {
  machine = new Machine({ startAt: "end" });
  const truth = writeClaudeHome(machine.home, { bytes: 4_000_000, seed: 22 });
  machine.run();
  await until(() => existsSync(path.join(machine.stateDir, "state.db")), "the collector runs");
  machine.request("live", { output: 7 });
  await until(() => machine.sent().includes(7), "the live record is sent");
  expect(received().lines).toBe(1);
  expect(await backfill()).toMatchObject({ code: 0 });
  machine.request("live", { output: 8 });
  await until(() => machine.sent().includes(8), "the next live record is sent");
  await until(() => !existsSync(path.join(machine.stateDir, "backfill.json")), "the backfill is delivered");
  await machine.stop();
  const { output, requests, lines } = received();
  expect({ output, requests }).toEqual({ output: truth.output + 15, requests: truth.requests + 2 });
  expect(lines).toBe(truth.requests + truth.prompts + 2);
  expect((await machine.status()).balance.balanced).toBe(true);
});

it("goes on after kills, without losing or doubling a record", { timeout: TIMEOUT_MS }, async () => {
  machine = new Machine({ startAt: "end" });
  const truth = writeClaudeHome(machine.home, { bytes: 8_000_000, seed: 23 });
  machine.run();
  await until(() => existsSync(path.join(machine.stateDir, "state.db")), "the collector runs");
  const asking = backfill();
  await until(() => existsSync(request()), "it is asked for");
  let isUnderWay = false;
  for (let n = 1; n <= 3; n += 1) {
    await until(() => received().lines > n * 60 || !existsSync(request()), `kill ${n}`);
    await machine.stop("SIGKILL");
    isUnderWay ||= existsSync(request()) && readBackfillProgress(machine.stateDir)?.state === "reading";
    machine.run();
  }
  expect(isUnderWay).toBe(true);
  expect([0, 3]).toContain((await asking).code);
  await until(
    async () => (await machine.status()).balance.accepted > 0 && !existsSync(request()),
    "delivered",
  );
  await machine.stop();
  expectBrought(truth);
  expect((await machine.status()).balance).toMatchObject({
    accepted: truth.requests + truth.prompts,
    balanced: true,
  });
});

/** An OTLP server that is down at first. */
class Backend {
  isUp = false;
  /** Of every record that was taken. */
  readonly uids: string[] = [];
  readonly #server = createServer((asked, answer) => void this.#take(asked, answer));

  static async start(): Promise<Backend> {
    const backend = new Backend();
    await new Promise<void>((resolve) => backend.#server.listen(0, "127.0.0.1", resolve));
    return backend;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = Buffer.concat(await asked.toArray());
    if (!this.isUp) {
      answer.writeHead(503).end();
      return;
    }
    const { resourceLogs } = protobufCodec.decodeRequest(gunzipSync(body));
    for (const { attributes } of resourceLogs
      .flatMap(({ scopeLogs }) => scopeLogs)
      .flatMap((s) => s.logRecords))
      this.uids.push(attributes.find(({ key }) => key === "log.record.uid")?.value.stringValue ?? "");
    answer.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  }
}

it("goes on where it was killed when it is called again", { timeout: TIMEOUT_MS }, async () => {
  machine = new Machine({ startAt: "end" });
  const truth = writeClaudeHome(machine.home, { bytes: 12_000_000, seed: 27 });
  machine.begin("backfill", "--since", SINCE, "--yes");
  await until(() => received().lines > 60, "the first records are sent");
  await machine.stop("SIGKILL");
  expect(readBackfillProgress(machine.stateDir)?.state).toBe("reading");
  expect(await machine.talos("backfill")).toMatchObject({ code: 0, stderr: "" });
  expectBrought(truth);
  const { balance } = await machine.status();
  expect(balance).toMatchObject({ accepted: truth.requests + truth.prompts, balanced: true });
});

it("waits for the end of a pause, and ends when it is cancelled", { timeout: TIMEOUT_MS }, async () => {
  machine = new Machine({ startAt: "end" });
  const truth = writeClaudeHome(machine.home, { bytes: 2_000_000, seed: 28 });
  machine.run();
  await until(() => existsSync(path.join(machine.stateDir, "state.db")), "the collector runs");
  await machine.talos("pause");
  const first = backfill();
  await until(() => readBackfillProgress(machine.stateDir)?.waitsFor === "pause", "it waits");
  expect((await backfill()).stderr).toContain("another backfill is under way");
  expect((await machine.talos("backfill", "--cancel")).stdout).toContain("Ended");
  expect(await first).toMatchObject({ code: 0 });
  const second = backfill();
  await until(() => existsSync(request()), "it is asked for again");
  expect(received().lines).toBe(0);
  await machine.talos("resume");
  expect((await second).stdout).toContain("Done");
  await until(() => !existsSync(request()), "it is delivered");
  expectBrought(truth);
});

const request = () => path.join(machine.stateDir, "backfill.json");

it(
  "gives a new destination what the others had, each once, and nothing to the others",
  { timeout: TIMEOUT_MS },
  async () => {
    machine = new Machine({ startAt: "end" });
    const truth = writeClaudeHome(machine.home, { bytes: 2_000_000, seed: 24 });
    await backfill();
    const first = received().lines;
    machine.configure({ startAt: "end", exporters: ["file", "file/second"] });
    expect(await backfill("--to", "file/second")).toMatchObject({ code: 0, stderr: "" });
    expectBrought(truth, "file/second");
    expect(received("file/second").lines).toBe(truth.requests + truth.prompts);
    await backfill("--to", "file/second");
    await backfill();
    expect(received("file/second").lines).toBe(truth.requests + truth.prompts);
    expect(received().lines).toBe(first);
    expect((await machine.status()).balance.balanced).toBe(true);
  },
);

it(
  "gives one destination what nobody had, and the others when they are asked for",
  { timeout: TIMEOUT_MS },
  async () => {
    machine = new Machine({ startAt: "end", exporters: ["file", "file/second"] });
    const truth = writeClaudeHome(machine.home, { bytes: 2_000_000, seed: 25 });
    await backfill("--to", "file/second");
    expectBrought(truth, "file/second");
    expect(received().lines).toBe(0);
    expect((await machine.status()).balance.balanced).toBe(true);
    await backfill();
    expectBrought(truth);
    for (const exporter of ["file", "file/second"])
      expect(received(exporter).lines).toBe(truth.requests + truth.prompts);
    expect((await machine.status()).balance.balanced).toBe(true);
  },
);

it(
  "brings the time that was asked for, without what is excluded or was paused",
  { timeout: TIMEOUT_MS },
  async () => {
    machine = new Machine({ startAt: "end" });
    const at = (iso: string) => Date.parse(iso);
    machine.request("s", { output: 1, atMs: at("2026-09-30T12:00:00Z") });
    machine.request("s", { output: 2, atMs: at("2026-10-02T12:00:00Z") });
    machine.request("s", { output: 4, atMs: at("2026-10-02T13:00:00Z"), cwd: "/srv/own" });
    machine.request("s", { output: 8, atMs: at("2026-10-04T12:00:00Z") });
    await machine.talos("exclude", "/srv/own");
    const span = ["--since", "2026-10-01T00:00:00Z", "--until", "2026-10-03T00:00:00Z"];
    const ran = await machine.talos("backfill", ...span, "--yes");
    expect(ran.stdout).toContain("1 request,");
    expect(machine.sent()).toEqual([2]);
    expect((await machine.status()).balance).toMatchObject({ dropped: { out_of_scope: 1 }, balanced: true });
  },
);

it(
  "reads again what it had queued when the key is lost, and waits for a dead destination",
  { timeout: TIMEOUT_MS },
  async () => {
    const backend = await Backend.start();
    const yaml = `{ endpoint: "${backend.url}", token: t, destination: talos, timeout: 5s }`;
    machine = new Machine({ startAt: "end", exporter: { id: "otlp_http", yaml }, keySource: "memory" });
    const truth = writeClaudeHome(machine.home, { bytes: 20_000_000, seed: 26 });
    machine.run();
    await until(() => existsSync(path.join(machine.stateDir, "state.db")), "the collector runs");
    const asking = backfill();
    await until(() => readBackfillProgress(machine.stateDir)?.waitsFor === "destination", "it waits");
    const { balance } = await machine.status();
    expect(balance.accepted).toBeLessThan(truth.requests);
    expect((await machine.talos("status")).stdout).toMatch(/^Backfill: \d+ %, [\d,]+ new records/);
    await machine.stop("SIGKILL");
    expect((await asking).code).toBe(3);
    backend.isUp = true;
    machine.run();
    await until(() => !existsSync(request()), "the backfill is delivered");
    await machine.stop();
    expect(backend.uids.length).toBe(truth.requests + truth.prompts);
    expect(new Set(backend.uids).size).toBe(backend.uids.length);
    expect((await machine.status()).balance.balanced).toBe(true);
    await backend.close();
  },
);

it.each([
  { name: "no question can be asked", args: ["--since", SINCE], says: "add --yes" },
  {
    name: "the destination is not there",
    args: ["--since", SINCE, "--to", "filee"],
    says: "no exporter filee",
  },
  { name: "the date is none", args: ["--since", "soon"], says: "2026-10-01" },
  {
    name: "the end is before the beginning",
    args: ["--since", "1d", "--until", "2d"],
    says: "before --until",
  },
  { name: "nothing is under way", args: [], says: "no backfill is under way" },
])("refuses when $name", { timeout: TIMEOUT_MS }, async ({ args, says }) => {
  machine = new Machine({ startAt: "end" });
  machine.request("s", { output: 1 });
  const ran = await machine.talos("backfill", ...args);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain(says);
  expect(existsSync(machine.stateDir)).toBe(false);
});

function expectNoCanary(truth: Truth): void {
  const files = filesOf(machine.stateDir).map((name) =>
    readFileSync(path.join(machine.stateDir, name), "latin1"),
  );
  const text = [...files, machine.output, readFileSync(machine.outFile("file"), "utf8")].join("\n");
  for (const canary of [...truth.canaries, ...truth.cwds]) expect(text).not.toContain(canary);
}

/** Without the control socket, which cannot be read as a file. */
function filesOf(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}
