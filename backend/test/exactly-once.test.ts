import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { PromptCategory } from "../domain/category.ts";
import { type Event, fold, type Message, type PlacedEvent, VIAS } from "../domain/event.ts";
import { place } from "../queue/ingest.ts";
import { deliver, enrol } from "./client.ts";
import { Random } from "./random.ts";
import { uid } from "./records.ts";

const ZONE = "America/New_York";
const MODELS = ["claude-opus-5", "gpt-5"] as const;
const NOW_S = Math.floor(Date.now() / 1000);

/** Some version of one of forty records: new, repeated, corrected, moved or with unknown counts. */
function versionOf(random: Random): Event {
  const n = random.below(40);
  const fixed = new Random(n);
  const isPrompt = n % 8 === 0;
  const count = (limit: number) => (isPrompt || random.chance(0.1) ? null : random.below(limit));
  return {
    kind: isPrompt ? "prompt" : "request",
    uid: uid(n + 1),
    at: NOW_S - fixed.below(3 * 86_400) - random.below(3),
    // Now and then unknown, or another: forks copy records into new sessions.
    session: random.chance(0.1)
      ? ""
      : random
          .pick([1 + fixed.below(4), 1 + fixed.below(4), n % 10])
          .toString()
          .repeat(32),
    turn: "",
    project: fixed.pick(["", "a".repeat(64), "b".repeat(64)]),
    // Not every source of a request knows its model, or has more than a word in its place.
    model: isPrompt ? "" : random.pick([fixed.pick(MODELS), fixed.pick(MODELS), "", "default", "custom"]),
    source: fixed.pick(["claude_code", "cursor"]),
    via: random.pick(VIAS),
    origin: isPrompt ? "" : fixed.pick(["main", "subagent"]),
    speed: random.chance(0.1) ? "fast" : "",
    tier: "",
    geo: fixed.pick(["", "us"]),
    input: count(fixed.pick([1000, 150_000, 300_000])),
    cacheRead: count(90_000),
    cacheWrite: count(9000),
    cacheWrite1h: count(5000),
    output: count(4000),
    searches: random.chance(0.2) ? count(3) : null,
    final: random.chance(0.5),
    ...(isPrompt && random.chance(0.6) && { category: categoryOf(random) }),
  };
}

/** What one of several answers about a prompt may be: by another method, less sure, or with other hints. */
function categoryOf(random: Random): PromptCategory {
  return {
    name: random.pick(["bugfix", "feature", "other"]),
    confidence: random.pick([null, 0.1, 0.9]),
    method: random.pick(["rules", "ollama", "haiku", ""]),
    task: random.pick(["", "repair a list", "repair a liste", "repair \u{1f41e}", "repair \uff01"]),
    project: random.pick(["", "web application"]),
  };
}

function message(random: Random, team: number, developers: readonly number[]): Message {
  const events = Array.from({ length: 1 + random.below(12) }, () => versionOf(random));
  const made = { v: 1, id: crypto.randomUUID(), team, developer: random.pick(developers), events } as const;
  return random.chance(0.5) ? { ...made, retentionDays: random.pick([0, 30, 365]) } : made;
}

const orNull = (value: number | null) => value ?? 0;

/** What one event adds to the sums, written down a second time and without SQL. */
function sumsOf(event: PlacedEvent) {
  const write = Math.max(orNull(event.cacheWrite), orNull(event.cacheWrite1h));
  const prompt = Math.max(orNull(event.input), orNull(event.cacheRead) + write);
  const unknown = event.input === null || event.output === null;
  const isUnsplit = event.source === "cursor" && event.cacheRead === null;
  const band = unknown
    ? "unknown"
    : isUnsplit
      ? "unsplit"
      : prompt > 200_000
        ? "200k"
        : prompt > 100_000
          ? "100k"
          : "";
  const isRequest = event.kind === "request";
  return {
    price_class: isRequest ? `${event.speed}/${event.tier}/${event.geo}/${band}` : "",
    requests: isRequest ? 1 : 0,
    prompts: isRequest ? 0 : 1,
    partial: isRequest && !event.final ? 1 : 0,
    input: prompt - orNull(event.cacheRead) - write,
    cache_read: orNull(event.cacheRead),
    cache_5m: write - orNull(event.cacheWrite1h),
    cache_1h: orNull(event.cacheWrite1h),
    output: orNull(event.output),
    searches: orNull(event.searches),
  };
}

function expectedRollups(events: readonly PlacedEvent[], withSession: boolean) {
  const rows = new Map<string, Record<string, string | number>>();
  for (const event of events.filter(({ session }) => !withSession || session !== "")) {
    const { price_class, ...sums } = sumsOf(event);
    const { day, developer, project, model, source, origin, session } = event;
    const key = {
      day,
      developer,
      project,
      model,
      source,
      origin,
      price_class,
      ...(withSession ? { session } : {}),
    };
    const row = rows.get(JSON.stringify(key)) ?? { ...key };
    for (const [name, value] of Object.entries(sums)) row[name] = Number(row[name] ?? 0) + value;
    rows.set(JSON.stringify(key), row);
  }
  return sorted([...rows.values()]);
}

function expectedSessions(events: readonly PlacedEvent[]) {
  const bySession = Map.groupBy(
    events.filter(({ session }) => session !== ""),
    ({ session }) => session,
  );
  const rows = [...bySession].map(([session, own]) => {
    const times = own.map(({ at }) => at).toSorted((a, b) => a - b);
    const active = times.reduce(
      (sum, at, i) => sum + (i === 0 ? 0 : Math.min(300, at - (times[i - 1] ?? 0))),
      0,
    );
    return { session, started_at: times[0], ended_at: times.at(-1), active, stale: 0 };
  });
  return sorted(rows);
}

