import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { LogsRequest } from "#proto/logs.ts";
import { logsRequest, testSettings, type TestSettings } from "#testkit/fakes.ts";
import { ControlClient } from "./control-client.ts";
import { ControlServer } from "./control.ts";
import { RecentLines } from "./recent.ts";
import { Taps } from "./taps.ts";

let dir: string;
let settings: TestSettings;
let control: ControlServer | undefined;
let sinks: ((request: LogsRequest) => void)[];

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "talos-control-"));
  settings = testSettings();
  sinks = [];
});
afterEach(async () => {
  await control?.close();
  control = undefined;
  rmSync(dir, { recursive: true, force: true });
});

/** Points are what they would be for cwd_hash → redaction → one exporter. */
class FakeTaps extends Taps {
  override get points() {
    return [
      { pipeline: "logs", point: "cwd_hash", refused: "stands before redaction" },
      { pipeline: "logs", point: "gate" },
    ];
  }
  override listen(_at: unknown, sink: (request: LogsRequest) => void) {
    sinks.push(sink);
    return () => {
      sinks = sinks.filter((each) => each !== sink);
    };
  }
}

async function open(at = dir): Promise<ControlServer | undefined> {
  const recent = new RecentLines(() => 5);
  recent.around(settings.log).warn("delivery failed", { exporter: "otlp_http" });
  const { log } = settings;
  control = await ControlServer.open({
    dir: at,
    os: "linux",
    version: "9.9.9",
    taps: new FakeTaps(),
    recent,
    log,
  });
  return control;
}

/** Sends bytes as they are and returns all that comes until the other end closes. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = net.connect(path.join(dir, "control.sock"), () => socket.write(text));
    socket.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

it("tells what only the process knows, over a socket that its owner alone may open", async () => {
  await open();
  expect(statSync(path.join(dir, "control.sock")).mode & 0o777).toBe(0o600);
  const client = await ControlClient.connect(dir, "linux");
  const { snapshot } = await client.ask("snapshot");
  client.close();
  expect(snapshot).toMatchObject({ version: "9.9.9", pid: process.pid });
  expect(snapshot?.rssBytes).toBeGreaterThan(1_000_000);
  expect(snapshot?.recent).toEqual([
    { atMs: 5, level: "warn", message: "delivery failed", fields: { exporter: "otlp_http" } },
  ]);
});

it("takes the place of a socket that a killed collector left", async () => {
  const file = path.join(dir, "control.sock");
  spawnSync(process.execPath, [
    "-e",
    `require("node:net").createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, "SIGKILL"))`,
  ]);
  expect(statSync(file).isSocket()).toBe(true);
  await expect(ControlClient.connect(dir, "linux")).rejects.toThrow("talos run");
  await open();
  const client = await ControlClient.connect(dir, "linux");
  expect((await client.ask("points")).points).toHaveLength(2);
  client.close();
});

it("leaves no socket behind", async () => {
  await open();
  await control?.close();
  expect(statSync(path.join(dir, "control.sock"), { throwIfNoEntry: false })).toBeUndefined();
});

it("never removes a file that is no socket, and says that it cannot be asked", async () => {
  writeFileSync(path.join(dir, "control.sock"), "mine");
  expect(await open()).toBeUndefined();
  expect(statSync(path.join(dir, "control.sock")).size).toBe(4);
  expect(settings.said()).toContain("EADDRINUSE");
});

it("does without where the folder's name is too long for a socket", async () => {
  const long = path.join(dir, "x".repeat(120));
  expect(await open(long)).toBeUndefined();
  await expect(ControlClient.connect(long, "linux")).rejects.toThrow("shorter service.state_dir");
});

it.each([
  ["another version", '{"v":2,"request":"snapshot"}\n', "version"],
  ["no JSON", "hello\n", "version"],
  ["an unknown request", '{"v":1,"request":"stop"}\n', "malformed"],
  ["more than is asked for", '{"v":1,"request":"points","also":1}\n', "malformed"],
  ["a line without end", "x".repeat(5_000), "malformed"],
  ["a point before redaction", '{"v":1,"request":"tap","point":"cwd_hash"}\n', "refused"],
  ["a point that is not there", '{"v":1,"request":"tap","point":"nope"}\n', "refused"],
])("refuses %s and closes", async (_name, text, error) => {
  await open();
  expect(JSON.parse(await raw(text))).toMatchObject({ v: 1, error });
});

it("says nothing of what it was asked", async () => {
  await open();
  expect(await raw('{"v":1,"request":"canary-71f"}\n')).not.toContain("canary");
  expect(settings.said()).not.toContain("canary");
});

it("shows records to whoever taps, and stops when they go", async () => {
  await open();
  const client = await ControlClient.connect(dir, "linux");
  expect((await client.ask("tap", { point: "gate" })).tapping).toBe("gate");
  sinks[0]?.(logsRequest(3));
  const answer = await client.next(AbortSignal.timeout(5_000));
  expect(JSON.stringify(answer?.records)).toContain("claude-opus-4-5");
  client.close();
  await expect.poll(() => sinks.length).toBe(0);
});

it("counts what a slow reader misses, and tells it", { timeout: 60_000 }, async () => {
  await open();
  const client = await ControlClient.connect(dir, "linux");
  await client.ask("tap", { point: "gate" });
  const sent = 60;
  for (let i = 0; i < sent; i += 1) sinks[0]?.(logsRequest(200));
  let seen = 0;
  let missed = 0;
  while (seen + missed < sent * 200) {
    const answer = await client.next(AbortSignal.timeout(20_000));
    if (answer === undefined) break;
    missed += answer.missed ?? 0;
    if (answer.records !== undefined) seen += JSON.stringify(answer.records).split('"eventName"').length - 1;
  }
  client.close();
  expect(missed).toBeGreaterThan(0);
  expect(seen + missed).toBe(sent * 200);
});

it("turns away more than sixteen at once", async () => {
  await open();
  const clients = await Promise.all(Array.from({ length: 16 }, () => ControlClient.connect(dir, "linux")));
  const one = await ControlClient.connect(dir, "linux");
  await expect(one.ask("snapshot")).rejects.toThrow("does not answer");
  for (const client of [...clients, one]) client.close();
});
