import { mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CursorHome, type CursorVersion, type InventedConversation, uuid } from "#testkit/cursor/home.ts";
import { FakeStore } from "#testkit/fake-host.ts";
import { readOnce } from "./testkit.ts";

let home = "";
const homes: CursorHome[] = [];
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "cursor-"));
});
afterEach(() => {
  for (const each of homes.splice(0)) each.close();
  rmSync(home, { recursive: true, force: true });
});

const T0 = Date.UTC(2026, 10, 17, 7, 20);
const FOLDER = "/home/dev/work/acme shop";
const A = uuid("a");
const first = { atMs: T0, prompt: "first", answer: "one" };
const second = { atMs: T0 + 90_000, prompt: "second", answer: "two" };

function conversation(own: Partial<InventedConversation> = {}): InventedConversation {
  return { id: A, folder: FOLDER, model: "claude-sonnet-5", turns: [first, second], ...own };
}

function written(version: CursorVersion, ...conversations: InventedConversation[]): CursorHome {
  const cursor = new CursorHome(home, version);
  homes.push(cursor);
  for (const each of conversations) cursor.write(each);
  return cursor;
}

const keys = (store: FakeStore) => store.requests.map(({ local }) => local.request).toSorted();
const of = (store: FakeStore, attribute: string) =>
  store.requests
    .toSorted((a, b) => (a.local.request < b.local.request ? -1 : 1))
    .map(({ attributes }) => attributes.get(attribute));
const counted = (store: FakeStore) => [
  of(store, "gen_ai.usage.input_tokens"),
  of(store, "gen_ai.usage.output_tokens"),
  of(store, "talos.usage.provenance"),
];
const none = [undefined, undefined];

it.each(["headers", "composers", "tokens"] as const)(
  "gives each request and prompt once, from the best source (%s)",
  async (version) => {
    written(version, conversation());
    const store = await readOnce(home);
    expect(keys(store)).toEqual([`${A}:0`, `${A}:1`]);
    expect(store.requests.map(({ timeMs, cwd }) => [Math.floor(timeMs / 60_000), cwd])).toEqual([
      [T0 / 60_000, FOLDER],
      [T0 / 60_000 + 1, FOLDER],
    ]);
    expect(of(store, "talos.source.via")).toEqual(["database", "database"]);
    expect(of(store, "gen_ai.request.model")).toEqual(["claude-sonnet-5", "claude-sonnet-5"]);
    expect(counted(store)).toEqual([none, none, none]);
    expect(store.prompts).toHaveLength(2);
    expect(store.open).toBe(0);
  },
);

it.each([
  ["database", "database"],
  ["transcript", "transcript"],
] as const)("keeps each request under its key when there is only the %s", async (tier, via) => {
  written("headers", conversation({ tiers: [tier] }));
  const store = await readOnce(home);
  expect(keys(store)).toEqual([`${A}:0`, `${A}:1`]);
  expect(of(store, "talos.source.via")).toEqual([via, via]);
  expect(counted(store)).toEqual([none, none, none]);
  expect(store.prompts).toHaveLength(2);
});

it("takes token counts where a version wrote them, and never a gauge of the context in their place", async () => {
  const counts = { ...first, tokens: { input: 59_541, output: 6_700 } };
  const cursor = written("tokens", conversation({ turns: [counts, second] }));
  const store = await readOnce(home);
  expect(counted(store)).toEqual([
    [59_541, undefined],
    [6_700, undefined],
    ["measured", undefined],
  ]);
  cursor.close();
  homes.length = 0;
  rmSync(cursor.userDir, { recursive: true });
  const without = await readOnce(home);
  expect(keys(without)).toEqual(keys(store));
  expect(counted(without)).toEqual([none, none, none]);
});

it("corrects a request once a better source tells of it, and doubles none", async () => {
  const cursor = written("headers", conversation({ tiers: ["transcript"] }));
  const store = new FakeStore();
  await readOnce(home, { store });
  expect(of(store, "talos.source.via")).toEqual(["transcript", "transcript"]);
  cursor.writeRows(conversation());
  await readOnce(home, { store });
  expect(keys(store)).toEqual([`${A}:0`, `${A}:1`]);
  expect(of(store, "talos.source.via")).toEqual(["database", "database"]);
  cursor.writeRows(
    conversation({ turns: [{ ...first, tokens: { input: 7, output: 5 } }, second] }),
    "upsert",
  );
  cursor.storage.putHeader({ id: A, createdMs: T0, changedMs: T0 + 900_000 });
  await readOnce(home, { store });
  expect(of(store, "gen_ai.usage.output_tokens")).toEqual([5, undefined]);
  expect([store.requests.length, store.prompts.length, store.improved]).toEqual([2, 2, 3]);
});

it("reads nothing again that did not change", async () => {
  written("headers", conversation());
  const store = new FakeStore();
  await readOnce(home, { store });
  const { units } = store;
  await readOnce(home, { store });
  expect([store.units, store.drops.get("duplicate") ?? 0]).toEqual([units, 0]);
});

