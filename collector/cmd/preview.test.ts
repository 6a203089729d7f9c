import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MODES, type Mode } from "#proto/egress.ts";
import { SocketTrap } from "#testkit/preloaded.ts";
import { CursorHome, uuid } from "#testkit/cursor/home.ts";
import { noTerminal, Terminal } from "#testkit/terminal.ts";
import { TOKENS } from "../../processors/redaction/corpus/tokens.ts";
import { Random } from "../../processors/redaction/corpus/random.ts";
import { contractHash, writeAcceptance } from "../consent/acceptance.ts";
import { type Kind, Planted } from "../proof/canaries.ts";
import { filesBelow, NeedleIndex } from "../proof/search.ts";
import { writeHome } from "../proof/session.ts";
import { cut, safeJson } from "./preview/cells.ts";
import { Machine } from "./testing.ts";

let machine: Machine;
let planted: Planted;
let traps: string;

beforeEach(() => {
  machine = new Machine();
  traps = mkdtempSync(path.join(tmpdir(), "preview-test-"));
  planted = new Planted();
  const random = new Random(Date.now());
  const secrets = Object.entries(TOKENS).map(([kind, make]) => ({ kind, value: make(random) }));
  writeHome(machine.home, planted, { secrets, nowMs: Date.now() });
});
afterEach(async () => {
  await machine.dispose();
  rmSync(traps, { recursive: true, force: true });
});

interface Destination {
  destination: string;
  records: {
    event: string;
    attributes: Record<string, unknown>;
    body?: string;
    resource: Record<string, string>;
  }[];
  asked: { url: string; body: { prompt: string } }[];
  removed: { by: string; rule: string; count: number }[];
  notes: { by: string; rule: string; count: number }[];
}
interface Report {
  mode_in_force: string;
  found: Record<string, number>;
  left_out: Record<string, number>;
  modes: Record<Mode, [Destination]>;
}

function categorize(settings: string): void {
  const text = readFileSync(machine.configFile, "utf8")
    .replace(`redaction: { mode: "off" }`, `redaction: { mode: full }, categorize: { ${settings} }`)
    .replace("[cwd_hash, redaction]", "[cwd_hash, redaction, categorize]");
  writeFileSync(machine.configFile, text);
}

async function preview(...args: string[]): Promise<Report> {
  const { code, stdout, stderr } = await machine.talos("preview", "--json", ...args);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Report;
}

function kindsIn(value: unknown): Kind[] {
  const found = new NeedleIndex(planted.all.map(({ needle }) => needle)).findAnywhereIn(
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)),
  );
  return [
    ...new Set(planted.all.flatMap(({ kind, needle }) => (found.has(needle) ? [kind] : []))),
  ].toSorted();
}

/** Every file of the machine, with its time and its bytes. */
function everything(): string[] {
  return filesBelow(machine.dir)
    .map((file) => `${file} ${statSync(file).mtimeMs} ${readFileSync(file, "base64")}`)
    .toSorted();
}

it("shows what leaves in each mode, opens no socket and changes no file", async () => {
  categorize(`provider: cloud, endpoint: "https://team.example", token: t`);
  const trap = new SocketTrap(traps);
  machine.env["NODE_OPTIONS"] = trap.nodeOptions;
  const before = everything();
  const report = await preview();
  expect(everything()).toEqual(before);
  expect(trap.tried).toEqual([]);

  const of = (mode: Mode) => report.modes[mode][0];
  expect(Object.fromEntries(MODES.map((mode) => [mode, kindsIn(of(mode).records)]))).toEqual({
    off: [],
    categorize_local: [],
    categorize_cloud: [],
    full: ["answer", "prompt"],
  });
  expect(MODES.map((mode) => kindsIn(of(mode).asked))).toEqual([[], [], ["prompt"], ["prompt"]]);
  expect(of("full").asked[0]?.url).toBe("https://team.example/v1/categorize");
  expect(MODES.map((mode) => of(mode).records.length)).toEqual([12, 12, 12, 18]);
  const categories = (mode: Mode) =>
    of(mode).records.flatMap(({ attributes }) => attributes["talos.category.method"] ?? []);
  // Nobody knows what Haiku would say.
  expect(MODES.map((mode) => [...new Set(categories(mode))])).toEqual([[], ["rules"], [], []]);
});

