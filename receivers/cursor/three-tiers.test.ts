import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ReceiverFolder } from "#component/component.ts";
import type { Unit } from "#component/unit.ts";
import { CursorHome, type CursorVersion, type InventedConversation, uuid } from "#testkit/cursor/home.ts";
import { FakeHost, FakeStore } from "#testkit/fake-host.ts";
import { bytesOf, COUNTS, HookLog, readOnce, receiverOf, stopOf } from "./testkit.ts";

type Tier = "hook" | "database" | "transcript";
const TIERS: readonly Tier[] = ["hook", "database", "transcript"];
const A = uuid("a");
const FOLDER = "/home/dev/work/acme shop";
const T0 = Date.now() - 3_600_000;
const turns = [0, 1, 2].map((n) => ({ atMs: T0 + n * 90_000, prompt: `p${n}`, answer: `a${n}` }));
const conversation: InventedConversation = { id: A, folder: FOLDER, model: "claude-sonnet-5", turns };
/** What a full context shows, and the invented database says of each conversation. */
const GAUGE = 41_230;

let home = "";
let log: HookLog;
let cursor: CursorHome | undefined;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "cursor-"));
  log = new HookLog(path.join(home, "state"));
});
afterEach(() => {
  cursor?.close();
  cursor = undefined;
  rmSync(home, { recursive: true, force: true });
});

function write(tier: Tier, version: CursorVersion = "headers", own: Record<string, unknown> = {}): void {
  if (tier === "hook") {
    for (const n of turns.keys()) log.write(stopOf(conversation, n, own));
    return;
  }
  cursor ??= new CursorHome(home, version);
  cursor.write({ ...conversation, tiers: [tier] });
}

const sorted = (store: FakeStore) =>
  store.requests.toSorted((a, b) => (a.local.request < b.local.request ? -1 : 1));
const keys = (store: FakeStore) => sorted(store).map(({ local }) => local.request);
const of = (store: FakeStore, name: string) => sorted(store).map(({ attributes }) => attributes.get(name));
const each = <T>(value: T) => [value, value, value];
const KEYS = [`${A}:0`, `${A}:1`, `${A}:2`];
const best = (tiers: readonly Tier[]) => TIERS.find((tier) => tiers.includes(tier));

function orders(tiers: readonly Tier[]): Tier[][] {
  if (tiers.length < 2) return [[...tiers]];
  return tiers.flatMap((first) =>
    orders(tiers.filter((tier) => tier !== first)).map((rest) => [first, ...rest]),
  );
}
const subsets = [1, 2, 3, 4, 5, 6, 7].map((bits) => TIERS.filter((_, i) => (bits >> i) & 1));

const told = (store: FakeStore) => ({
  keys: keys(store),
  via: of(store, "talos.source.via"),
  input: of(store, "gen_ai.usage.input_tokens"),
  output: of(store, "gen_ai.usage.output_tokens"),
  cached: of(store, "gen_ai.usage.cache_read.input_tokens"),
  written: of(store, "gen_ai.usage.cache_creation.input_tokens"),
  provenance: of(store, "talos.usage.provenance"),
  prompts: store.prompts.length,
  isGauge: JSON.stringify(sorted(store).map(({ attributes }) => [...attributes])).includes(String(GAUGE)),
});
function from(tiers: readonly Tier[]): ReturnType<typeof told> {
  const counted = <T>(count: T) => each(tiers.includes("hook") ? count : undefined);
  return {
    keys: KEYS,
    via: each(best(tiers)),
    input: counted(COUNTS.input),
    output: counted(COUNTS.output),
    cached: counted(COUNTS.cacheRead),
    written: counted(COUNTS.cacheWrite),
    provenance: counted("measured"),
    // Nobody typed it, as far as a hook tells.
    prompts: tiers.some((tier) => tier !== "hook") ? 3 : 0,
    isGauge: false,
  };
}

it.each(subsets.map((tiers) => ({ tiers })))(
  "gives each request once from $tiers, at once",
  async ({ tiers }) => {
    for (const tier of tiers) write(tier);
    expect(told(await readOnce(home, { stateDir: log.stateDir }))).toEqual(from(tiers));
  },
);

it.each(subsets.flatMap((tiers) => (tiers.length < 2 ? [] : orders(tiers).map((order) => ({ order })))))(
  "keeps the record, and corrects it, when sources come one by one: $order",
  async ({ order }) => {
    const store = new FakeStore();
    for (const [i, tier] of order.entries()) {
      write(tier);
      await readOnce(home, { store, stateDir: log.stateDir });
      expect(told(store)).toEqual(from(order.slice(0, i + 1)));
    }
    const before = [store.units, store.drops.get("duplicate")];
    await readOnce(home, { store, stateDir: log.stateDir });
    expect([store.units, store.drops.get("duplicate")]).toEqual(before);
  },
);

