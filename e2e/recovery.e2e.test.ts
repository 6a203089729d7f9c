import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort, LocalBackend } from "./backend.ts";
import { CollectorProcess } from "./collector.ts";
import { seeded, TranscriptWriter } from "./writer.ts";

let backend: LocalBackend;
beforeAll(async () => {
  backend = await LocalBackend.start();
});
afterAll(() => backend.close());

const writers: TranscriptWriter[] = [];

/** A home with transcripts of its own, whose truth is added to what the backend must hold in the end. */
function newWriter(): { home: string; writer: TranscriptWriter } {
  const home = mkdtempSync(path.join(tmpdir(), "talos-recovery-"));
  const writer = new TranscriptWriter(home, {
    sessions: 4,
    random: seeded(writers.length + 1),
    now: Date.now,
  });
  writers.push(writer);
  return { home, writer };
}

function write(writer: TranscriptWriter, steps = 40): void {
  for (let n = 0; n < steps; n++) writer.step();
  writer.finish();
}

const collectorOf = (home: string, endpoint = backend.url, startAt: "beginning" | "end" = "beginning") =>
  new CollectorProcess({ home, endpoint, token: backend.token, salt: backend.salt, startAt });

async function totals(): Promise<{ requests: number; prompts: number; output: number }> {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const report = await backend.report(day(Date.now() - 86_400_000), day(Date.now() + 86_400_000));
  const { requests, prompts, output } = report.totals;
  return { requests, prompts, output };
}

function allTruth(): object {
  const sum = (name: "requests" | "prompts" | "output") =>
    writers.reduce((n, { truth }) => n + truth[name], 0);
  return { requests: sum("requests"), prompts: sum("prompts"), output: sum("output") };
}

async function expectTruth(): Promise<void> {
  await expect.poll(totals, { timeout: 30_000, interval: 300 }).toEqual(allTruth());
}

it("sets a damaged state aside, says so, and rebuilds it from the transcripts without doubling anything", async () => {
  const { home, writer } = newWriter();
  write(writer);
  const collector = collectorOf(home);
  expect(await collector.runOnce()).toBe(0);
  write(writer);
  writeFileSync(path.join(collector.stateDir, "state.db"), "no database at all".repeat(500));
  rmSync(path.join(collector.stateDir, "state.db-wal"), { force: true });
  const { status, stderr } = await collector.command("run", "--once", "--config", collector.configFile);
  expect([status, stderr]).toEqual([0, expect.stringContaining("set aside")]);
  expect(readdirSync(collector.stateDir).some((name) => name.startsWith("state.db.corrupt-"))).toBe(true);
  await expectTruth();
});

it("follows from the end at the first start, and never takes copies of older lines for new ones", async () => {
  const { home, writer } = newWriter();
  const before = new TranscriptWriter(home, {
    sessions: 2,
    random: seeded(77),
    now: () => Date.now() - 3_600_000,
  });
  write(before);
  const collector = collectorOf(home, backend.url, "end");
  expect(await collector.runOnce()).toBe(0);
  const [file = ""] = readdirSync(path.join(home, "projects"), { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".jsonl"),
  );
  const old = readFileSync(path.join(home, "projects", file), "utf8");
  appendFileSync(path.join(home, "projects", path.dirname(file), "fork.jsonl"), old);
  write(writer);
  expect(await collector.runOnce()).toBe(0);
  rmSync(path.join(collector.stateDir, "state.db"));
  rmSync(path.join(collector.stateDir, "state.db-wal"), { force: true });
  expect(await collector.runOnce()).toBe(0);
  await expectTruth();
  expect((await collector.status()).balance).toMatchObject({ balanced: true });
});

it("reads the transcripts again when the outbox key is lost, and doubles nothing", async () => {
  const { home, writer } = newWriter();
  write(writer);
  const dead = await freePort();
  const collector = collectorOf(home, `http://127.0.0.1:${dead}`);
  const { status } = await collector.command(
    "run",
    "--once",
    "--drain-timeout",
    "1",
    "--config",
    collector.configFile,
  );
  expect(status).toBe(3);
  rmSync(path.join(collector.stateDir, "outbox.key"));
  const config = readFileSync(collector.configFile, "utf8").replace(`http://127.0.0.1:${dead}`, backend.url);
  writeFileSync(collector.configFile, config);
  expect(await collector.runOnce()).toBe(0);
  await expectTruth();
  const { balance } = await collector.status();
  expect(balance).toMatchObject({ balanced: true, destinations: [{ queued: 0, parked: 0 }] });
});

it("keeps everything while the token is wrong, says what to do, and delivers it once the token is right", async () => {
  const { home, writer } = newWriter();
  write(writer);
  const collector = collectorOf(home);
  const right = readFileSync(collector.configFile, "utf8");
  writeFileSync(collector.configFile, right.replace(backend.token, "tal_wrong"));
  const { status, stderr } = await collector.command(
    "run",
    "--once",
    "--drain-timeout",
    "2",
    "--config",
    collector.configFile,
  );
  expect([status, stderr]).toEqual([3, expect.stringMatching(/401[\s\S]*wait for otlp_http\/talos/)]);
  expect((await collector.command("status", "--config", collector.configFile)).stdout).toMatch(
    /parked[\s\S]*401/,
  );
  writeFileSync(collector.configFile, right);
  expect(await collector.runOnce()).toBe(0);
  await expectTruth();
});

it("lets one collector run per state folder, and names the other", async () => {
  const { home } = newWriter();
  const collector = collectorOf(home);
  collector.run();
  await expect.poll(() => collector.output, { timeout: 10_000 }).toContain("collector started");
  const { status, stderr } = await collector.command("run", "--once", "--config", collector.configFile);
  expect([status, stderr]).toEqual([4, expect.stringMatching(/process \d+|pid \d+/)]);
  expect(await collector.kill("SIGTERM")).toBe(0);
});

it("delivers what it read when it is told to stop", async () => {
  const { home, writer } = newWriter();
  const collector = collectorOf(home);
  collector.run();
  await expect.poll(() => collector.output, { timeout: 10_000 }).toContain("collector started");
  write(writer);
  await expect
    .poll(async () => (await collector.status()).balance.accepted, { timeout: 10_000 })
    .toBeGreaterThan(0);
  expect(await collector.kill("SIGINT")).toBe(0);
  expect(await collector.runOnce()).toBe(0);
  await expectTruth();
});
