import { expect, it } from "vitest";
import type { Measures, Report, SessionRow, SessionsPage } from "../domain/report.ts";
import { call, deliver, enrol, post, SentMessages, signIn } from "./client.ts";
import { Random } from "./random.ts";
import { cursorRecord, logsRequest, promptRecord, requestRecord, uid } from "./records.ts";

const ZONE = "America/Sao_Paulo";
const DAY_S = 86_400;
const NOW_S = Math.floor(Date.now() / 1000);
const dayName = (atS: number) => new Intl.DateTimeFormat("en-CA", { timeZone: ZONE }).format(atS * 1000);

/** Whole picodollars for a token: input, 5-minute write, 1-hour write, read, output. Written down a second time. */
const RATES: Record<string, (prompt: number, day: string) => bigint[]> = {
  "claude-opus-5-5": () => [4_000_000n, 5_000_000n, 8_000_000n, 200_000n, 20_000_000n],
  "claude-haiku-5-5": (prompt) =>
    prompt > 100_000
      ? [500_000n, 625_000n, 1_000_000n, 50_000n, 2_500_000n]
      : [100_000n, 125_000n, 200_000n, 10_000n, 500_000n],
  "claude-sonnet-4-5": (prompt) =>
    prompt > 200_000
      ? [6_000_000n, 7_500_000n, 12_000_000n, 600_000n, 22_500_000n]
      : [3_000_000n, 3_750_000n, 6_000_000n, 300_000n, 15_000_000n],
  "claude-sonnet-5-5": (_, day) => [
    2_000_000n,
    2_500_000n,
    4_000_000n,
    day < "2026-10-07" ? 200_000n : 100_000n,
    10_000_000n,
  ],
};

/** One request as it is in the end. */
interface Truth {
  atS: number;
  developer: string;
  model: string;
  session: string;
  project: string;
  us: boolean;
  uncached: number;
  read: number;
  short: number;
  long: number;
  output: number;
}

function truthOf(random: Random, developer: string): Truth {
  return {
    atS: NOW_S - random.below(80 * DAY_S) - 60,
    developer,
    model: random.pick([...Object.keys(RATES), "custom"]),
    session: random.below(9).toString().repeat(32),
    project: random.pick(["a", "b", "c"]).repeat(64),
    us: random.chance(0.3),
    uncached: random.below(60_000),
    read: random.below(200_000),
    short: random.below(9000),
    long: random.below(9000),
    output: random.below(5000),
  };
}

/** A sending of it, final or with less output than there will be. */
function recordOf(truth: Truth, n: number, output: number) {
  const { atS, model, session, project: cwd } = truth;
  const partial = output < truth.output;
  const values = {
    "gen_ai.usage.input_tokens": truth.uncached + truth.read + truth.short + truth.long,
    "gen_ai.usage.output_tokens": output,
    "gen_ai.usage.cache_read.input_tokens": truth.read,
    "gen_ai.usage.cache_write.input_tokens": truth.short + truth.long,
    "talos.usage.cache_write_5m_tokens": truth.short,
    "talos.usage.cache_write_1h_tokens": truth.long,
    ...(truth.us ? { "talos.usage.inference_geo": "us" } : {}),
    ...(partial ? { "talos.usage.partial": true } : {}),
  };
  return requestRecord({ uid: uid(n + 1), atS, session, cwd, model, values });
}

function valueOf(truth: Truth): bigint | undefined {
  const prompt = truth.uncached + truth.read + truth.short + truth.long;
  const rates = RATES[truth.model]?.(prompt, dayName(truth.atS));
  const counts = [truth.uncached, truth.short, truth.long, truth.read, truth.output];
  const plain = rates?.reduce((sum, rate, i) => sum + rate * BigInt(counts[i] ?? 0), 0n);
  return plain === undefined || !truth.us ? plain : (plain * 11n) / 10n;
}