it("tells sub-agents apart: their session is their parent's, and nobody typed what they were asked", async () => {
  const S = uuid("sub");
  written("headers", conversation(), conversation({ id: S, parent: A, turns: [first] }));
  const store = await readOnce(home);
  const sub = store.requests.find(({ local }) => local.request === `${S}:0`);
  expect(sub?.attributes.get("talos.request.origin")).toBe("subagent");
  expect(sub?.local.session).toBe(A);
  expect(store.prompts.map(({ local }) => local.session)).toEqual([A, A]);
});

it("counts a prompt without an answer as no request", async () => {
  written("headers", conversation({ turns: [first, { ...second, isUnanswered: true }] }));
  const store = await readOnce(home);
  expect([keys(store), store.prompts.length, store.drops.get("synthetic")]).toEqual([[`${A}:0`], 2, 1]);
});

it("takes the turns from the transcript where the database keeps no messages, with its model and folder", async () => {
  written("headers", conversation({ withoutMessages: true }));
  const store = await readOnce(home);
  expect(keys(store)).toEqual([`${A}:0`, `${A}:1`]);
  expect(of(store, "talos.source.via")).toEqual(["transcript", "transcript"]);
  expect(of(store, "gen_ai.request.model")).toEqual(["claude-sonnet-5", "claude-sonnet-5"]);
  expect(store.requests.map(({ cwd }) => cwd)).toEqual([FOLDER, FOLDER]);
});

it("knows of a conversation without messages and transcript that something was asked", async () => {
  written("headers", conversation({ withoutMessages: true, tiers: ["database"] }));
  const store = await readOnce(home);
  expect([keys(store), store.prompts.length]).toEqual([[`${A}:0`], 0]);
});

it("passes over rows that cannot be read, and counts them", async () => {
  written("headers", conversation()).breakRows(A);
  const store = await readOnce(home);
  expect(keys(store)).toEqual([`${A}:0`, `${A}:1`]);
  expect(store.counts.get("receiver_malformed_rows")).toBe(2);
});

it("gives a turn that was taken back and asked again a place of its own", async () => {
  const again = { atMs: T0 + 3_600_000, prompt: "again", answer: "three" };
  const cursor = written("headers", conversation({ tiers: ["transcript"], turns: [first, second, again] }));
  cursor.writeRows(conversation({ turns: [first, again] }));
  const store = await readOnce(home);
  expect(keys(store)).toEqual([`${A}:0`, `${A}:1`, `${A}:2`]);
  expect(of(store, "talos.source.via")).toEqual(["database", "transcript", "database"]);
});

it("finds the folder of a transcript by the paths in it, and by the folders that were opened", async () => {
  written("headers", conversation({ tiers: ["transcript"] }));
  expect((await readOnce(home)).requests.map(({ cwd }) => cwd)).toEqual([FOLDER, FOLDER]);
});

it("does not fill two folders of one name in", async () => {
  const cursor = written("headers", conversation({ tiers: ["transcript"] }));
  cursor.openFolder("/home/dev/work/acme shop");
  cursor.openFolder("/home/dev/work/acme-shop");
  expect((await readOnce(home)).requests.map(({ cwd }) => cwd)).toEqual(none);
});

it("drops as history what ended before this machine began to follow", async () => {
  written("headers", conversation());
  const store = await readOnce(home, {
    config: { start_at: "end" },
    firstStartMs: T0 + 60_000,
    isFirstStart: false,
  });
  expect(keys(store)).toEqual([`${A}:1`]);
  expect(store.drops.get("historical")).toBe(1);
});

it("steps over transcripts and conversations that were there at the first start", async () => {
  const cursor = written("headers", conversation());
  const old = new Date(T0 + 100_000);
  utimesSync(cursor.transcriptFile(conversation()), old, old);
  const options = { config: { start_at: "end" }, firstStartMs: T0 + 200_000 };
  const store = new FakeStore();
  await readOnce(home, { ...options, store, isFirstStart: true });
  expect([store.records.size, store.drops.size]).toEqual([0, 0]);
  const third = { atMs: T0 + 300_000, prompt: "third", answer: "three" };
  cursor.appendTurn(conversation(), third);
  cursor.writeRows(conversation({ turns: [first, second, third] }));
  await readOnce(home, { ...options, store });
  expect(keys(store)).toEqual([`${A}:2`]);
});

it("reads a transcript on that changed to another file under its name", async () => {
  const cursor = written("headers", conversation({ tiers: ["transcript"], turns: [first] }));
  const store = new FakeStore();
  await readOnce(home, { store });
  cursor.write(conversation({ tiers: ["transcript"] }));
  await readOnce(home, { store });
  expect(keys(store)).toEqual([`${A}:0`, `${A}:1`]);
});
