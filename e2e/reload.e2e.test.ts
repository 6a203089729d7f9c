import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CollectorProcess } from "./collector.ts";
import { findLeaks } from "./leaks.ts";
import { seeded, TranscriptWriter } from "./writer.ts";

const RELOADS = Number(process.env["RELOADS"] ?? 20);
const SEED = Number(process.env["RELOAD_SEED"] ?? 20_261_124);
const PATIENCE = { timeout: 60_000, interval: 100 };
const SALT = "a-salt-for-reloads-0123456789";

interface Wanted {
  /** A setting of the first exporter. */
  keep?: number;
  second?: boolean;
  finalDelay?: string;
  level?: string;
  extra?: string;
}

let home: string;
let collector: CollectorProcess;
let writer: TranscriptWriter;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "talos-reload-"));
  mkdirSync(path.join(home, "projects"), { recursive: true });
  collector = new CollectorProcess({ home, endpoint: "http://127.0.0.1:9", token: "none", salt: SALT });
  writer = new TranscriptWriter(home, { sessions: 8, random: seeded(SEED), now: Date.now });
});
afterEach(async () => {
  await collector.kill("SIGKILL");
  for (const dir of [home, collector.dir]) rmSync(dir, { recursive: true, force: true });
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const out = (name: string) => path.join(collector.dir, `${name}.jsonl`);

function configure({
  keep = 5,
  second = false,
  finalDelay = "500ms",
  level = "info",
  extra = "",
}: Wanted): void {
  const text = `
receivers:
  claude_code: { include: ["${home}/projects/**/*.jsonl"], start_at: beginning, final_delay: ${finalDelay} }
processors:
  cwd_hash: { salt: "${SALT}" }
  redaction: { mode: "off" }
exporters:
  file: { path: "${out("first")}", rotation: { max_files: ${keep} } }
  file/second: { path: "${out("second")}" }
service:
  state_dir: "${collector.stateDir}"
  outbox: { key_source: file }
  logs: { level: ${level} }
  pipelines:
    logs:
      receivers: [claude_code]
      processors: [cwd_hash, redaction]
      exporters: [file${second ? ", file/second" : ""}]
${extra}`;
  // As editors do it: a new file under the old name.
  writeFileSync(`${collector.configFile}.new`, text, { mode: 0o600 });
  renameSync(`${collector.configFile}.new`, collector.configFile);
}

interface Line {
  resourceLogs: {
    scopeLogs: { logRecords: { attributes: { key: string; value: Record<string, string> }[] }[] }[];
  }[];
}

/** Every version of every record that the file got, in order, by id: its output tokens. */
function versions(name: string): Map<string, number[]> {
  const found = new Map<string, number[]>();
  const text = existsSync(out(name)) ? readFileSync(out(name), "utf8") : "";
  for (const line of text.split("\n").slice(0, -1)) {
    const { resourceLogs } = JSON.parse(line) as Line;
    const records = resourceLogs
      .flatMap(({ scopeLogs }) => scopeLogs)
      .flatMap(({ logRecords }) => logRecords);
    for (const { attributes } of records) {
      const value = (key: string) => attributes.find((each) => each.key === key)?.value;
      const uid = value("log.record.uid")?.["stringValue"] ?? "none";
      const output = Number(value("gen_ai.usage.output_tokens")?.["intValue"] ?? 0);
      found.set(uid, [...(found.get(uid) ?? []), output]);
    }
  }
  return found;
}

function totals(name: string): { records: number; output: number } {
  const all = [...versions(name).values()];
  return { records: all.length, output: all.reduce((sum, counts) => sum + (counts.at(-1) ?? 0), 0) };
}

/** Ids that came again without saying more than before. */
const repeats = (name: string) =>
  [...versions(name)].filter(([, counts]) =>
    counts.some((count, i) => i > 0 && count <= (counts[i - 1] ?? 0)),
  );

const truth = () => ({ records: writer.truth.requests + writer.truth.prompts, output: writer.truth.output });
const said = (text: string) => collector.output.split(text).length - 1;

async function writeFor(ms: number): Promise<void> {
  const until = Date.now() + ms;
  while (Date.now() < until) {
    for (let n = 0; n < 3; n++) writer.step();
    await sleep(10);
  }
}

it(
  `loses and doubles nothing over ${RELOADS} reloads at random moments under load`,
  { timeout: 240_000 },
  async () => {
    const random = seeded(SEED + 1);
    const variants: Wanted[] = [
      { keep: 6 },
      { second: true },
      { finalDelay: "700ms" },
      { second: true, finalDelay: "700ms", keep: 7 },
      { keep: 6, extra: "  bad: [" },
      { second: true, extra: "  unknown_setting: 1\n  batch: { timeout: soon }\n" },
      {},
    ];
    configure({});
    collector.run();
    await expect.poll(() => said("collector started"), PATIENCE).toBe(1);
    for (let i = 0; i < RELOADS; i++) {
      await writeFor(100 + random() * 700);
      configure(variants[Math.floor(random() * variants.length)] ?? {});
      if (random() < 0.5) collector.signal("SIGHUP");
    }
    await writeFor(500);
    configure({ second: true, keep: 9 });
    await writeFor(500);
    writer.finish();

    await expect.poll(() => totals("first"), PATIENCE).toEqual(truth());
    expect(repeats("first")).toEqual([]);
    expect(repeats("second")).toEqual([]);
    expect(said("configuration applied")).toBeGreaterThan(3);
    expect(await collector.kill("SIGTERM")).toBe(0);
    const { balance } = await collector.status();
    expect(balance).toMatchObject({ balanced: true, open: 0 });
    expect(balance.destinations).toMatchObject([
      { exporter: "file", queued: 0, parked: 0, purged: 0, acknowledged: truth().records },
      { exporter: "file/second", queued: 0, parked: 0, purged: 0 },
    ]);
    expect(await collector.runOnce()).toBe(0);
    expect([totals("first"), repeats("first"), repeats("second")]).toEqual([truth(), [], []]);
    const outputs = { "the collector's output": Buffer.from(collector.output) };
    expect(findLeaks([collector.stateDir], writer.canaries, outputs)).toEqual([]);
  },
);

it("a SIGHUP that comes while it starts does not end it", async () => {
  configure({});
  collector.run();
  await expect
    .poll(() => existsSync(path.join(collector.stateDir, "lock.db")), { ...PATIENCE, interval: 2 })
    .toBe(true);
  collector.signal("SIGHUP");
  await writeFor(200);
  writer.finish();
  await expect.poll(() => totals("first"), PATIENCE).toEqual(truth());
  expect(await collector.kill("SIGTERM")).toBe(0);
});

it("goes on as before when the new file is bad, and says in one line all that is wrong with it", async () => {
  configure({});
  collector.run();
  await expect.poll(() => said("collector started"), PATIENCE).toBe(1);
  await sleep(500);
  configure({ keep: 0, extra: "  unknown_setting: 1\n  batch: { timeout: soon }\n" });
  await expect.poll(() => said("not usable; the one before goes on"), PATIENCE).toBe(1);
  const line = collector.output.split("\n").find((each) => each.includes("not usable")) ?? "";
  for (const part of ["problems=", "service.unknown_setting (line", "service.batch.timeout (line"])
    expect(line).toContain(part);
  await writeFor(300);
  writer.finish();
  await expect.poll(() => totals("first"), PATIENCE).toEqual(truth());
  expect(said("configuration applied")).toBe(0);

  configure({ keep: 6, level: "debug" });
  await expect
    .poll(() => collector.output, PATIENCE)
    .toContain("configuration applied kept=3 started=1 stopped=1");
  collector.signal("SIGHUP");
  await expect.poll(() => collector.output, PATIENCE).toContain("every component goes on");
});

it("adds, changes and removes an exporter while the others go on", async () => {
  configure({});
  collector.run();
  await expect.poll(() => said("collector started"), PATIENCE).toBe(1);
  await writeFor(300);
  configure({ second: true });
  await expect
    .poll(() => collector.output, PATIENCE)
    .toContain("configuration applied kept=4 started=1 stopped=0");
  const before = totals("first").records;
  await writeFor(300);
  await expect.poll(() => totals("second").records, PATIENCE).toBeGreaterThan(0);
  configure({});
  await expect
    .poll(() => collector.output, PATIENCE)
    .toContain("configuration applied kept=4 started=0 stopped=1");
  const second = totals("second").records;
  await writeFor(300);
  writer.finish();
  await expect.poll(() => totals("first"), PATIENCE).toEqual(truth());
  expect(totals("second").records).toBe(second);
  expect(before).toBeLessThan(totals("first").records);
  const { balance } = await collector.status();
  expect(balance.balanced).toBe(true);
});

it("needs SIGHUP where service.reload is false, and a restart for the folder of the state", async () => {
  configure({ extra: "  reload: false\n" });
  collector.run();
  await expect.poll(() => said("collector started"), PATIENCE).toBe(1);
  configure({ keep: 8, extra: "  reload: false\n  config_dir: elsewhere\n" });
  await sleep(1_500);
  expect(said("configuration applied")).toBe(0);
  collector.signal("SIGHUP");
  await expect
    .poll(() => collector.output, PATIENCE)
    .toContain("configuration applied kept=3 started=1 stopped=1");
  expect(collector.output).toContain(
    "needs a restart; until then the value before stands setting=service.config_dir",
  );
});