function measuresOf(truths: readonly Truth[]): Measures {
  const sum = (count: (truth: Truth) => number) => truths.reduce((all, truth) => all + count(truth), 0);
  const unpriced = truths.filter((truth) => valueOf(truth) === undefined);
  return {
    requests: truths.length,
    input: sum(({ uncached }) => uncached),
    cacheRead: sum(({ read }) => read),
    cacheWrite5m: sum(({ short }) => short),
    cacheWrite1h: sum(({ long }) => long),
    output: sum(({ output }) => output),
    webSearches: 0,
    listValue: String(truths.reduce((all, truth) => all + (valueOf(truth) ?? 0n), 0n)),
    unpricedRequests: unpriced.length,
    unpricedTokens: unpriced.reduce((all, t) => all + t.uncached + t.read + t.short + t.long + t.output, 0),
    partialRequests: 0,
    uncountedRequests: 0,
    selectedRequests: 0,
  };
}

function activeMs(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return (
    sorted.reduce((all, at, i) => all + (i === 0 ? 0 : Math.min(300, at - (sorted[i - 1] ?? at))), 0) * 1000
  );
}

async function send(token: string, records: ReturnType<typeof requestRecord>[]): Promise<void> {
  const sent = new SentMessages();
  expect(await (await post(token, logsRequest(records), { INGEST: sent.queue() })).json()).toEqual({});
  await deliver(sent.bodies);
}

async function allSessions(query: string, headers: Record<string, string>): Promise<SessionRow[]> {
  const page = await (await call(`/api/sessions?${query}`, { headers })).json<SessionsPage>();
  expect(page.next).toBeNull();
  return page.sessions;
}

it("values of Cursor's requests only what is known of them, and says of how many it is not", async () => {
  const { agentToken } = await enrol({ timeZone: ZONE });
  const day = dayName(NOW_S - 120);
  const counts = (known: "all" | "unsplit" | "none") => {
    const cached = {
      "gen_ai.usage.cache_read.input_tokens": 900,
      "gen_ai.usage.cache_write.input_tokens": 0,
    };
    const counted = { "gen_ai.usage.input_tokens": 1_000, "gen_ai.usage.output_tokens": 10 };
    return { ...(known !== "none" && counted), ...(known === "all" && cached) };
  };
  const cursor = (n: number, model: string, known: "all" | "unsplit" | "none", via: string) => {
    const values = { "talos.source.via": via, ...counts(known) };
    return cursorRecord({ uid: uid(n), atS: NOW_S - 120, session: "c".repeat(32), model, values });
  };
  await send(agentToken, [
    requestRecord({ uid: uid(1), atS: NOW_S - 120 }),
    cursor(2, "claude-sonnet-5-5", "all", "hook"),
    cursor(3, "default", "all", "hook"),
    cursor(4, "claude-sonnet-5-5", "unsplit", "database"),
    cursor(5, "claude-sonnet-5-5", "none", "database"),
    cursor(6, "composer-1", "none", "transcript"),
  ]);
  // The same request is told of by something that knows less: what was known stays.
  await send(agentToken, [cursor(2, "claude-sonnet-5-5", "none", "transcript")]);

  const headers = { cookie: await signIn() };
  const query = `from=${day}&to=${day}`;
  const { groups } = await (await call(`/api/report?${query}`, { headers })).json<Report>();
  const of = (key: string) => groups.source.find((group) => group.key === key);
  expect(of("cursor")).toMatchObject({
    requests: 5,
    uncountedRequests: 2,
    selectedRequests: 5,
    unpricedRequests: 4,
    input: 1_000 - 900 + 1_000 - 900 + 1_000,
    cacheRead: 1_800,
    // Of one request alone: 100 tokens uncached, 900 cached, 10 of output.
    listValue: String(100n * 2_000_000n + 900n * 100_000n + 10n * 10_000_000n),
  });
  expect(of("claude_code")).toMatchObject({ requests: 1, uncountedRequests: 0, selectedRequests: 0 });
  const [model] = groups.model.filter(({ key }) => key === "claude-sonnet-5-5");
  expect(model).toMatchObject({ requests: 4, selectedRequests: 3, uncountedRequests: 1 });
  const sessions = await allSessions(query, headers);
  expect(sessions.map(({ sources }) => sources.join()).toSorted()).toEqual(["claude_code", "cursor"]);

  const { items } = await (
    await call(`/api/sessions/${"c".repeat(32)}/timeline`, { headers })
  ).json<{ items: { via: string; source: string; listValue: string | null; input: number | null }[] }>();
  const told = items.map(({ source, via, input, listValue }) => [source, via, input, listValue !== null]);
  expect(told).toEqual([
    ["cursor", "hook", 1_000, true],
    ["cursor", "hook", 1_000, false],
    ["cursor", "database", 1_000, false],
    ["cursor", "database", null, false],
    ["cursor", "transcript", null, false],
  ]);
  const csv = await (await call(`/api/export/usage?${query}`, { headers })).text();
  const [head = "", ...lines] = csv.trim().split("\r\n");
  const column = head.split(",").indexOf("source");
  expect(lines.map((line) => line.split(",")[column] ?? "").toSorted()).toEqual([
    "claude_code",
    ...Array.from({ length: 3 }, () => "cursor"),
  ]);
});

