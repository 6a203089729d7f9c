import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { EnrolAnswer } from "#proto/agent-api.ts";
import type { LogRecord } from "#proto/logs.ts";
import consumer from "../consumer/worker.ts";
import { contentName } from "../domain/content.ts";
import type { ApiBindings } from "../env.ts";
import { keepDeadLetters } from "../queue/dead.ts";
import { destroyContentKey, destroyKeyOf } from "../store/content-keys.ts";
import { call, deliver, ORIGIN, post, SentMessages, SETUP, signIn } from "../test/client.ts";
import { consentingMachine } from "../test/consenting.ts";
import { ask, asAgent, count, trail } from "../test/machine.ts";
import api from "../worker.ts";
import type { Rotation } from "./keys-rotation.ts";
import { completionRecord, logsRequest, promptRecord, requestRecord, uid } from "../test/records.ts";

const SESSION = "5".repeat(32);
const CANARY = "kanarienvogel-7f3a9c";
const PROMPT = `Please rename ${CANARY} in the parser`;
const ANSWER = `Done: ${CANARY} is renamed. <img src=x onerror=alert(1)>`;
const DAY_S = 86_400;

let machine: EnrolAnswer;
let cookie: string;
let queue: SentMessages;

beforeEach(async () => {
  machine = await consentingMachine("full");
  cookie = await signIn({ viewer: "Owner", role: "owner" });
  queue = new SentMessages();
});

const nowS = () => Math.floor(Date.now() / 1000);
const turn = (n: number) => ({ "talos.turn.id": n.toString(16).padStart(32, "a") });

/** Counts go in requests of their own, as machines send them. */
async function send(
  records: LogRecord[],
  mode: "off" | "full" = "full",
  bindings: Partial<ApiBindings> = {},
) {
  return post(machine.agentToken, logsRequest(records, mode), { INGEST: queue.queue(), ...bindings });
}

async function store(records: LogRecord[], mode: "off" | "full" = "full") {
  const answer = await send(records, mode);
  expect(answer.status).toBe(200);
  await deliver(queue.bodies.splice(0));
  return answer.json<{ partialSuccess?: { rejectedLogRecords: string } }>();
}

interface Item {
  kind: "prompt" | "request" | "completion";
  turn: string;
  at: number;
  model: string;
  listValue: string | null;
  text: { state: string; chars: number; value: string | null };
}
interface Timeline {
  session: { id: string; listValue: string; developer: { id: string } };
  texts: number;
  items: Item[];
  next: string | null;
}

const path = (query = "", session = SESSION) => `GET /api/sessions/${session}/timeline${query}`;
const read = async (query = "?text=yes") => (await ask(cookie, path(query))).json<Timeline>();
const states = ({ items }: Timeline) => items.flatMap(({ text }) => (text === undefined ? [] : [text.state]));
const objects = async () => (await env.CONTENT.list()).objects.map(({ key }) => key);

/** One turn: a prompt, its request and the answer. */
const aTurn = (n = 1, atS = nowS() - 600): LogRecord[][] => [
  [
    promptRecord({ uid: uid(n * 10), atS, values: turn(n) }),
    requestRecord({ uid: uid(n * 10 + 1), atS, values: turn(n) }),
  ],
  [
    promptRecord({ uid: uid(n * 10), atS, body: PROMPT, values: turn(n) }),
    completionRecord({ uid: uid(n * 10 + 2), atS, body: ANSWER, values: turn(n) }),
  ],
];

async function storeTurn(n?: number, atS?: number) {
  const [counts = [], texts = []] = aTurn(n, atS);
  await store(counts, "off");
  await store(texts);
}

