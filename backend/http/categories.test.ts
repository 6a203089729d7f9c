import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Mode } from "#proto/egress.ts";
import type { AnyValue } from "#proto/logs.ts";
import consumer from "../consumer/worker.ts";
import { accept } from "../domain/acceptance.ts";
import type { CategoryReport } from "../domain/category-report.ts";
import { toMessages } from "../domain/chunks.ts";
import { MessageSchema } from "../domain/event.ts";
import { readCategories } from "../store/categories.ts";
import { eraseDeveloper } from "../store/erasure.ts";
import { deliver, enrol, type Enrolment } from "../test/client.ts";
import { member, nobody, trail } from "../test/people.ts";
import { logsRequest, promptRecord, uid } from "../test/records.ts";

const DAY_S = 86_400;
const nowS = Math.floor(Date.now() / 1000);
const dayText = (s: number) => new Date(s * 1000).toISOString().slice(0, 10);
const RANGE = `from=${dayText(nowS - 10 * DAY_S)}&to=${dayText(nowS + DAY_S)}`;

interface Said {
  category?: string;
  confidence?: number;
  method?: string;
  task?: string;
  project?: string;
  ageDays?: number;
}

function categorized(n: number, said: Said) {
  const { category = "bugfix", confidence = 0.8, method = "rules", task, project, ageDays = 0 } = said;
  const record = promptRecord({
    uid: uid(n),
    atS: nowS - 60 - ageDays * DAY_S,
    values: {
      "talos.category": category,
      "talos.category.method": method,
      ...(task !== undefined && { "talos.task_hint": task }),
      ...(project !== undefined && { "talos.project_hint": project }),
    },
  });
  const value: AnyValue = { doubleValue: confidence };
  return { ...record, attributes: [...record.attributes, { key: "talos.category.confidence", value }] };
}

function messagesOf(sender: Enrolment, records: ReturnType<typeof categorized>[], mode: Mode = "full") {
  const { events } = accept(logsRequest(records, mode), mode, Date.now());
  return toMessages({ team: Number(sender.teamId), developer: Number(sender.developerId) }, events);
}

async function send(sender: Enrolment, records: ReturnType<typeof categorized>[]): Promise<void> {
  expect((await deliver(messagesOf(sender, records))).every(({ kind }) => kind === "ack")).toBe(true);
}

const rows = async () =>
  (
    await env.DB.prepare(
      "SELECT lower(hex(uid)) uid, category, confidence, method, task, project, expires_at - at kept FROM categories ORDER BY uid",
    ).all()
  ).results;

async function report(viewer = "viewer"): Promise<CategoryReport> {
  const { body } = await (
    await member("viewer", viewer)
  ).ask<CategoryReport>("GET", `/api/categories?${RANGE}`);
  return body;
}

const sum = (numbers: readonly number[] = []) => numbers.reduce((a, b) => a + b, 0);
const mixOf = ({ rows: each }: CategoryReport) =>
  Object.fromEntries(each.map(({ category, prompts }) => [category, sum(prompts)]));

describe("what a machine says of a prompt is stored beside its event", () => {
  it("with its hints as they came, and for as long as the team keeps such things", async () => {
    const ada = await enrol();
    const task = "repair the sign-in pägé";
    await send(ada, [
      categorized(1, { task, project: "web application", method: "ollama" }),
      categorized(2, {}),
      promptRecord({ uid: uid(3) }),
    ]);
    const kept = 90 * DAY_S;
    expect(await rows()).toEqual([
      {
        uid: uid(1),
        category: "bugfix",
        confidence: 0.8,
        method: "ollama",
        task,
        project: "web application",
        kept,
      },
      { uid: uid(2), category: "bugfix", confidence: 0.8, method: "rules", task: "", project: "", kept },
    ]);
    expect(await env.DB.prepare("SELECT sum(prompts) n FROM rollups").first("n")).toBe(3);
  });

  it("once, however often it is sent and in whatever order, and the best answer stays", async () => {
    const ada = await enrol();
    const counted = promptRecord({ uid: uid(1) });
    const versions = [
      counted,
      categorized(1, { category: "other", confidence: 1 }),
      categorized(1, { category: "ops", confidence: 0.2, method: "haiku" }),
    ];
    for (const record of [...versions, ...versions.toReversed()]) await send(ada, [record]);
    expect(await rows()).toMatchObject([{ category: "ops", method: "haiku" }]);
    expect(await env.DB.prepare("SELECT sum(prompts) n FROM rollups").first("n")).toBe(1);
  });

  it("and a page that shows the team's data learns of it", async () => {
    const ada = await enrol();
    await send(ada, [promptRecord({ uid: uid(1) })]);
    const before = (await report()).version;
    await send(ada, [categorized(1, {})]);
    const after = (await report()).version;
    await send(ada, [categorized(1, {})]);
    expect([after > before, (await report()).version]).toEqual([true, after]);
  });

  it("also from a message that was queued before there were categories", async () => {
    const ada = await enrol();
    const [message] = messagesOf(ada, [promptRecord({ uid: uid(1) })]);
    expect(Object.keys(message ?? {}).toSorted()).toEqual(["developer", "events", "id", "team", "v"]);
    expect(MessageSchema.safeParse(message).success).toBe(true);
    await deliver([message]);
    expect(await rows()).toEqual([]);
  });

  it("in messages that stay below the queue's size, whatever the hints are written in", () => {
    const hint = "界".repeat(120);
    const records = Array.from({ length: 400 }, (_, n) => categorized(n + 1, { task: hint, project: hint }));
    const messages = messagesOf({ teamId: "1", developerId: "1" } as Enrolment, records);
    expect(messages.length).toBeGreaterThan(2);
    for (const message of messages) {
      expect(new TextEncoder().encode(JSON.stringify(message)).length).toBeLessThan(105_000);
    }
  });
});

