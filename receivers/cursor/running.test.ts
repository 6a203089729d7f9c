import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CursorCorpus } from "#testkit/cursor/corpus.ts";
import { WORKS } from "#testkit/cursor/corpus-conversations.ts";
import { munged, PROMPT_CANARY, SECRET_CANARY } from "#testkit/cursor/home.ts";
import { Machine, until } from "../../collector/cmd/testing.ts";
import { followCursor } from "./testing.ts";

const REQUEST = "gen_ai.client.inference.operation.details";

let machine: Machine;
let corpus: CursorCorpus;
const writers: ChildProcess[] = [];
beforeEach(() => {
  machine = new Machine();
  corpus = new CursorCorpus(machine.home);
  followCursor(machine, corpus.userDir, "idle_timeout: 2s");
});
afterEach(async () => {
  for (const writer of writers.splice(0)) writer.kill("SIGKILL");
  corpus.close();
  await machine.dispose();
});

/** Has every connection that the program opens try to get at the tokens, in whichever thread. Returns where it says what came of it. */
function trap(): string {
  const said = path.join(machine.dir, "tried.log");
  const preload = path.join(machine.dir, "trap.mjs");
  const hostile = pathToFileURL(path.join(import.meta.dirname, "testdata/hostile.ts")).href;
  writeFileSync(
    preload,
    `import { appendFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { isMainThread } from "node:worker_threads";
import { answered } from ${JSON.stringify(hostile)};
const own = DatabaseSync.prototype.setAuthorizer;
DatabaseSync.prototype.setAuthorizer = function (rule) {
  own.call(this, rule);
  appendFileSync(${JSON.stringify(said)}, JSON.stringify({ isMainThread, answered: answered(this) }) + "\\n");
};
`,
  );
  machine.env["NODE_OPTIONS"] = `--import=${pathToFileURL(preload).href}`;
  return said;
}

/** Does to a database what Cursor does, in a conversation that is none. Ends with what went wrong. */
async function busy(file: string, journal: "wal" | "rollback"): Promise<unknown> {
  const program = path.join(import.meta.dirname, "testdata", "writer.ts");
  const child = spawn(process.execPath, [program, file, journal, "3", "task-call_1\nfc_2"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  writers.push(child);
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => void (said += chunk.toString()));
  await new Promise((resolve) => child.once("close", resolve));
  return (JSON.parse(said) as { failures: unknown }).failures;
}

function left(event: string): number {
  const file = machine.outFile("file");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const uids = text.matchAll(
    /"eventName":"([^"]+)"[^[]*"attributes":\[\{"key":"log\.record\.uid","value":\{"stringValue":"([0-9a-f]{32})"/g,
  );
  return new Set(Array.from(uids).flatMap(([, name, uid]) => (name === event ? [uid] : []))).size;
}

/** Everything that the program wrote. */
function written(): string {
  const names = readdirSync(machine.dir, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile() && !entry.parentPath.startsWith(machine.home));
  const texts = files.map(({ parentPath, name }) => readFileSync(path.join(parentPath, name), "latin1"));
  return [machine.output, ...texts].join("\n");
}

it(
  "sends every record of a busy Cursor and nothing of its texts, and the agent's own connections cannot reach its tokens",
  { timeout: 90_000 },
  async () => {
    const said = trap();
    machine.run();
    const failures = await Promise.all([
      busy(corpus.storage.file, "wal"),
      busy(corpus.workspaceFile(WORKS[0]), "rollback"),
    ]);
    const none = { open: 0, restore: 0, write: 0, vacuum: 0 };
    expect(failures).toEqual([none, none]);
    await until(() => left(REQUEST) >= 7 && left("talos.prompt") >= 5, "everything was sent");
    await machine.stop();
    expect([left(REQUEST), left("talos.prompt")]).toEqual([7, 5]);
    const tried = readFileSync(said, "utf8").trim().split("\n");
    const attempts = tried.map((line) => JSON.parse(line) as { isMainThread: boolean; answered: string[] });
    expect(attempts.some(({ isMainThread }) => !isMainThread)).toBe(true);
    expect(attempts.flatMap(({ answered }) => answered)).toEqual([]);
    const everything = written();
    for (const secret of [PROMPT_CANARY, SECRET_CANARY, WORKS[0], munged(WORKS[0])]) {
      expect(everything).not.toContain(secret);
    }
  },
);