describe("a text", () => {
  it("comes back through an audited read, and is nowhere else in the clear", async () => {
    const logged = [vi.spyOn(console, "log"), vi.spyOn(console, "error")];
    const [counts = [], texts = []] = aTurn();
    await store(counts, "off");
    // Also where a message cannot be stored, and in what waits for the queue.
    const answer = await send(texts, "full", { INBOX: "on" });
    expect(answer.status).toBe(200);
    const dead = queue.bodies.map((body, index) => ({ id: `d${index}`, body, ack() {}, retry() {} }));
    await keepDeadLetters({ messages: dead } as never, env, Date.now());
    expect(JSON.stringify(queue.bodies)).not.toContain(CANARY);
    expect(queue.bodies).toMatchObject([{ events: [{}] }, { events: [], contents: [{}, {}] }]);
    await deliver(queue.bodies);

    expect(await trail("content.read")).toEqual([]);
    const timeline = await read();
    expect(timeline.items.map(({ kind, text }) => [kind, text?.value])).toEqual([
      ["prompt", PROMPT],
      ["request", undefined],
      ["completion", ANSWER],
    ]);
    expect(await trail("content.read")).toMatchObject([
      {
        actor: "member",
        target: SESSION,
        metadata: { developer: machine.developer.id, prompts: 1, completions: 1 },
      },
    ]);

    expect(await everything()).not.toContain(CANARY);
    for (const bucket of [env.CONTENT, env.CONTENT_KEYS, env.DEAD_LETTERS]) {
      const raw = await bytesOf(bucket);
      expect(raw.length).toBeGreaterThan(0);
      expect(raw.some((text) => text.includes(CANARY))).toBe(false);
    }
    const lines = logged.flatMap((spy) => spy.mock.calls.map((line) => JSON.stringify(line)));
    expect(lines.join("\n")).not.toContain(CANARY);
  });

  it("is taken from a machine that accepted it, and from no other", async () => {
    const [, texts = []] = aTurn();
    await asAgent(machine.agentToken, "POST /v1/agent/consent/withdraw");
    expect((await store(texts)).partialSuccess).toMatchObject({ rejectedLogRecords: "2" });
    expect([await count("content"), await objects()]).toEqual([0, []]);
  });

  it("without a session is not taken: it could never be shown", async () => {
    const texts = [
      { ...promptRecord({ uid: uid(1), body: PROMPT }) },
      { ...completionRecord({ uid: uid(2), body: ANSWER }) },
    ];
    for (const record of texts) {
      record.attributes = record.attributes.filter(({ key }) => key !== "gen_ai.conversation.id");
    }
    expect((await store(texts)).partialSuccess).toMatchObject({ rejectedLogRecords: "1" });
    expect([await count("events"), await count("content"), await objects()]).toEqual([1, 0, []]);
  });

  it("that comes again is there once; of two the longer one stays", async () => {
    const [counts = [], texts = []] = aTurn();
    await store(counts, "off");
    for (const body of [ANSWER, ANSWER, ANSWER.slice(0, 9), `${ANSWER} More.`, ANSWER]) {
      await store([...texts.slice(0, 1), completionRecord({ uid: uid(12), body, values: turn(1) })]);
    }
    expect([await count("content"), (await objects()).length]).toEqual([2, 2]);
    expect((await read()).items.at(-1)?.text).toMatchObject({
      value: `${ANSWER} More.`,
      chars: ANSWER.length + 6,
    });
  });

  it("of another developer is never written over, however its id became known", async () => {
    const [, texts = []] = aTurn();
    await storeTurn();
    machine = await consentingMachine("full");
    const longer = texts.map((record) => ({ ...record, body: { stringValue: `${ANSWER} and much more` } }));
    expect((await store(longer)).partialSuccess).toMatchObject({ rejectedLogRecords: "2" });
    expect((await read()).items.map(({ text }) => text?.value)).toEqual([PROMPT, undefined, ANSWER]);
  });

  it("says when it ends, and is not shown any more then", async () => {
    const atS = nowS() - 600;
    await storeTurn(1, atS);
    const minute = atS - (atS % 60);
    const { results } = await env.DB.prepare("SELECT expires_at e FROM content ORDER BY uid").all();
    expect(results).toEqual([{ e: minute + 90 * DAY_S }, { e: atS + 90 * DAY_S }]);
    const head = await env.CONTENT.head((await objects()).at(-1) ?? "");
    expect(head?.customMetadata?.["expiresAt"]).toBe(String(atS + 90 * DAY_S));
    await env.DB.prepare("UPDATE content SET expires_at = ?1").bind(nowS()).run();
    const timeline = await read();
    expect([timeline.texts, states(timeline)]).toEqual([0, ["none"]]);
  });

  it.each([
    ["shorter now than when it came", 30, ["none"]],
    ["none now: for ever", 0, ["shown", "shown"]],
  ])("whose team's retention is %s", async (_, days, expected) => {
    await storeTurn(1, nowS() - 40 * DAY_S);
    await env.DB.prepare("UPDATE teams SET retention_days = ?1").bind(days).run();
    expect(states(await read())).toEqual(expected);
  });

  it("that is over when it comes is not put away", async () => {
    await store([completionRecord({ uid: uid(3), body: ANSWER, atS: nowS() - 89 * DAY_S })]);
    await env.DB.prepare("UPDATE teams SET retention_days = 30").run();
    const late = completionRecord({ uid: uid(4), body: ANSWER, atS: nowS() - 31 * DAY_S });
    expect((await store([late])).partialSuccess).toMatchObject({ rejectedLogRecords: "1" });
    expect(await objects()).toHaveLength(1);
  });
});