function sorted<T extends object>(rows: T[]): T[] {
  const keyed = rows.map(
    (row) => Object.fromEntries(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1))) as T,
  );
  return keyed.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

async function stored(table: string, blobs: readonly string[]) {
  const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all();
  const hex = (value: unknown) => Buffer.from(value as number[]).toString("hex");
  return results.map((row) => {
    const columns = Object.entries(row).filter(([name]) => name !== "team");
    return Object.fromEntries(
      columns.map(([name, value]) => [name, blobs.includes(name) ? hex(value) : value]),
    );
  });
}

/** Every table as it should be after these messages, beside what it is. */
async function compare(messages: readonly Message[]) {
  const events = fold(messages.flatMap((sent) => place(sent, { timeZone: ZONE, retentionDays: 90 })));
  const rows = events.map(
    ({
      cacheRead,
      cacheWrite,
      cacheWrite1h,
      kind,
      final,
      via,
      category: _category,
      expiresAt: _at,
      ...rest
    }) => ({
      ...rest,
      kind: kind === "request" ? 1 : 0,
      cache_read: cacheRead,
      cache_write: cacheWrite,
      cache_1h: cacheWrite1h,
      final: final ? 1 : 0,
      via: VIAS.indexOf(via),
    }),
  );
  const live = (row: Record<string, unknown>) => Number(row["requests"]) + Number(row["prompts"]) > 0;
  return {
    expected: {
      events: sorted(rows),
      categories: sorted(
        events.flatMap(({ uid: id, category, expiresAt }) => {
          if (category === undefined) return [];
          const { name, ...said } = category;
          return [{ uid: id, category: name, ...said, expires_at: expiresAt }];
        }),
      ),
      rollups: expectedRollups(events, false),
      sessionRollups: expectedRollups(events, true),
      sessions: expectedSessions(events),
    },
    actual: {
      events: sorted(await stored("events", ["uid", "session", "turn", "project"])),
      // Where and when a prompt was is of the version that brought the category.
      categories: sorted(
        (await stored("categories", ["uid"])).map(({ day: _day, at: _at, developer: _of, ...rest }) => rest),
      ),
      rollups: sorted((await stored("rollups", ["project"])).filter(live)),
      sessionRollups: sorted((await stored("session_rollups", ["project", "session"])).filter(live)),
      sessions: sorted(await stored("sessions", ["session"])),
    },
  };
}

async function twoDevelopers() {
  const ada = await enrol({ timeZone: ZONE });
  const bob = await enrol({ timeZone: ZONE, developer: "Bob" });
  return { team: Number(ada.teamId), developers: [Number(ada.developerId), Number(bob.developerId)] };
}

describe("whatever arrives, however often and in whatever order, the store is a fold of everything sent", () => {
  it.each([1, 2, 3, 4, 5, 6])("seed %i: new, repeated, halved, corrected and moved records", async (seed) => {
    const { team, developers } = await twoDevelopers();
    const random = new Random(seed);
    const sent: Message[] = [];
    for (let round = 0; round < 12; round += 1) {
      const fresh = Array.from({ length: 1 + random.below(3) }, () => message(random, team, developers));
      const again = sent.filter(() => random.chance(0.2));
      const halves = again.map((old) => ({
        ...old,
        events: old.events.slice(0, Math.ceil(old.events.length / 2)),
      }));
      const batch = [...fresh, ...again, ...halves];
      expect((await deliver(batch)).every(({ kind }) => kind === "ack")).toBe(true);
      sent.push(...fresh);
      const { expected, actual } = await compare(sent);
      expect(actual).toEqual(expected);
    }
  });

  it.each([11, 12, 13])("seed %i: eight concurrent senders of overlapping records", async (seed) => {
    const { team, developers } = await twoDevelopers();
    const random = new Random(seed);
    const sent = Array.from({ length: 6 }, () => message(random, team, developers));
    const shuffled = () => sent.toSorted(() => random.next() - 0.5);
    await Promise.all(Array.from({ length: 8 }, () => deliver(shuffled())));
    const { expected, actual } = await compare(sent);
    expect(actual).toEqual(expected);
  });
});

it("a repeat writes no row but leaves the data's version as it is", async () => {
  const { team, developers } = await twoDevelopers();
  const random = new Random(7);
  const sent = Array.from({ length: 5 }, () => message(random, team, developers));
  await deliver(sent);
  const version = () => env.DB.prepare("SELECT version FROM teams").first("version");
  const before = [await version(), await stored("rollups", [])];
  await deliver(sent);
  expect([await version(), await stored("rollups", [])]).toEqual(before);
});

it.each([
  ["default", "claude-sonnet-4-5", "claude-sonnet-4-5"],
  ["gpt-5", "auto", "gpt-5"],
  ["", "custom", "custom"],
])("of a request whose model is %o by one source and %o by another, it is %o", (one, other, kept) => {
  const placed = { ...versionOf(new Random(1)), developer: 1, day: 20_000, expiresAt: null };
  const [first, second] = [
    { ...placed, model: one },
    { ...placed, model: other },
  ];
  expect([fold([first, second]), fold([second, first])]).toMatchObject([
    [{ model: kept }],
    [{ model: kept }],
  ]);
});
