import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { TextWanted } from "#component/component.ts";
import { CursorHome, munged, PROMPT_CANARY, SECRET_CANARY, uuid } from "#testkit/cursor/home.ts";
import { FakeHost } from "#testkit/fake-host.ts";
import { run } from "./database/job.ts";
import { receiverOf } from "./testkit.ts";

const FOLDER = "/home/dev/work/acme shop";
const T0 = Date.UTC(2026, 10, 17, 7, 20);
const conversation = {
  id: uuid("a"),
  folder: FOLDER,
  model: "claude-sonnet-5",
  turns: [
    { atMs: T0, prompt: "first", answer: "one" },
    { atMs: T0 + 90_000, prompt: "second", answer: "two" },
  ],
};

let home = "";
let cursor: CursorHome;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "cursor-"));
  cursor = new CursorHome(home);
  cursor.openFolder(FOLDER);
  cursor.breakRows(conversation.id);
});
afterEach(() => {
  cursor.close();
  rmSync(home, { recursive: true, force: true });
});

class ModeHost extends FakeHost {
  readonly wanted: TextWanted | undefined;

  constructor(wanted: TextWanted | undefined) {
    super({ once: true });
    this.wanted = wanted;
  }

  text(): TextWanted | undefined {
    return this.wanted;
  }
}

const tiers = [["database"], ["transcript"], ["database", "transcript"]] as const;
const modes = [
  { mode: "off", wanted: undefined, bodies: [] },
  { mode: "prompts", wanted: { completions: false, sinceMs: 0 }, bodies: ["first", "second"] },
  { mode: "full", wanted: { completions: true, sinceMs: 0 }, bodies: ["first", "one", "second", "two"] },
  {
    mode: "full, of new texts",
    wanted: { completions: true, sinceMs: T0 + 60_000 },
    bodies: ["second", "two"],
  },
];

it.each(tiers.flatMap((sources) => modes.map((mode) => ({ ...mode, sources }))))(
  "$sources, $mode: texts are read where the mode permits it, secrets nowhere",
  async ({ sources, wanted, bodies }) => {
    cursor.write({ ...conversation, tiers: sources });
    const host = new ModeHost(wanted);
    const receiver = receiverOf(home, host);
    await receiver.start();
    await host.done;
    await receiver.shutdown(AbortSignal.timeout(10_000));
    const records = [...host.store.records.values()];
    const texts = records.flatMap(({ body }) => body ?? []);
    expect(texts.toSorted()).toEqual(bodies.map((body) => `${body} ${PROMPT_CANARY}`));
    const everything = { maxStringLength: null, maxArrayLength: null, depth: 9 };
    const rest = inspect([host.store, receiver.said()], everything);
    expect(rest).not.toContain(SECRET_CANARY);
    expect(rest).not.toContain(munged(FOLDER));
    const said = inspect(
      [
        records.map((record) => ({ ...record, body: "" })),
        host.store.positions,
        host.store.counts,
        receiver.said(),
      ],
      everything,
    );
    expect(said).not.toContain(PROMPT_CANARY);
    expect(receiver.said()).not.toContain(FOLDER);
  },
);

it("takes no text out of a database unless it is asked for", () => {
  cursor.write(conversation);
  const { file } = cursor.storage;
  const found = run({ kind: "conversations", file, ids: [conversation.id], budgetMs: 1_000 });
  const changes = run({
    kind: "changes",
    file,
    since: { row: 0, headers: { changedMs: 0, id: "" } },
    budgetMs: 1_000,
  });
  expect(inspect([found, changes], { depth: 9 })).not.toMatch(/CANARY|first|second/);
});

it("leaves no file behind beside those of Cursor's own", async () => {
  cursor.write(conversation);
  const dir = path.dirname(cursor.storage.file);
  const before = readdirSync(dir).toSorted();
  const host = new FakeHost({ once: true });
  const receiver = receiverOf(home, host);
  await receiver.start();
  await host.done;
  await receiver.shutdown(AbortSignal.timeout(10_000));
  expect(readdirSync(dir).toSorted()).toEqual(before);
});