describe("with R2 failing", () => {
  const broken = (after: number) => {
    let calls = 0;
    const fails = (name: "put" | "head" | "get") =>
      (async (...given: unknown[]) => {
        if ((calls += 1) > after) throw new Error(`R2 failed near ${PROMPT}`);
        return Reflect.apply(env.CONTENT[name], env.CONTENT, given);
      }) as never;
    return { ...methods(env.CONTENT), put: fails("put"), head: fails("head"), get: fails("get") };
  };

  it.each([0, 1, 2, 3])(
    "after %i calls, the machine keeps all of the request and counts go on",
    async (after) => {
      const [counts = [], texts = []] = aTurn();
      const logged = vi.spyOn(console, "error");
      const refused = await send(texts, "full", { CONTENT: broken(after) });
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(JSON.stringify(await refused.json()) + JSON.stringify(logged.mock.calls)).not.toContain(CANARY);
      expect(queue.bodies).toEqual([]);
      expect((await send(counts, "off", { CONTENT: broken(0) })).status).toBe(200);
      await deliver(queue.bodies.splice(0));
      expect(await count("events")).toBe(2);
      await store(texts);
      expect(states(await read())).toEqual(["shown", "shown"]);
    },
  );

  it("with the keys' bucket failing, the same", async () => {
    const fails = async () => {
      throw new Error("R2 failed");
    };
    const CONTENT_KEYS = { ...methods(env.CONTENT_KEYS), get: fails, put: fails } as never;
    expect((await send(aTurn()[1] ?? [], "full", { CONTENT_KEYS })).status).toBe(503);
    expect(queue.bodies).toEqual([]);
  });

  it("numbers are there without texts, and nothing says that texts were read that were not", async () => {
    await storeTurn();
    const init = { headers: { cookie, origin: ORIGIN } };
    const [, url = ""] = path("?text=yes").split(" ");
    const failed = await call(url, init, { CONTENT: broken(0) });
    expect([failed.status, await failed.text()]).toEqual([503, expect.not.stringContaining(CANARY)]);
    expect(states(await read(""))).toEqual(["stored", "stored"]);
  });

  const methods = (bucket: R2Bucket) => ({
    head: bucket.head.bind(bucket),
    get: bucket.get.bind(bucket),
    put: bucket.put.bind(bucket),
    delete: bucket.delete.bind(bucket),
    list: bucket.list.bind(bucket),
    createMultipartUpload: bucket.createMultipartUpload.bind(bucket),
    resumeMultipartUpload: bucket.resumeMultipartUpload.bind(bucket),
  });
});

describe("what was changed in the bucket does not open", () => {
  it.each<[string, (names: string[]) => Promise<unknown>]>([
    [
      "one bit",
      async ([name = ""]) => {
        const bytes = await bytesAt(name);
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        await env.CONTENT.put(name, bytes);
      },
    ],
    [
      "another object of the same team in its place",
      async ([a = "", b = ""]) => env.CONTENT.put(a, await bytesAt(b)),
    ],
    ["nothing in its place", async ([name = ""]) => env.CONTENT.delete(name)],
    ["an empty object", async ([name = ""]) => env.CONTENT.put(name, "")],
    ["the text itself", async ([name = ""]) => env.CONTENT.put(name, PROMPT)],
  ])("%s", async (_, change) => {
    await storeTurn();
    await change(await objects());
    const timeline = await read();
    expect(timeline.items.map(({ text }) => text?.state)).toEqual(["unreadable", undefined, "shown"]);
    expect(timeline.items[0]?.text.value).toBeNull();
  });

  it("nor an object that was moved from another team, whose key is another", async () => {
    await storeTurn();
    const ours = await objects();
    machine = await consentingMachine("full", { team: "Other" });
    await storeTurn();
    const theirs = (await objects()).filter((name) => !ours.includes(name));
    await env.CONTENT.put(ours[0] ?? "", await bytesAt(theirs[0] ?? ""));
    expect(states(await read())).toEqual(["unreadable", "shown"]);
  });

  const bytesAt = async (name: string) =>
    new Uint8Array((await (await env.CONTENT.get(name))?.arrayBuffer()) ?? new ArrayBuffer(0));
});

