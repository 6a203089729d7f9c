import { env } from "cloudflare:workers";
import { createMessageBatch } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { openDeadLetter } from "../store/dead-letters.ts";
import { call, deliver, enrol, messagesOf, SentMessages, SETUP } from "../test/client.ts";
import { logsRequest, requestRecord, uid } from "../test/records.ts";
import api from "../worker.ts";
import { backoffS } from "./ingest.ts";

const KMS_KEY = { current: "kms-key-for-tests-only-0123456789abcdef", previous: undefined };
const message = async (team: string, n: number) => {
  const sender = await enrol({ team });
  const [made] = messagesOf(sender, logsRequest([requestRecord({ uid: uid(n) })]));
  if (made === undefined) throw new Error("no message");
  return made;
};
const storedUids = async () => {
  const { results } = await env.DB.prepare("SELECT lower(hex(uid)) uid FROM events ORDER BY uid").all<{
    uid: string;
  }>();
  return results.map((row) => row.uid);
};

describe("a bad message delays no other", () => {
  it.each<{ name: string; bad: unknown }>([
    { name: "null", bad: null },
    { name: "text", bad: "canary" },
    { name: "another version", bad: { v: 2, id: crypto.randomUUID(), team: 1, developer: 1, events: [] } },
    {
      name: "a field more",
      bad: {
        v: 1,
        id: crypto.randomUUID(),
        team: 1,
        developer: 1,
        events: [{ uid: uid(9), body: "canary" }],
      },
    },
    {
      name: "a team that does not exist",
      bad: { ...({} as object), v: 1, id: crypto.randomUUID(), team: 999, developer: 1, events: [] },
    },
  ])("$name goes to the dead letters at once", async ({ bad }) => {
    const [first, second] = [await message("A", 1), await message("B", 2)];
    const dead = new SentMessages();
    const outcomes = await deliver([first, bad, second], { env: { DEAD: dead.queue() } });
    expect(outcomes).toEqual([{ kind: "ack" }, { kind: "ack" }, { kind: "ack" }]);
    expect(dead.bodies).toEqual([bad]);
    expect(await storedUids()).toEqual([uid(1), uid(2)]);
  });

  it("an unknown team's well-formed message is buried too", async () => {
    const orphan = { ...(await message("A", 1)), team: 999 };
    const dead = new SentMessages();
    expect(await deliver([orphan], { env: { DEAD: dead.queue() } })).toEqual([{ kind: "ack" }]);
    expect(dead.bodies).toEqual([orphan]);
  });

  it("one that the database refuses is retried alone, with growing delay", async () => {
    const [good, poison, other] = [await message("A", 1), await message("A", 2), await message("B", 3)];
    await env.DB.prepare(
      `CREATE TRIGGER poison BEFORE INSERT ON events WHEN NEW.uid = unhex('${uid(2)}') BEGIN SELECT RAISE(ABORT, 'canary'); END`,
    ).run();
    const outcomes = await deliver([good, poison, other], { attempts: 3 });
    expect(outcomes.map(({ kind }) => kind)).toEqual(["ack", "retry", "ack"]);
    expect(outcomes[1]?.delayS).toBeGreaterThanOrEqual(8);
    expect(await storedUids()).toEqual([uid(1), uid(3)]);
    await env.DB.prepare("DROP TRIGGER poison").run();
    expect(await deliver([poison])).toEqual([{ kind: "ack" }]);
    expect(await storedUids()).toEqual([uid(1), uid(2), uid(3)]);
  });

  it("everything is retried, not lost, while the database does not answer", async () => {
    const made = await message("A", 1);
    const DB = {
      prepare: () => {
        throw new Error("D1_ERROR: Network connection lost.");
      },
    } as never;
    const [outcome] = await deliver([made], { env: { DB } });
    expect(outcome?.kind).toBe("retry");
  });
});

it("waits twice as long each time, at most about ten minutes", () => {
  expect([1, 2, 3, 9, 10, 90].map((attempts) => backoffS(attempts, 0))).toEqual([2, 4, 8, 512, 600, 600]);
  expect(backoffS(90, 0.999)).toBeLessThanOrEqual(750);
});

