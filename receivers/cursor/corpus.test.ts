import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CursorCorpus } from "#testkit/cursor/corpus.ts";
import { idOf, WORKS } from "#testkit/cursor/corpus-conversations.ts";
import { PROMPT_CANARY, SECRET_CANARY } from "#testkit/cursor/home.ts";
import { FakeHost, type FakeStore } from "#testkit/fake-host.ts";
import { readOnce, receiverOf } from "./testkit.ts";

let home = "";
let corpus: CursorCorpus | undefined;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "cursor-"));
});
afterEach(() => {
  corpus?.close();
  rmSync(home, { recursive: true, force: true });
});

const [SHOP, INFRA] = WORKS;

/** What is told of each request: conversation and turn, when it was asked and answered, by what, and where. */
const REQUESTS = [
  ["A:0", "2026-11-17T07:20:00", "2026-11-17T07:20:21", "database", "claude-sonnet-5", SHOP, "main"],
  ["A:1", "2026-11-17T07:21:30", "2026-11-17T07:21:39", "database", "claude-sonnet-5", SHOP, "main"],
  ["A-sub:0", "2026-11-17T07:20:06", "2026-11-17T07:20:08", "database", "custom", SHOP, "subagent"],
  ["B:0", "2026-11-18T07:20:00", "2026-11-18T07:20:04", "database", "default", INFRA, "main"],
  ["C:0", "2025-10-31T08:40:00", "2025-10-31T08:40:08", "database", "claude-sonnet-4-5", SHOP, "main"],
  ["D:0", "2026-11-19T07:20:00", "2026-11-19T07:21:00", "database", "custom", SHOP, "main"],
  ["cli-F:0", undefined, undefined, "transcript", undefined, SHOP, "main"],
] as const;
const PROMPTS = ["A:0", "A:1", "B:0", "C:0", "cli-F:0"];
const NAMES = new Map(["A", "A-sub", "B", "C", "D", "E", "cli-F"].map((name) => [idOf(name), name]));

function named(request: string): string {
  const [key = ""] = request.split("\0");
  const [id = "", turn = ""] = key.split(":");
  return `${NAMES.get(id) ?? id}:${turn}`;
}

/** Of a transcript, only the file's own time is known. */
function requestsOf(store: FakeStore) {
  return store.requests
    .map(({ local, timeMs, lastTimeMs, attributes, cwd }) => {
      const isTold = attributes.get("talos.source.via") === "transcript";
      const at = (ms: number) => (isTold ? undefined : new Date(ms).toISOString().slice(0, 19));
      const model = attributes.get("gen_ai.request.model");
      const [via, origin] = [attributes.get("talos.source.via"), attributes.get("talos.request.origin")];
      return [named(local.request), at(timeMs), at(lastTimeMs), via, model, cwd, origin];
    })
    .toSorted(byName);
}

function byName(a: readonly unknown[], b: readonly unknown[]): number {
  return String(a[0]) < String(b[0]) ? -1 : 1;
}

const prompts = (store: FakeStore) => store.prompts.map(({ local }) => named(local.request)).toSorted();

/** The same row, but for one thing. */
function told(row: readonly unknown[], at: number, value: unknown): unknown[] {
  return row.map((each, i) => (i === at ? value : each));
}

/** All that is told, and whether anything of the texts is among it. */
function found(store: FakeStore) {
  const everything = inspect(store, { maxStringLength: null, maxArrayLength: null, depth: 9 });
  return {
    requests: requestsOf(store),
    prompts: prompts(store),
    input: store.sum("gen_ai.usage.input_tokens"),
    output: store.sum("gen_ai.usage.output_tokens"),
    open: store.open,
    canaries: [SECRET_CANARY, PROMPT_CANARY].filter((canary) => everything.includes(canary)),
  };
}

function all(requests: readonly (readonly unknown[])[] = REQUESTS): object {
  const records = { requests: requests.toSorted(byName), prompts: PROMPTS.toSorted() };
  return { ...records, input: 59_541, output: 6_700, open: 0, canaries: [] };
}

it.each([
  ["17, with a list of conversations", 17, true],
  ["17, without one", 17, false],
  ["10, without one", 10, false],
  ["10, with one", 10, true],
  ["3, without one", 3, false],
  ["1, with messages in the conversation's row", 1, false],
] as const)("gives exactly the listed records of a home of version %s", async (_, version, headers) => {
  corpus = new CursorCorpus(home, { version, headers });
  // Older versions say it in messages alone, and D has none.
  const known = REQUESTS.map((row) => (row[0] === "D:0" && version < 17 ? told(row, 5, undefined) : row));
  expect(found(await readOnce(home))).toEqual(all(known));
});

it("finds what is in the log alone, too", async () => {
  corpus = new CursorCorpus(home);
  corpus.live();
  const later = REQUESTS.map((row) => (row[0] === "A:1" ? told(row, 2, "2026-11-17T07:22:00") : row));
  expect(found(await readOnce(home))).toEqual(all(later));
});

it("finds it all where Cursor has ended, and its databases are closed", async () => {
  corpus = new CursorCorpus(home);
  corpus.close();
  corpus = undefined;
  expect(found(await readOnce(home))).toEqual(all());
});

// F's transcript has no time of its own: it may be a copy of an older one, whose texts are not to be sent.
it.each([
  ["prompts", false, ["A1", "A7", "B1", "C1"]],
  ["prompts and answers", true, ["A1", "A7", "B1", "C1", "found 3", "out", "out", "out", "out"]],
])("gives the texts that the mode permits, and no others: %s", async (_, completions, names) => {
  corpus = new CursorCorpus(home);
  const host = Object.assign(new FakeHost({ once: true }), { text: () => ({ completions, sinceMs: 0 }) });
  const receiver = receiverOf(home, host);
  await receiver.start();
  await host.done;
  await receiver.shutdown(AbortSignal.timeout(10_000));
  const records = [...host.store.records.values()];
  const bodies = records.flatMap(({ body }) => body ?? []);
  expect(bodies.map((body) => body.slice(body.lastIndexOf("-") + 1)).toSorted()).toEqual(names);
  const rest = inspect(
    [host.store.positions, records.map((record) => ({ ...record, body: "" })), receiver.said()],
    {
      depth: 9,
    },
  );
  expect(rest).not.toContain(PROMPT_CANARY);
  expect(rest + bodies.join("")).not.toContain(SECRET_CANARY);
});