describe("without the team's key", () => {
  it("its texts are unreadable, also under a key that is made anew, and other teams' stay", async () => {
    await storeTurn();
    const other = await consentingMachine("full", { team: "Other" });
    const mine = machine;
    machine = other;
    await storeTurn();
    machine = mine;
    await destroyContentKey(env.CONTENT_KEYS, machine.team.id);
    expect(states(await read())).toEqual(["unreadable", "unreadable"]);
    await storeTurn(2, nowS() - 60);
    expect(states(await read())).toEqual(["unreadable", "unreadable", "shown", "shown"]);
    cookie = await signIn({ team: "Other", viewer: "Owner", role: "owner" });
    expect(states(await read())).toEqual(["shown", "shown"]);
  });

  it("no copy of the database helps: it holds nothing of the key", async () => {
    await storeTurn();
    const [key = ""] = await bytesOf(env.CONTENT_KEYS);
    const tail = Buffer.from(key, "latin1").subarray(20, 40);
    const dump = await everything();
    expect(tail.byteLength).toBe(20);
    expect(dump.includes(tail.toString("latin1"))).toBe(false);
    expect(dump.toLowerCase().includes(tail.toString("hex"))).toBe(false);
  });

  it("two requests at once agree on one key", async () => {
    const sent = [1, 2, 3, 4].map((n) =>
      send([completionRecord({ uid: uid(n), body: `${ANSWER} ${n}`, values: turn(n) })]),
    );
    for (const { status } of await Promise.all(sent)) expect(status).toBe(200);
    await store([requestRecord({ uid: uid(9), atS: nowS() - 900 })], "off");
    await deliver(queue.bodies.splice(0));
    expect(states(await read())).toEqual(["shown", "shown", "shown", "shown"]);
    expect((await env.CONTENT_KEYS.list()).objects).toHaveLength(1);
  });
});

describe("rotating KMS_KEY", () => {
  const OLD = env.KMS_KEY ?? "";
  const NEW = { KMS_KEY: `new-${OLD}` };
  const rotate = async (bindings: Partial<ApiBindings>) => {
    const total = { resealed: 0, unreadable: 0, left: 0 };
    for (let cursor: string | null = "team:0"; cursor !== null;) {
      const init = {
        method: "POST",
        headers: { authorization: `Bearer ${SETUP}`, "content-type": "application/json" },
        body: JSON.stringify({ cursor }),
      };
      const part: Rotation = await (await call("/local/keys/rotate", init, bindings)).json<Rotation>();
      total.resealed += part.resealed;
      total.unreadable += part.unreadable;
      total.left += part.left?.sealed["content_keys"] ?? 0;
      cursor = part.next;
    }
    return total;
  };
  const readWith = async (bindings: Partial<ApiBindings>) => {
    const [, url = ""] = path("?text=yes").split(" ");
    return states(
      await (await call(url, { headers: { cookie, origin: ORIGIN } }, bindings)).json<Timeline>(),
    );
  };

  it("seals the teams' keys anew: texts stay as they are, and open before, meanwhile and after", async () => {
    await storeTurn();
    const before = await bytesOf(env.CONTENT);
    const both = { ...NEW, KMS_KEY_PREVIOUS: OLD };
    expect(await readWith(both)).toEqual(["shown", "shown"]);
    await rotate(both);
    expect(await readWith(NEW)).toEqual(["shown", "shown"]);
    expect((await rotate(NEW)).resealed).toBe(0);
    expect(await bytesOf(env.CONTENT)).toEqual(before);
    const [, url = ""] = path("?text=yes").split(" ");
    expect((await call(url, { headers: { cookie, origin: ORIGIN } })).status).toBe(503);
  });

  it("without the one before, says that a key cannot be read, and leaves it", async () => {
    await storeTurn();
    const { unreadable, left } = await rotate(NEW);
    expect([unreadable > 0, left]).toEqual([true, 1]);
    expect(await readWith({})).toEqual(["shown", "shown"]);
  });
});