it("says by which rule something was removed, and never what", async () => {
  categorize("provider: rules");
  const { modes } = await preview();
  expect(modes.off[0].removed).toEqual([
    { by: "mode", rule: "prompt_texts_not_read", count: 6 },
    { by: "mode", rule: "answers_not_read", count: 6 },
  ]);
  const rules = modes.full[0].removed.filter(({ by }) => by === "redaction").map(({ rule }) => rule);
  expect(rules).toEqual(expect.arrayContaining(["anthropic_key", "email", "home_path", "jwt"]));
  const shown = async (...args: string[]) => kindsIn((await machine.talos("preview", ...args)).stdout);
  expect(await shown("--mode", "off")).toEqual([]);
  expect(await shown("--mode", "full")).toEqual(["answer", "prompt"]);
});

it("shows the records that a run then sends, under the same ids", async () => {
  const { modes } = await preview("--since", "3d");
  const shown = modes.off[0].records.map(({ attributes }) => String(attributes["log.record.uid"]));
  expect((await machine.talos("run", "--once")).code).toBe(0);
  const sent = readFileSync(machine.outFile("file"), "utf8");
  const uids = [...sent.matchAll(/"log\.record\.uid","value":\{"stringValue":"([0-9a-f]{32})"/g)];
  expect(shown.toSorted()).toEqual(uids.map(([, uid = ""]) => uid).toSorted());
});

it("shows in mode full the texts that a run then sends, to the letter", async () => {
  categorize("provider: rules");
  const atMs = Date.now() - 3_600_000;
  mkdirSync(machine.stateDir, { mode: 0o700 });
  const firstStart = { first_start_ms: atMs, instance_id: "0".repeat(32) };
  writeFileSync(path.join(machine.stateDir, "first-start.json"), JSON.stringify(firstStart));
  writeAcceptance(machine.stateDir, {
    mode: "full",
    by: "developer",
    team: "",
    agent: "",
    retention_days: 0,
    contract: contractHash("full"),
    accepted_at: atMs,
    expires_at: atMs + 86_400_000,
  });
  const { modes, mode_in_force: inForce } = await preview("--since", "1h");
  expect(inForce).toBe("full");
  const shown = modes.full[0].records.flatMap(({ body }) => body ?? []);
  expect((await machine.talos("run", "--once")).code).toBe(0);
  const sent = Array.from(
    readFileSync(machine.outFile("file"), "utf8").matchAll(/"body":\{"stringValue":("(?:[^"\\]|\\.)*")\}/g),
    ([, text = ""]) => JSON.parse(text) as string,
  );
  expect(shown).toHaveLength(12);
  expect(shown.toSorted()).toEqual(sent.toSorted());
});

it("says of a text that is longer than any may be that it does not leave", async () => {
  const line = {
    type: "user",
    uuid: "a-line",
    sessionId: "a-session",
    cwd: "/srv/work",
    version: "2.1.330",
    isSidechain: false,
    timestamp: new Date().toISOString(),
    promptId: "a-prompt",
    promptSource: "typed",
    message: { role: "user", content: `\u001B[2Jlong ${"very ".repeat(250_000)}` },
  };
  mkdirSync(path.join(machine.home, "projects/-srv-work"), { recursive: true });
  writeFileSync(path.join(machine.home, "projects/-srv-work/long.jsonl"), `${JSON.stringify(line)}\n{"half`);
  const { modes } = await preview("--limit", "1", "--mode", "full");
  expect(modes.full[0].removed).toContainEqual({ by: "mode", rule: "texts_too_long_to_leave", count: 1 });
  expect(modes.full[0].records.filter(({ event }) => event === "talos.prompt")).toMatchObject([
    { resource: { "talos.privacy.mode": "off" } },
  ]);
});

it("the README shows what it prints", async () => {
  categorize(`provider: cloud, endpoint: "https://team.example", token: t`);
  const readme = readFileSync(path.resolve(import.meta.dirname, "../../README.md"), "utf8");
  const [, shown = ""] = /<!-- preview -->\n\n```text\n([^`]*)```/.exec(readme) ?? [];
  const { stdout } = await machine.talos("preview");
  // Rules and attributes depend on the texts; what is said about them does not.
  const fixed = (text: string) =>
    text
      .split("\n")
      .filter((line) => !/^ {2}(?:mode|secret|category|gate|leak guard)|^[x ]{24}/.test(line))
      .join("\n")
      .replaceAll(/https:\S+|Destination: \S+|\d[\d:-]*/g, "n");
  expect(fixed(shown)).toBe(fixed(stdout));
});

it("asks the model on this computer alone, and says that rules decide without it", async () => {
  categorize(`provider: auto, endpoint: "https://team.example", token: t`);
  const trap = new SocketTrap(traps, [
    "connect 127.0.0.1:11434",
    "connect ::1:11434",
    "connect localhost:11434",
  ]);
  machine.env["NODE_OPTIONS"] = trap.nodeOptions;
  const { modes } = await preview("--mode", "categorize_local", "--limit", "1");
  expect(modes.categorize_local[0].asked).toEqual([]);
  const [method] = modes.categorize_local[0].records.flatMap(
    ({ attributes }) => attributes["talos.category.method"] ?? [],
  );
  expect(["rules", "ollama"]).toContain(method);
  expect(trap.tried.every((each) => each.includes(":11434"))).toBe(true);
});

it("leaves out what the user excludes, and works without any configuration", async () => {
  mkdirSync(path.join(machine.dir, ".config/talos-auditor"), { recursive: true });
  writeFileSync(path.join(machine.dir, ".config/talos-auditor/exclude"), "/home/**\n");
  mkdirSync(path.join(machine.dir, ".claude"));
  writeHome(path.join(machine.dir, ".claude"), planted, { secrets: [], nowMs: Date.now() });
  const { code, stdout } = await machine.talosAlone("preview", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    configured: false,
    mode_in_force: "off",
    left_out: { out_of_scope: expect.any(Number) as number },
    modes: { full: [{ records: [] }] },
  });
});

it.skipIf(noTerminal() !== undefined)("fits a terminal of 80 columns", async () => {
  categorize("provider: rules");
  const main = path.resolve(import.meta.dirname, "main.ts");
  const command = [process.execPath, main, "preview", "--config", machine.configFile];
  const terminal = new Terminal(command, { dir: traps, env: { ...process.env, HOME: machine.dir } });
  expect(await terminal.ended).toBe(0);
  expect(Math.max(...terminal.text.split("\n").map((line) => Array.from(line).length))).toBeLessThanOrEqual(
    80,
  );
  expect(terminal.text).toContain("off     local   cloud   full");
  expect(terminal.text).toMatch(/with their text +- +- +- +6/);
});

it("shows the newest request of each tool, and which have no token counts", async () => {
  const home = new CursorHome(machine.dir);
  const turns = [{ atMs: Date.now() - 3_600_000, prompt: "Do it.", answer: "Done." }];
  home.write({ id: uuid("one"), folder: "/srv/work", model: "composer-1", turns });
  home.close();
  const { stdout } = await machine.talosAlone("preview");
  expect(stdout).toMatch(
    /newest request of Cursor\n(?:x {5}){4}time: [\s\S]*gen_ai\.request\.model: composer-1\n/,
  );
  expect(stdout).toMatch(/without token counts: they are not known +1 +1 +1 +1\n/);
  expect(stdout).toMatch(/with their text +- +- +- +1\n/);
});

it.each([
  ["a\nb\tc", 10, "a b c"],
  ["\u001B[2Jgone", 10, "?[2Jgone"],
  ["\u202Eevil", 10, "?evil"],
  ["日本語日本語", 8, "日本語…"],
  ["🦊🦊🦊", 6, "🦊🦊🦊"],
  ["abcdef", 4, "abc…"],
])("a terminal shows %j in %i columns as %j", (text, columns, shown) => {
  expect(cut(text, columns)).toBe(shown);
});

it("writes JSON that means the same and moves no cursor", () => {
  const value = { text: "\u001B[2J \u202E \u{E0001} line\nbreak" };
  const text = safeJson(value, 2);
  expect(JSON.parse(text)).toEqual(value);
  // oxlint-disable-next-line eslint/no-control-regex -- they are what must not be there
  expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u202E]|\u{E0001}/u);
});
