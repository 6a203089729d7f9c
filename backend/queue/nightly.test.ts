import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import consumer from "../consumer/worker.ts";
import { deliver, enrol, messagesOf, signIn } from "../test/client.ts";
import { logsRequest, requestRecord, uid } from "../test/records.ts";

const count = (table: string) => env.DB.prepare(`SELECT count(*) n FROM ${table}`).first<number>("n");

it("events go after 120 days, and their sums stay", async () => {
  const ada = await enrol();
  const bob = await enrol({ team: "B" });
  await deliver(
    messagesOf(ada, logsRequest([requestRecord({ uid: uid(1) }), requestRecord({ uid: uid(2) })])),
  );
  await deliver(messagesOf(bob, logsRequest([requestRecord({ uid: uid(1) })])));
  await env.DB.prepare("UPDATE events SET at = at - 121 * 86400 WHERE team = 1 AND uid = unhex(?1)")
    .bind(uid(1))
    .run();
  await consumer.scheduled({} as never, env);
  const { results } = await env.DB.prepare(
    "SELECT team, lower(hex(uid)) uid FROM events ORDER BY team",
  ).all();
  expect(results).toEqual([
    { team: 1, uid: uid(2) },
    { team: 2, uid: uid(1) },
  ]);
  expect(await env.DB.prepare("SELECT sum(requests) n FROM rollups").first("n")).toBe(3);
});

it("rows that corrections emptied, and sign-ins that are over, go too", async () => {
  const ada = await enrol();
  const small = requestRecord({ uid: uid(1), model: "claude-haiku-5-5" });
  await deliver(messagesOf(ada, logsRequest([small])));
  // The grown prompt moves the request to another price.
  const values = { "gen_ai.usage.input_tokens": 150_000 };
  await deliver(
    messagesOf(ada, logsRequest([requestRecord({ uid: uid(1), model: "claude-haiku-5-5", values })])),
  );
  expect(await count("rollups")).toBe(2);
  await signIn();
  await env.DB.prepare("DELETE FROM sign_ins").run();
  await env.DB.prepare(
    `INSERT INTO sign_ins (hash, family, member, created_at, seen_at, idle_at, ends_at, rotate_at)
      SELECT unhex(value), x'', m.id, 1, 1, iif(value = '01', 1, 9e15), 9e15, 9e15
      FROM members m, json_each('["01", "02"]')`,
  ).run();
  await consumer.scheduled({} as never, env);
  expect([await count("rollups"), await count("session_rollups"), await count("sign_ins")]).toEqual([
    1, 1, 1,
  ]);
});