describe("the team's mix", () => {
  const crowd = async (size: number) => {
    const people: Enrolment[] = [];
    for (let n = 0; n < size; n += 1) people.push(await enrol({ developer: `Dev ${n}` }));
    return people;
  };

  it("is told by day, category and method, beside all prompts", async () => {
    const [ada] = await crowd(1);
    if (ada === undefined) return;
    await send(ada, [
      categorized(1, { category: "feature" }),
      categorized(2, { category: "bugfix", method: "haiku", ageDays: 2 }),
      categorized(3, { category: "bugfix", method: "haiku" }),
      promptRecord({ uid: uid(4) }),
    ]);
    const told = await report();
    expect(mixOf(told)).toEqual({ feature: 1, bugfix: 2 });
    expect(told.rows.map(({ category }) => category)).toEqual(["feature", "bugfix"]);
    expect(told.methods).toEqual({ rules: 1, ollama: 0, haiku: 2 });
    expect([sum(told.prompts), sum(told.unsplit), told.floor]).toEqual([4, 0, 1]);
    expect(told.days).toHaveLength(12);
    expect([told.prompts.length, ...told.rows.map((row) => row.prompts.length)]).toEqual([12, 12, 12]);
  });

  it("holds no developer, no session and no hint", async () => {
    const [ada] = await crowd(1);
    if (ada === undefined) return;
    await send(ada, [categorized(1, { task: "repair the canary page", project: "canary application" })]);
    const text = JSON.stringify(await report());
    for (const own of [ada.developer, "Dev 0", "canary", "5".repeat(32), "c".repeat(64)]) {
      expect(text).not.toContain(own);
    }
  });

  it("is of at least five people, or of all: a day that fewer worked on is not split", async () => {
    const people = await crowd(6);
    let n = 0;
    for (const each of people) await send(each, [categorized((n += 1), { category: "docs" })]);
    const [ada] = people;
    if (ada !== undefined) await send(ada, [categorized((n += 1), { category: "debug", ageDays: 3 })]);
    const told = await report();
    expect([told.floor, mixOf(told), sum(told.unsplit)]).toEqual([5, { docs: 6 }, 1]);
    expect(told.methods).toEqual({ rules: 7, ollama: 0, haiku: 0 });
  });

  it("of days that too few worked on is not told at all", async () => {
    const people = await crowd(6);
    let n = 0;
    for (const each of people) await send(each, [categorized((n += 1), { ageDays: 20 })]);
    const [ada] = people;
    if (ada !== undefined) await send(ada, [categorized((n += 1), {})]);
    const told = await report();
    expect([told.rows, told.methods, sum(told.unsplit)]).toEqual([[], null, 1]);
  });

  it("is of one's own team", async () => {
    await send(await enrol({ team: "B", developer: "Bob" }), [categorized(1, {})]);
    const told = await report();
    expect([told.rows, sum(told.prompts)]).toEqual([[], 0]);
  });

  it.each([
    "from=2026-01-01",
    "from=2026-02-01&to=2026-01-01",
    "from=2020-01-01&to=2026-01-01",
    `${RANGE}&by=x`,
  ])("%s is refused", async (query) => {
    expect((await (await member("viewer")).ask("GET", `/api/categories?${query}`)).status).toBe(400);
  });
});

