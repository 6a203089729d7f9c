/** What people do to a collector that runs, and to its configuration: it goes on, loses nothing, and says so. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Machine, until } from "./testing.ts";

const GONE =
  "the state folder was deleted or replaced: nothing is lost, restart the collector to begin a new state";
const SHARED = "two receivers follow the same files, and take each other's records: separate their patterns";
const CANARY = "canary-5e0b";

let machine: Machine;
let asked = 0;
beforeEach(() => {
  machine = new Machine({ receiver: "    final_delay: 100ms" });
  asked = 0;
});
afterEach(() => machine.dispose());

function ask(requests: number): void {
  for (let n = 0; n < requests; n += 1) machine.request("s", { output: (asked += 1), cwd: `/srv/${CANARY}` });
}

async function allSent(exporters = ["file"]): Promise<number[]> {
  const sent = () => exporters.flatMap((id) => machine.sent(id));
  await until(() => new Set(sent()).size >= asked, "all was sent");
  return sent().toSorted((a, b) => a - b);
}

const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);
const said = (text: string) => machine.output.split(text).length - 1;

it.runIf(process.platform !== "win32").each([
  ["deleted", () => rmSync(machine.stateDir, { recursive: true })],
  ["moved away", () => renameSync(machine.stateDir, path.join(machine.dir, "elsewhere"))],
])("a state folder that is %s while running", { timeout: 120_000 }, async (_, mishap) => {
  machine.run();
  ask(3);
  expect(await allSent()).toEqual(upTo(3));
  const firstStart = readFileSync(path.join(machine.stateDir, "first-start.json"), "utf8");
  mishap();
  await until(() => said(GONE) > 0, "it says so");
  ask(3);
  expect(await allSent()).toEqual(upTo(6));

  // Whoever looks is told, and no second collector begins beside it.
  const status = await machine.talos("status");
  expect([status.code, status.stderr]).toEqual([
    1,
    expect.stringMatching(/process \d+.*deleted or replaced/),
  ]);
  expect((await machine.talos("doctor", "--offline")).stdout).toMatch(
    /✗ Collector +a collector runs .* deleted or replaced meanwhile\n +→ restart it: nothing is lost/,
  );
  expect((await machine.talos("run", "--once")).code).toBe(4);

  await machine.stop();
  expect(readFileSync(path.join(machine.stateDir, "first-start.json"), "utf8")).toBe(firstStart);
  ask(2);
  machine.run();
  await allSent();
  // What was sent before comes again under the ids it had.
  expect(new Set(machine.sent())).toEqual(new Set(upTo(8)));
  const ids = readFileSync(machine.outFile("file"), "utf8").match(
    /(?<="log\.record\.uid","value":\{"stringValue":")\w+/g,
  );
  expect(new Set(ids).size).toBe(8);
  expect((await machine.status()).balance.balanced).toBe(true);
  expect(said(GONE)).toBe(1);
  expect(machine.output).not.toContain(CANARY);
});

it(
  "another collector that took the folder meanwhile: this one ends and says why",
  { timeout: 90_000 },
  async () => {
    machine.run();
    ask(1);
    await allSent();
    const other = new Machine();
    try {
      other.run();
      await until(() => other.output.includes("collector started"), "the other one runs");
      renameSync(machine.stateDir, path.join(machine.dir, "elsewhere"));
      renameSync(other.stateDir, machine.stateDir);
      await until(() => machine.output.includes("another collector"), "it ends");
      expect((await other.talos("status", "--state-dir", machine.stateDir)).stdout).toContain("running");
    } finally {
      await other.dispose();
    }
  },
);

it("two receivers on the same files: said once, counted, told by the doctor, and each record goes one way", async () => {
  const two = ["a", "b"];
  const of = (line: (name: string) => string) => two.map((name) => line(name)).join("\n");
  writeFileSync(
    machine.configFile,
    `receivers:
${of((name) => `  claude_code/${name}: { include: ["${machine.home}/projects/**/*.jsonl"], start_at: beginning }`)}
processors: { cwd_hash: { salt: "a-team-salt-of-32-characters-012" }, redaction: { mode: "off" } }
exporters:
${of((name) => `  file/${name}: { path: ${machine.outFile(`file/${name}`)} }`)}
service:
  state_dir: ${machine.stateDir}
  outbox: { key_source: file }
  batch: { timeout: 1s }
  pipelines:
${of((name) => `    logs/${name}: { receivers: [claude_code/${name}], processors: [cwd_hash, redaction], exporters: [file/${name}] }`)}
`,
  );
  ask(5);
  machine.run();
  expect(await allSent(["file/a", "file/b"])).toEqual(upTo(5));
  ask(5);
  expect(await allSent(["file/a", "file/b"])).toEqual(upTo(10));
  await until(() => said(SHARED) > 0, "it says so");
  await machine.stop();
  machine.run();
  ask(5);
  expect(await allSent(["file/a", "file/b"])).toEqual(upTo(15));
  const { counters, balance } = await machine.status();
  expect([counters["receiver_shared_files"], balance.balanced]).toEqual([2, true]);
  expect(said(SHARED)).toBe(2);
  expect((await machine.talos("doctor", "--offline")).stdout).toMatch(
    /! Transcripts [\s\S]*claude_code\/a and claude_code\/b follow the same 1 transcript: .*\n[\s\S]*→ separate their/,
  );
  expect(machine.output).not.toContain(CANARY);
}, 120_000);