it.each([
  { order: ["hook", "database", "transcript"] as const },
  { order: ["transcript", "database", "hook"] as const },
])("does so when turns come one by one to sources that lag: $order", async ({ order }) => {
  const store = new FakeStore();
  cursor = new CursorHome(home);
  for (const n of turns.keys()) {
    const upTo = { ...conversation, turns: turns.slice(0, n + 1) };
    for (const tier of order) {
      if (tier === "hook") log.write(stopOf(conversation, n));
      else if (tier === "database") cursor.writeRows(upTo);
      else cursor.appendTurn(conversation, turns[n] as never);
      await readOnce(home, { store, stateDir: log.stateDir });
    }
  }
  expect(told(store)).toEqual(from(TIERS));
});

it.each(TIERS.map((tier) => ({ tier })))("keeps what it sent when $tier is taken away", async ({ tier }) => {
  for (const one of TIERS) write(one);
  const store = new FakeStore();
  const without = {
    ...(tier === "hook" && { hooks: false }),
    ...(tier === "database" && { database: false }),
  };
  const config = tier === "transcript" ? { include: [path.join(home, "none", "*.jsonl")] } : without;
  const rest = await readOnce(home, { stateDir: log.stateDir, config });
  expect(told(rest)).toEqual(from(TIERS.filter((one) => one !== tier)));
  await readOnce(home, { store, stateDir: log.stateDir });
  await readOnce(home, { store, stateDir: log.stateDir, config });
  expect(told(store)).toEqual(from(TIERS));
});

it("names the source of the counts: a hook's stand above those of an older database", async () => {
  const counted = {
    ...conversation,
    turns: turns.map((turn) => ({ ...turn, tokens: { input: 7, output: 5 } })),
  };
  cursor = new CursorHome(home, "tokens");
  cursor.write(counted);
  const options = { stateDir: log.stateDir, store: new FakeStore() };
  expect(of(await readOnce(home, options), "talos.source.via")).toEqual(each("database"));
  for (const n of turns.keys()) log.write(stopOf(conversation, n));
  expect(of(await readOnce(home, options), "talos.source.via")).toEqual(each("hook"));
  expect(of(options.store, "gen_ai.usage.input_tokens")).toEqual(each(COUNTS.input));
});

it("sends no counts where none were told: a full context is none, and zeros of a turn that was ended are none", async () => {
  write("database");
  for (const n of turns.keys())
    log.write(
      stopOf(conversation, n, { status: "aborted", input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }),
    );
  const store = await readOnce(home, { stateDir: log.stateDir });
  expect(told(store)).toEqual(from(["database"]));
});

it.each([
  { what: "the transcript's length", own: (n: number, bytes: number[]) => ({ transcriptBytes: bytes[n] }) },
  { what: "times", own: () => ({}) },
])("finds the turns of later hooks by $what where no ids are known", async ({ own }) => {
  write("transcript");
  const bytes = bytesOf(cursor as CursorHome, conversation);
  for (const n of [1, 2]) log.write(stopOf(conversation, n, { ...own(n, bytes), generation: `other-${n}` }));
  const store = await readOnce(home, { stateDir: log.stateDir });
  expect(keys(store)).toEqual(KEYS);
  expect(of(store, "talos.source.via")).toEqual(["transcript", "hook", "hook"]);
});

it("counts a turn once that two hooks tell of, and corrects what an answer told by what its end tells", async () => {
  write("transcript");
  const store = new FakeStore();
  log.write(
    stopOf(conversation, 0, {
      event: "afterAgentResponse",
      status: undefined,
      input: 90,
      cacheRead: 0,
      cacheWrite: 0,
    }),
  );
  await readOnce(home, { store, stateDir: log.stateDir });
  for (const _ of [1, 2]) log.write(stopOf(conversation, 0));
  await readOnce(home, { store, stateDir: log.stateDir });
  expect(of(store, "gen_ai.usage.input_tokens")).toEqual([COUNTS.input, undefined, undefined]);
  expect([store.requests.length, store.counts.get("receiver_repeated_hooks")]).toEqual([3, 1]);
});

