/** Texts on their way through real processes that are killed. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { contractHash, writeAcceptance } from "../consent/acceptance.ts";
import { Machine } from "./testing.ts";

const KILLS = 8;
const CANARY = "CANARY-91c2";

let machine: Machine;
beforeEach(() => {
  machine = new Machine({ startAt: "end" });
  const yaml = readFileSync(machine.configFile, "utf8")
    .replace('redaction: { mode: "off" }', "redaction: { mode: categorize_local }, categorize: {}")
    .replace("processors: [cwd_hash, redaction]", "processors: [cwd_hash, redaction, categorize]");
  writeFileSync(machine.configFile, yaml);
  writeAcceptance(machine.stateDir, {
    mode: "categorize_local",
    by: "developer",
    team: "",
    agent: "",
    retention_days: 0,
    contract: contractHash("categorize_local"),
    accepted_at: Date.now() - 60_000,
    expires_at: Date.now() + 3_600_000,
  });
});
afterEach(() => machine.dispose());

let serial = 0;
function type(count: number): void {
  const folder = path.join(machine.home, "projects", "-srv-work");
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < count; i += 1) {
    const line = {
      type: "user",
      uuid: `uuid-${(serial += 1)}`,
      sessionId: "s",
      cwd: "/srv/work",
      version: "2.1.330",
      timestamp: new Date().toISOString(),
      promptId: `prompt-${serial}`,
      promptSource: "typed",
      message: { role: "user", content: `Fix the ${CANARY} bug number ${serial}` },
    };
    appendFileSync(path.join(folder, "s.jsonl"), `${JSON.stringify(line)}\n`);
  }
}

/** By id, the category of each time that a prompt left. */
function sent(): Map<string, (string | undefined)[]> {
  const file = machine.outFile("file");
  const found = new Map<string, (string | undefined)[]>();
  for (const line of existsSync(file) ? readFileSync(file, "utf8").split("\n") : []) {
    for (const record of line.split('"timeUnixNano"').slice(1)) {
      if (!record.includes("talos.prompt")) continue;
      const uid = /"log\.record\.uid","value":\{"stringValue":"(\w+)"/.exec(record)?.[1] ?? "";
      const category = /"talos\.category","value":\{"stringValue":"(\w+)"/.exec(record)?.[1];
      found.set(uid, [...(found.get(uid) ?? []), category]);
    }
  }
  return found;
}

it(
  `killed ${KILLS} times while prompts are typed, none is lost or left without its category, and no text is on the disk`,
  { timeout: 240_000 },
  async () => {
    expect((await machine.talos("run", "--once")).code).toBe(0);
    for (let kill = 0; kill < KILLS; kill += 1) {
      machine.run();
      type(5);
      await new Promise((resolve) => setTimeout(resolve, 600 + kill * 350));
      type(5);
      await machine.stop("SIGKILL");
    }
    const last = await machine.talos("run", "--once");
    expect([last.code, last.stderr.includes(CANARY)]).toEqual([0, false]);
    const prompts = sent();
    expect(prompts.size).toBe(serial);
    expect([...prompts.values()].flat().every((category) => category !== undefined)).toBe(true);
    const { stdout } = await machine.talos("status");
    expect(stdout).toContain("Privacy mode: categorize_local, set by your configuration");
    expect(stdout).toContain("texts to be read (logs)");
    expect(stdout).toContain("texts for file");
    expect(stdout).not.toContain("text:logs");
    const files = ["state.db", "state.db-wal"].map((name) => path.join(machine.stateDir, name));
    for (const file of files.filter(existsSync)) expect(readFileSync(file).includes(CANARY)).toBe(false);
  },
);