it("a team that its organization deleted has no key any more, and one whose message was lost has none after the night", async () => {
  await storeTurn();
  await env.DB.prepare("UPDATE teams SET clerk_org = 'org_1'").run();
  await destroyKeyOf(env.CONTENT_KEYS, env.DB, "org_1");
  expect((await env.CONTENT_KEYS.list()).objects).toHaveLength(1);
  await env.DB.prepare("UPDATE teams SET deleted_at = 1").run();
  await destroyKeyOf(env.CONTENT_KEYS, env.DB, "org_1");
  expect((await env.CONTENT_KEYS.list()).objects).toHaveLength(0);

  await env.DB.prepare("UPDATE teams SET deleted_at = NULL").run();
  await storeTurn(2);
  await env.CONTENT_KEYS.put(`content-key/tm_${"0".repeat(24)}`, "of a team that the database does not know");
  await env.DB.prepare("UPDATE teams SET deleted_at = 1").run();
  await api.scheduled({ cron: "30 3 * * *", scheduledTime: Date.now() } as never, env);
  expect((await env.CONTENT_KEYS.list()).objects.map(({ key }) => key)).toEqual([
    `content-key/tm_${"0".repeat(24)}`,
  ]);
});

describe("erasing a developer", () => {
  it("deletes their objects and rows, and what comes late is deleted too", async () => {
    await storeTurn(1);
    const [, late = []] = aTurn(2);
    await send(late);
    const waiting = queue.bodies.splice(0);
    const left = await consentingMachine("full");
    const mine = machine;
    machine = left;
    await storeTurn(3);
    machine = mine;
    expect(await objects()).toHaveLength(6);
    const erased = await asAgent(machine.agentToken, "POST /v1/agent/unenroll", { erase: true });
    expect(erased.status).toBe(204);
    expect(await objects()).toHaveLength(4);
    expect(await deliver(waiting)).toEqual(waiting.map(() => ({ kind: "ack" })));
    const names = [30, 32].map((n) => contentName(machine.team.id, { session: SESSION, uid: uid(n) }));
    expect((await objects()).toSorted()).toEqual(names.toSorted());
    expect(await count("content")).toBe(2);
  });
});

describe("erasing a developer while R2 fails", () => {
  it("erases nothing yet, and the machine can ask again", async () => {
    await storeTurn();
    const fails = async () => {
      throw new Error("R2 failed");
    };
    const init = {
      method: "POST",
      headers: { authorization: `Bearer ${machine.agentToken}`, "content-type": "application/json" },
      body: JSON.stringify({ erase: true }),
    };
    const failed = await call("/v1/agent/unenroll", init, { CONTENT: { delete: fails } as never });
    expect([failed.status, await count("content"), await count("events")]).toEqual([503, 2, 2]);
    expect((await call("/v1/agent/unenroll", init)).status).toBe(204);
    expect([await objects(), await count("content"), await count("events")]).toEqual([[], 0, 0]);
  });
});

describe("who reads", () => {
  it.each(["viewer", "manager"] as const)("no %s", async (role) => {
    await storeTurn();
    const theirs = await signIn({ viewer: role, role });
    for (const query of ["", "?text=yes"]) expect((await ask(theirs, path(query))).status).toBe(403);
    expect(await trail("content.read")).toEqual([]);
  });

  it("nobody of another team, who is told that there is no such session", async () => {
    await storeTurn();
    await consentingMachine("full", { team: "Other" });
    const theirs = await signIn({ team: "Other", viewer: "Owner", role: "owner" });
    const [foreign, unknown] = [
      await ask(theirs, path("?text=yes")),
      await ask(theirs, path("?text=yes", "9".repeat(32))),
    ];
    expect([foreign.status, await foreign.text()]).toEqual([404, await unknown.text()]);
    expect(await trail("content.read")).toEqual([]);
  });

  it("no key of the team", async () => {
    await storeTurn();
    const made = await ask(cookie, "POST /api/keys", {
      label: "K",
      scopes: ["sessions:read", "reports:read", "team:read", "audit:read"],
    });
    const { secret } = await made.json<{ secret: string }>();
    const [, url = ""] = path("?text=yes").split(" ");
    expect((await call(url, { headers: { authorization: `Bearer ${secret}`, origin: ORIGIN } })).status).toBe(
      403,
    );
  });

  it("nobody who followed a link on another site", async () => {
    await storeTurn();
    const [, url = ""] = path("?text=yes").split(" ");
    for (const headers of [{ "sec-fetch-site": "cross-site" }, { origin: "https://evil.example" }, {}]) {
      expect((await call(url, { headers: { cookie, ...headers } })).status).toBe(403);
    }
    expect(await trail("content.read")).toEqual([]);
  });

  it("nobody at all while the trail cannot be written", async () => {
    await storeTurn();
    await env.DB.prepare("ALTER TABLE audit RENAME TO gone").run();
    const failed = await ask(cookie, path("?text=yes"));
    expect([failed.status, await failed.text()]).toEqual([503, expect.not.stringContaining(CANARY)]);
  });

  it("no cache", async () => {
    await storeTurn();
    const answer = await ask(cookie, path("?text=yes"));
    expect([answer.headers.get("cache-control"), answer.headers.get("etag")]).toEqual(["no-store", null]);
  });

  it("nobody by an export", async () => {
    await storeTurn();
    const day = (s: number) => new Date(s * 1000).toISOString().slice(0, 10);
    const query = `from=${day(nowS() - DAY_S)}&to=${day(nowS() + DAY_S)}&format=ndjson`;
    for (const url of [`/api/export/usage?${query}`, "/api/audit/export"]) {
      const text = await (await ask(cookie, `GET ${url}`)).text();
      expect([url, text.length > 50, text.includes(CANARY)]).toEqual([url, true, false]);
    }
  });
});