it("gives the turns of sub-agents to their parent's session, where another source tells whose they are", async () => {
  const child = { ...conversation, id: uuid("child"), parent: A, turns: turns.slice(0, 1) };
  write("database");
  cursor?.write(child);
  log.write(stopOf(child, 0));
  const store = await readOnce(home, { stateDir: log.stateDir });
  const request = store.requests.find(({ local }) => local.request === `${child.id}:0`);
  expect([request?.local.session, request?.attributes.get("talos.request.origin")]).toEqual([A, "subagent"]);
  expect(request?.attributes.get("talos.source.via")).toBe("hook");
});

it.each(["headers", "composers", "tokens"] as const)(
  "joins hooks with databases of other versions: %s",
  async (version) => {
    write("database", version);
    write("hook");
    expect(told(await readOnce(home, { stateDir: log.stateDir }))).toEqual(from(["hook", "database"]));
  },
);

it("takes the turns from hooks where the database keeps no messages, with its folder", async () => {
  cursor = new CursorHome(home);
  cursor.write({ ...conversation, tiers: ["database"], withoutMessages: true });
  const store = new FakeStore();
  await readOnce(home, { store, stateDir: log.stateDir });
  expect([keys(store), of(store, "talos.source.via")]).toEqual([[`${A}:0`], ["database"]]);
  write("hook");
  await readOnce(home, { store, stateDir: log.stateDir });
  expect([keys(store), of(store, "talos.source.via")]).toEqual([KEYS, each("hook")]);
  expect(sorted(store).map(({ cwd }) => cwd)).toEqual(each(FOLDER));
});

it("sends what was left out for want of a folder once another source knows it", async () => {
  const store = new FakeStore();
  // As the collector does it where anything is excluded.
  class Excluding extends FakeHost {
    override async submit(unit: Unit): Promise<void> {
      await super.submit({ ...unit, records: unit.records.filter(({ cwd }) => cwd !== undefined) });
    }
  }
  const run = async () => {
    const host = new Excluding({ once: true, store, stateDir: log.stateDir });
    const receiver = receiverOf(home, host);
    await receiver.start();
    await host.done;
    await receiver.shutdown(AbortSignal.timeout(10_000));
  };
  write("hook");
  await run();
  expect(store.records.size).toBe(0);
  write("database");
  await run();
  expect(told(store)).toEqual(from(["hook", "database"]));
});

it("changes nothing in a folder that another collector follows", async () => {
  write("hook", "headers", { at: T0 - 5 * 86_400_000 });
  class Looking extends FakeHost {
    override folder(): ReceiverFolder {
      return { path: log.folder, isOwn: false };
    }
  }
  const host = new Looking({ once: true });
  const receiver = receiverOf(home, host);
  await receiver.start();
  await host.done;
  await receiver.shutdown(AbortSignal.timeout(10_000));
  expect([keys(host.store), readdirSync(log.folder).length]).toEqual([KEYS, 1]);
});

it("drops as history what hooks told before this machine began to follow", async () => {
  write("hook");
  const store = await readOnce(home, {
    stateDir: log.stateDir,
    config: { start_at: "end" },
    firstStartMs: T0 + 60_000,
  });
  expect([keys(store), store.drops.get("historical")]).toEqual([[`${A}:1`, `${A}:2`], 1]);
});

it("sends a turn once, while it runs, when its hook is the first to tell of it", async () => {
  const host = new FakeHost({ stateDir: log.stateDir });
  const receiver = receiverOf(home, host, { config: { database_interval: "200ms" } });
  cursor = new CursorHome(home);
  await receiver.start();
  try {
    write("hook");
    // The last one waits for the others.
    await vi.waitFor(() => expect(keys(host.store)).toEqual(KEYS.slice(0, 2)), { timeout: 15_000 });
    write("transcript");
    write("database");
    await vi.waitFor(() => expect(told(host.store)).toEqual(from(TIERS)), { timeout: 15_000 });
    expect(host.store.improved).toBe(0);
  } finally {
    await receiver.shutdown(AbortSignal.timeout(10_000));
  }
});

it("corrects at once, while it runs, what a hook tells later than the others", async () => {
  for (const tier of ["transcript", "database"] as const) write(tier);
  const host = new FakeHost({ stateDir: log.stateDir });
  const receiver = receiverOf(home, host);
  await receiver.start();
  try {
    await vi.waitFor(() => expect(keys(host.store)).toEqual(KEYS), { timeout: 15_000 });
    for (const n of [0, 1, 2]) log.write(stopOf(conversation, n));
    await vi.waitFor(() => expect(told(host.store)).toEqual(from(TIERS)), { timeout: 15_000 });
    expect(host.store.improved).toBe(3);
  } finally {
    await receiver.shutdown(AbortSignal.timeout(10_000));
  }
});