describe("dead letters", () => {
  const keep = async (bodies: unknown[]) => {
    const made = bodies.map((body, n) => ({ id: `dead${n}`, timestamp: new Date(), attempts: 1, body }));
    await api.queue(createMessageBatch("ingest-dead", made), env);
  };

  it("are kept two weeks under the team's key, out of the inbox, and unreadable without it", async () => {
    const made = await message("A", 1);
    await env.DB.prepare("INSERT INTO inbox (id, body, attempts, due_at) VALUES (?1, '{}', 0, 0)")
      .bind(made.id)
      .run();
    await keep([made, "canary-in-a-dead-letter"]);
    expect(await env.DB.prepare("SELECT count(*) n FROM inbox").first("n")).toBe(0);
    const { objects } = await env.DEAD_LETTERS.list({ include: ["customMetadata"] });
    expect(objects.map(({ key }) => key)).toEqual(["dead/0/dead1", "dead/1/dead0"]);
    const raw = await Promise.all(objects.map(async ({ key }) => (await env.DEAD_LETTERS.get(key))?.text()));
    expect(raw.join()).not.toMatch(/canary|uid|events/);
    expect(await openDeadLetter(env.DEAD_LETTERS, KMS_KEY, "dead/1/dead0")).toEqual(made);
    await expect(
      openDeadLetter(env.DEAD_LETTERS, { ...KMS_KEY, current: "another" }, "dead/1/dead0"),
    ).rejects.toThrow("Decryption failed");
  });

  it("another team's key opens none of them", async () => {
    await keep([await message("A", 1)]);
    const stolen = await env.DEAD_LETTERS.get("dead/1/dead0");
    await env.DEAD_LETTERS.put("dead/2/dead0", (await stolen?.arrayBuffer()) ?? "");
    await expect(openDeadLetter(env.DEAD_LETTERS, KMS_KEY, "dead/2/dead0")).rejects.toThrow(
      "Decryption failed",
    );
  });

  it("are queued again on request, and are then stored", async () => {
    await keep([await message("A", 1), { v: 1, team: 1, canary: true }]);
    const sent = new SentMessages();
    const init = {
      method: "POST",
      headers: { authorization: `Bearer ${SETUP}`, "content-type": "application/json" },
      body: "{}",
    };
    const response = await call("/local/dead-letters/replay", init, { INGEST: sent.queue() });
    expect(await response.json()).toEqual({ queued: 1, kept: 1 });
    await deliver(sent.bodies);
    expect(await storedUids()).toEqual([uid(1)]);
    expect((await env.DEAD_LETTERS.list()).objects.map(({ key }) => key)).toEqual(["dead/1/dead1"]);
  });

  it("that cannot be opened or understood hold up none behind them, however many", async () => {
    await keep(Array.from({ length: 101 }, () => ({ v: 1, team: 1, canary: true })));
    await env.DEAD_LETTERS.put("dead/1/a-damaged-one", "damaged");
    const made = await message("A", 1);
    await api.queue(
      createMessageBatch("ingest-dead", [{ id: "last", timestamp: new Date(), attempts: 1, body: made }]),
      env,
    );
    const sent = new SentMessages();
    const headers = { authorization: `Bearer ${SETUP}`, "content-type": "application/json" };
    const init = { method: "POST", headers, body: "{}" };
    const response = await call("/local/dead-letters/replay", init, { INGEST: sent.queue() });
    expect([response.status, await response.json()]).toEqual([200, { queued: 1, kept: 102 }]);
  });

  it("wait in their queue for days while the Worker is set up wrongly", async () => {
    const delays: unknown[] = [];
    const messages = [1, 5, 60].map((attempts) => ({
      id: `d${attempts}`,
      attempts,
      body: {},
      ack: () => delays.push("ack"),
      retry: ({ delaySeconds }: { delaySeconds: number }) => delays.push(delaySeconds),
    }));
    await api.queue({ messages } as never, { ...env, KMS_KEY: "too short" });
    expect(delays).toEqual([120, 1920, 3600]);
  });

  it("are deleted at night when two weeks are over", async () => {
    await keep([await message("A", 1)]);
    const night = (daysAhead: number) => ({
      cron: "30 3 * * *",
      scheduledTime: Date.now() + daysAhead * 86_400_000,
    });
    await api.scheduled(night(13) as never, env);
    expect((await env.DEAD_LETTERS.list()).objects).toHaveLength(1);
    await api.scheduled(night(15) as never, env);
    expect((await env.DEAD_LETTERS.list()).objects).toHaveLength(0);
  });
});