describe("the timeline", () => {
  it("goes turn by turn, each with its prompt first, though prompts have whole minutes only", async () => {
    const start = nowS() - 3600;
    const base = start - (start % 60);
    // Both prompts fall into the same minute, before the requests of the first turn.
    await store(
      [
        promptRecord({ uid: uid(2), atS: base, values: turn(2) }),
        promptRecord({ uid: uid(1), atS: base, values: turn(1) }),
        requestRecord({ uid: uid(11), atS: base + 10, values: turn(1) }),
        requestRecord({ uid: uid(12), atS: base + 20, values: turn(1) }),
        requestRecord({ uid: uid(21), atS: base + 40, values: turn(2) }),
        requestRecord({ uid: uid(31), atS: base + 90 }),
      ],
      "off",
    );
    const { items, next, texts } = await read("");
    expect(items.map(({ kind, at }) => [kind, at / 1000 - base])).toEqual([
      ["prompt", 0],
      ["request", 10],
      ["request", 20],
      ["prompt", 0],
      ["request", 40],
      ["request", 90],
    ]);
    expect([next, texts]).toEqual([null, 0]);
    // Without texts there is nothing to read, and nothing of it in the trail.
    expect(states(await read())).toEqual(["none", "none"]);
    expect(await trail("content.read")).toEqual([]);
  });

  it("values its requests as the session's sum does", async () => {
    const values = [
      {},
      { "gen_ai.usage.input_tokens": 150_000, "talos.usage.speed": "fast" },
      { "gen_ai.usage.cache_write.input_tokens": 1, "talos.usage.web_search_requests": 3 },
    ];
    await store(
      [
        ...values.map((more, n) => requestRecord({ uid: uid(n + 1), values: more })),
        requestRecord({
          uid: uid(8),
          model: "claude-haiku-5-5",
          values: { "gen_ai.usage.input_tokens": 150_000 },
        }),
        requestRecord({ uid: uid(9), model: "custom" }),
      ],
      "off",
    );
    const { items, session } = await read("");
    const sum = items.reduce((total, { listValue }) => total + BigInt(listValue ?? 0), 0n);
    expect(String(sum)).toBe(session.listValue);
    expect(items.filter(({ listValue }) => listValue === null).length).toBeGreaterThan(0);
  });

  it("comes in pages that hold all of it once, in one order, each read in the trail", async () => {
    const start = nowS() - 80_000;
    for (let part = 0; part < 5; part += 1) {
      const ids = Array.from({ length: 50 }, (_, n) => part * 50 + n);
      await store(
        ids.map((n) => requestRecord({ uid: uid(n + 1), atS: start + n, values: turn(n % 40) })),
        "off",
      );
      await store(
        ids.map((n) =>
          completionRecord({ uid: uid(n + 1001), atS: start + n, body: `text ${n}`, values: turn(n % 40) }),
        ),
      );
    }
    const all: Item[] = [];
    let next: string | null = "";
    while (next !== null) {
      const page: Timeline = await read(next === "" ? "?text=yes" : `?text=yes&cursor=${next}`);
      expect(page.items.length).toBeLessThanOrEqual(200);
      all.push(...page.items);
      next = page.next;
    }
    expect(all).toHaveLength(500);
    expect(new Set(all.flatMap(({ text }) => text?.value ?? [])).size).toBe(250);
    expect(all.map(({ turn: id }) => id).filter((id, n, ids) => id !== ids[n - 1])).toHaveLength(40);
    expect(await trail("content.read")).toHaveLength(3);
  });

  it("has fewer items in a page of long texts", async () => {
    const long = "x".repeat(900_000);
    await store([requestRecord({ uid: uid(1), atS: nowS() - 900 })], "off");
    for (let n = 0; n < 4; n += 1) {
      await store([completionRecord({ uid: uid(n + 10), atS: nowS() - 600 + n, body: long })]);
    }
    const first = await read();
    expect([first.items.length, first.texts]).toEqual([3, 4]);
    expect((await read(`?text=yes&cursor=${first.next}`)).items).toHaveLength(2);
  });

  it.each(["x", "1.2.3", `1.${"g".repeat(32)}.0.1.1.${"0".repeat(32)}`])(
    "refuses the cursor %j",
    async (cursor) => {
      expect((await ask(cookie, path(`?cursor=${cursor}`))).status).toBe(400);
    },
  );
});

