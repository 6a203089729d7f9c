import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { enrol, messagesOf, SentMessages } from "../test/client.ts";
import { logsRequest, requestRecord, uid } from "../test/records.ts";
import { putInInbox, removeFromInbox, requeueInbox } from "./inbox.ts";

const MINUTE = 60_000;

async function filled(size: number, nowMs: number) {
  const ada = await enrol();
  const messages = Array.from({ length: size }, (_, n) =>
    messagesOf(ada, logsRequest([requestRecord({ uid: uid(n + 1) })])),
  ).flat();
  await putInInbox(env.DB, messages, nowMs);
  return messages;
}

it("after a start all of it is queued again, each message once", async () => {
  const messages = await filled(45, 0);
  const sent = new SentMessages();
  expect(await requeueInbox(env.DB, sent.queue(), { nowMs: 1, all: true })).toBe(45);
  const byId = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  expect(sent.bodies.toSorted(byId)).toEqual(messages.toSorted(byId));
});

it("later only what waited a minute, then two, then four", async () => {
  await filled(1, 0);
  const looks: number[] = [];
  for (let minute = 0; minute <= 8; minute += 1) {
    const count = await requeueInbox(env.DB, new SentMessages().queue(), {
      nowMs: minute * MINUTE,
      all: false,
    });
    if (count > 0) looks.push(minute);
  }
  expect(looks).toEqual([1, 3, 7]);
});

it("what is stored is not queued again", async () => {
  const [first, second] = await filled(2, 0);
  await removeFromInbox(env.DB, [first?.id ?? ""]);
  const sent = new SentMessages();
  await requeueInbox(env.DB, sent.queue(), { nowMs: 1, all: true });
  expect(sent.bodies).toEqual([second]);
});