describe("categories go", () => {
  const night = () => consumer.scheduled({} as never, env);

  it("when the team's retention is over, and earlier where it became shorter", async () => {
    const ada = await enrol();
    const bob = await enrol({ team: "B", developer: "Bob" });
    await env.DB.prepare("UPDATE teams SET retention_days = 0 WHERE id = ?1").bind(bob.teamId).run();
    const old = [categorized(1, { ageDays: 31 }), categorized(2, { ageDays: 29 })];
    await send(ada, old);
    await send(bob, old);
    await night();
    expect(await rows()).toHaveLength(4);
    await env.DB.prepare("UPDATE teams SET retention_days = 30 WHERE id = ?1").bind(ada.teamId).run();
    await night();
    expect((await rows()).map(({ uid: id, kept }) => [id, kept])).toEqual([
      [uid(1), null],
      [uid(2), 90 * DAY_S],
      [uid(2), null],
    ]);
    expect(await env.DB.prepare("SELECT sum(prompts) n FROM rollups").first("n")).toBe(4);
  });

  it("not later than the developer accepted, where the team keeps more by now", async () => {
    const ada = await enrol();
    const [message] = messagesOf(ada, [categorized(1, {})]);
    await env.DB.prepare("UPDATE teams SET retention_days = 365").run();
    await deliver([{ ...message, retentionDays: 30 }]);
    expect(await rows()).toMatchObject([{ kept: 30 * DAY_S }]);
    // A longer retention afterwards makes none of it stay longer.
    await deliver([{ ...message, retentionDays: 365 }]);
    expect(await rows()).toMatchObject([{ kept: 30 * DAY_S }]);
  });
});

it("an erased developer's categories go at once, and a late message brings none back", async () => {
  const [ada, bob] = [await enrol(), await enrol({ developer: "Bob" })];
  await send(ada, [categorized(1, { task: "repair the page" })]);
  await send(bob, [categorized(2, {})]);
  const agent = await env.DB.prepare("SELECT id FROM agents WHERE developer = ?1")
    .bind(ada.developerId)
    .first<number>("id");
  const [team, developer] = [Number(ada.teamId), Number(ada.developerId)];
  await eraseDeveloper(
    { db: env.DB, bucket: env.CONTENT },
    { kind: "agent", team, developer, agent: agent ?? 0, id: "" },
    Date.now(),
  );
  await send(ada, [categorized(1, {}), categorized(3, {})]);
  expect((await rows()).map(({ uid: id }) => id)).toEqual([uid(2)]);
});

describe("the monthly limit", () => {
  it("is the owner's to set, is in the trail, and is the server's again with null", async () => {
    const owner = await member("owner");
    const read = async () =>
      (await owner.ask<{ cap: string; capIsDefault: boolean }>("GET", "/api/categorize-cost")).body;
    expect(await read()).toMatchObject({
      cap: "10000000000000",
      capIsDefault: true,
      calls: 0,
      cost: "0",
      perPrompt: null,
      configured: false,
      model: "claude-haiku-5-5",
    });
    for (const cents of [2_550, 2_550, null]) {
      expect((await owner.ask("PUT", "/api/team/categorize-cap", { cents })).status).toBe(204);
      const cap = cents === null ? "10000000000000" : "25500000000000";
      expect(await read()).toMatchObject({ cap, capIsDefault: cents === null });
    }
    expect(
      (await trail("Acme", ["sign_in", "member.join", "team.create"])).filter(
        ({ action }) => action === "team.update",
      ),
    ).toMatchObject([
      { metadata: { changed: "categorize_cap", cents: 2_550 } },
      { metadata: { changed: "categorize_cap", cents: "default" } },
    ]);
  });

  it.each([-1, 1.5, 10_000_001, "10", undefined])("of %s is refused", async (cents) => {
    const owner = await member("owner");
    expect((await owner.ask("PUT", "/api/team/categorize-cap", { cents })).code).toBe("invalid_body");
  });

  it("is shown to members alone", async () => {
    expect((await nobody.ask("GET", "/api/categorize-cost")).status).toBe(401);
    expect((await (await member("viewer")).ask("GET", "/api/categorize-cost")).status).toBe(200);
  });
});

it("the report reads no more of the team's categories than it needs", async () => {
  const batched: string[] = [];
  const recorder = {
    prepare: (sql: string) => ({ bind: () => void batched.push(sql) }),
    batch: async () => [],
  };
  await readCategories(recorder as never, 1, { from: 1, to: 2 });
  for (const sql of batched.filter((each) => each.includes("categories"))) {
    const parameters = [1, 1, 2].slice(0, sql.includes("?3") ? 3 : 1);
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...parameters)
      .all<{ detail: string }>();
    const tables = results.map(({ detail }) => detail).filter((detail) => /\bcategories\b/.test(detail));
    expect(tables.length).toBeGreaterThan(0);
    for (const detail of tables) expect(detail).toMatch(/^SEARCH categories USING COVERING INDEX/);
  }
});