describe("more texts than one request may put away", () => {
  it("are divided by the sender", async () => {
    const many = Array.from({ length: 501 }, (_, n) => completionRecord({ uid: uid(n + 1), body: "x" }));
    expect((await send(many)).status).toBe(413);
    expect(await objects()).toEqual([]);
  });
});

describe("at night", () => {
  const night = () => consumer.scheduled({} as never, env);

  it("texts go that are over, with their rows", async () => {
    await storeTurn(1);
    await storeTurn(2, nowS() - 60);
    await env.DB.prepare("UPDATE content SET expires_at = ?1 WHERE at < ?2")
      .bind(nowS(), nowS() - 300)
      .run();
    await night();
    expect([await count("content"), (await objects()).length]).toEqual([2, 2]);
    await env.DB.prepare("UPDATE teams SET retention_days = 30").run();
    await env.DB.prepare("UPDATE content SET at = at - 31 * 86400").run();
    await night();
    expect([await count("content"), await objects()]).toEqual([0, []]);
  });

  it("a row without an object goes, and an object without a row when it cannot come any more", async () => {
    await storeTurn(1);
    await storeTurn(2);
    const [first = "", second = ""] = await objects();
    await env.CONTENT.delete(first);
    await env.DB.prepare("DELETE FROM content WHERE uid = unhex(?1)").bind(second.split("/").at(-1)).run();
    await night();
    // Its row may still be in a queue or among the dead letters.
    expect([await count("content"), await objects()]).toEqual([2, expect.arrayContaining([second])]);
    vi.useFakeTimers({ now: Date.now() + 16 * DAY_S * 1000, toFake: ["Date"] });
    await night();
    vi.useRealTimers();
    expect([await count("content"), (await objects()).includes(second)]).toEqual([2, false]);
  });

  it("all of a deleted team goes", async () => {
    await storeTurn();
    await env.DB.prepare("UPDATE teams SET deleted_at = 1").run();
    await night();
    expect([await count("content"), await objects()]).toEqual([0, []]);
  });
});

/** All that D1 holds, as text. */
async function everything(): Promise<string> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'",
  ).all<{ name: string }>();
  const tables = [];
  for (const { name } of results)
    tables.push((await env.DB.prepare(`SELECT * FROM "${name}"`).all()).results);
  return JSON.stringify(tables, (_, value: unknown) =>
    Array.isArray(value) && value.every((byte) => typeof byte === "number")
      ? `${Buffer.from(value).toString("latin1")} ${Buffer.from(value).toString("hex")}`
      : value,
  );
}

async function bytesOf(bucket: R2Bucket): Promise<string[]> {
  const texts: string[] = [];
  for (const { key, customMetadata } of (await bucket.list({ include: ["customMetadata"] })).objects) {
    const bytes = (await (await bucket.get(key))?.arrayBuffer()) ?? new ArrayBuffer(0);
    texts.push(Buffer.from(bytes).toString("latin1") + key + JSON.stringify(customMetadata));
  }
  return texts;
}
