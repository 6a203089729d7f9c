import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MODES, type Mode } from "#proto/egress.ts";
import { type Change, mutated, SocketTrap } from "#testkit/preloaded.ts";
import { Machine, until } from "./testing.ts";

let machine: Machine;
let dir: string;
let temp: string;

beforeEach(() => {
  machine = new Machine();
  dir = mkdtempSync(path.join(tmpdir(), "prove-test-"));
  temp = path.join(dir, "tmp");
  mkdirSync(temp);
  machine.env["TMPDIR"] = temp;
});
afterEach(async () => {
  await machine.dispose();
  rmSync(dir, { recursive: true, force: true });
});

interface Report {
  proved: boolean;
  planted: Record<string, number>;
  modes: Record<
    Mode,
    {
      permitted: Record<string, Record<string, number>>;
      leaks: { kind: string; way: string }[];
      missing: string[];
    }
  >;
}

async function prove(): Promise<{ code: number | null; report: Report }> {
  const { code, stdout, stderr } = await machine.talosAlone("prove", "--json");
  expect(stderr).toBe("");
  return { code, report: JSON.parse(stdout) as Report };
}

it("finds what each mode permits and nothing else, on this computer alone, and leaves nothing", async () => {
  const trap = new SocketTrap(dir, ["connect 127.0.0.1:", "listen 127.0.0.1", "lookup 127.0.0.1"]);
  machine.env["NODE_OPTIONS"] = trap.nodeOptions;
  const { code, report } = await prove();
  expect([code, report.proved]).toEqual([0, true]);
  const { prompt = 0, answer = 0, secret = 0 } = report.planted;
  const hook = { file: 2 };
  expect(secret).toBeGreaterThan(50);
  expect(Object.fromEntries(MODES.map((mode) => [mode, report.modes[mode].permitted]))).toEqual({
    off: { hook },
    categorize_local: { hook, prompt: { model: prompt } },
    categorize_cloud: { hook, prompt: { categorize: prompt } },
    full: { hook, prompt: { categorize: prompt, records: prompt }, answer: { records: answer } },
  });
  expect(trap.tried.length).toBeGreaterThan(0);
  expect(readdirSync(temp)).toEqual([]);
});

it("is a table of 80 columns that names what was planted and shows nothing of it", async () => {
  const { code, stdout } = await machine.talosAlone("prove");
  expect(code).toBe(0);
  expect(stdout).toContain("nothing survived that should not");
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(/prompts: words, names, code +- +local +asked +sent, asked\n/);
  const readme = readFileSync(path.resolve(import.meta.dirname, "../../README.md"), "utf8");
  const [, shown = ""] = /<!-- prove -->\n\n```text\n([^`]*)```/.exec(readme) ?? [];
  const words = (text: string) => text.replaceAll(/ *[\d.,]+/g, " n");
  expect(words(shown)).toBe(words(stdout));
});

const MUTATIONS: { name: string; changes: Change[]; leaks: { mode: Mode; kind: string; way: string } }[] = [
  {
    name: "the gate, at spooling and at sending, lets a session's id pass",
    changes: [
      {
        file: "collector/service/gate.ts",
        from: "import { eventNameBytes, type RecordWriter }",
        to: "import { attributeBytes, eventNameBytes, type RecordWriter }",
      },
      {
        file: "collector/service/gate.ts",
        from: "into.end(allowed.eventName);",
        to: 'into.attribute(attributeBytes("session", { stringValue: record.local.session ?? "" })); into.end(allowed.eventName);',
      },
      {
        file: "collector/helper/sender.ts",
        from: "(record: LogRecord) => checkRecord(record, mode, optIns).length === 0",
        to: "(record: LogRecord) => record !== undefined",
      },
    ],
    leaks: { mode: "off", kind: "id", way: "records" },
  },
  {
    name: "redaction finds nothing",
    changes: [
      {
        file: "processors/redaction/redactor.ts",
        from: "...replaceFindings(text, findings)",
        to: "...replaceFindings(text, findings.slice(0, 0))",
      },
    ],
    leaks: { mode: "full", kind: "secret", way: "records" },
  },
  {
    name: "the leak guard keeps a hint that names a customer",
    changes: [
      {
        file: "processors/categorize/processor.ts",
        from: 'this.#hint(record, "talos.task_hint", guarded.task);',
        to: 'this.#hint(record, "talos.task_hint", { ...guarded.task, kept: task ?? "" });',
      },
    ],
    leaks: { mode: "categorize_cloud", kind: "prompt", way: "records" },
  },
  {
    name: "the mode in force is what the configuration says, whatever was accepted",
    changes: [
      {
        file: "collector/consent/effective-mode.ts",
        from: "    mode: strictest.mode,\n    setBy: strictest.by,\n    sinceMs: accepted?.sinceMs ?? Number.POSITIVE_INFINITY,",
        to: "    mode: configured.mode,\n    setBy: strictest.by,\n    sinceMs: 0,",
      },
    ],
    leaks: { mode: "off", kind: "prompt", way: "records" },
  },
];

it.each(MUTATIONS)("exits 1 and says what survived when $name", async ({ changes, leaks }) => {
  machine.env["NODE_OPTIONS"] = mutated(dir, changes);
  const { code, report } = await prove();
  expect([code, report.proved]).toEqual([1, false]);
  const { mode, kind, way } = leaks;
  expect(report.modes[mode].leaks).toContainEqual(expect.objectContaining({ kind, way }));
  expect(readdirSync(temp)).toEqual([]);
});

it("exits 1 when nothing arrives: silence proves nothing", async () => {
  const changes = [
    {
      file: "collector/service/text-worker.ts",
      from: "if (!before.isFresh) return",
      to: "if (before.isFresh || !before.isFresh) return",
    },
  ];
  machine.env["NODE_OPTIONS"] = mutated(dir, changes);
  const { code, report } = await prove();
  expect([code, report.proved, report.modes.full.leaks]).toEqual([1, false, []]);
  expect(report.modes.full.missing.length).toBeGreaterThan(0);
});

it("Ctrl-C ends it and removes all of it", async () => {
  const main = path.resolve(import.meta.dirname, "main.ts");
  const child = spawn(process.execPath, [main, "prove"], { env: { ...process.env, TMPDIR: temp } });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => void (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  await until(() => readdirSync(temp).length > 0, "the proof has begun");
  child.kill("SIGINT");
  expect([await ended, said]).toEqual([130, expect.stringContaining("removed")]);
  expect(readdirSync(temp)).toEqual([]);
});