it.each([1, 2, 3])("seed %i: every number on the page is a fold of the requests", async (seed) => {
  const random = new Random(seed);
  const people = [await enrol({ timeZone: ZONE }), await enrol({ timeZone: ZONE, developer: "Bob" })];
  const truths: Truth[] = [];
  for (const person of people) {
    const own = Array.from({ length: 60 }, () => truthOf(random, person.developer));
    const first = truths.length;
    truths.push(...own);
    await send(
      person.agentToken,
      own.map((truth, i) => recordOf(truth, first + i, random.below(truth.output + 1))),
    );
    await send(
      person.agentToken,
      own.map((truth, i) => recordOf(truth, first + i, truth.output)),
    );
  }
  const promptAtS = NOW_S - 7200 - (NOW_S % 60);
  await send(people[0]?.agentToken ?? "", [
    promptRecord({ uid: uid(9999), atS: promptAtS, session: "0".repeat(32) }),
  ]);

  const headers = { cookie: await signIn() };
  const [from, to] = [NOW_S - 40 * DAY_S, NOW_S].map(dayName);
  const shown = truths.filter(({ atS }) => dayName(atS) >= (from ?? ""));
  const query = `from=${from}&to=${to}`;
  const report = await (await call(`/api/report?${query}&by=project`, { headers })).json<Report>();

  expect(report.totals).toEqual({
    ...measuresOf(shown),
    sessions: new Set([...shown.map(({ session }) => session), "0".repeat(32)]).size,
    activeDevelopers: 2,
    prompts: 1,
  });
  for (const { day, ...measures } of report.days)
    expect(measures).toEqual(measuresOf(shown.filter(({ atS }) => dayName(atS) === day)));
  for (const by of ["model", "project", "developer"] as const) {
    const expected = Map.groupBy(shown, (truth) => truth[by]);
    expect(report.groups[by]).toHaveLength(expected.size);
    for (const { key, label: _, sessions, ...measures } of report.groups[by]) {
      const own = expected.get(key) ?? [];
      expect({ sessions, ...measures }).toEqual({
        sessions: new Set(own.map(({ session }) => session)).size,
        ...measuresOf(own),
      });
    }
  }
  for (const row of await allSessions(query, headers)) {
    const own = truths.filter(({ session }) => session === row.id);
    const times = [...own.map(({ atS }) => atS), ...(row.id === "0".repeat(32) ? [promptAtS] : [])];
    expect(row).toMatchObject({ ...measuresOf(own), activeMs: activeMs(times) });
    expect([row.startedAt, row.endedAt]).toEqual([Math.min(...times) * 1000, Math.max(...times) * 1000]);
  }
});
