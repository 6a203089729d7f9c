import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type Consent, type EnrolAnswer, type NonceAnswer, signedBytes } from "#proto/agent-api.ts";
import type { Mode } from "#proto/egress.ts";
import { contractHash } from "../domain/consent.ts";
import { toBase64Url } from "../domain/crypto.ts";
import { enrol, post, signIn } from "../test/client.ts";
import { ask, asAgent, count, enrolled, newToken, trail } from "../test/machine.ts";
import { logsRequest, promptRecord, requestRecord, uid } from "../test/records.ts";

const DAY_MS = 86_400_000;
let cookie: string;
let machine: EnrolAnswer;
let keys: CryptoKeyPair;

async function newMachine(): Promise<EnrolAnswer> {
  const raw = new Uint8Array((await crypto.subtle.exportKey("raw", keys.publicKey)) as ArrayBuffer);
  return enrolled((await newToken(cookie)).token, { publicKey: toBase64Url(raw) });
}

beforeEach(async () => {
  await enrol();
  cookie = await signIn();
  keys = (await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"])) as CryptoKeyPair;
  machine = await newMachine();
  await setMode("full");
});

const setMode = async (mode: Mode) =>
  expect((await ask(cookie, "PUT /api/team/mode", { mode, confirm: mode })).status).toBe(204);
const nonce = async () =>
  (await (await asAgent(machine.agentToken, "POST /v1/agent/consent/nonce")).json<NonceAnswer>()).nonce;

async function consent(over: Partial<Consent> = {}): Promise<Consent> {
  const mode = over.mode ?? "full";
  return {
    team: machine.team.id,
    agent: machine.agent,
    developer: machine.developer.id,
    mode,
    by: "developer",
    retentionDays: 90,
    contract: await contractHash(mode),
    acceptedAt: Date.now(),
    expiresAt: Date.now() + 30 * DAY_MS,
    nonce: over.nonce ?? (await nonce()),
    ...over,
  };
}

interface Sending {
  key?: CryptoKey;
  purpose?: "talos-consent-1" | "talos-config-1";
  token?: string;
}

async function send(given: Consent, { key, purpose = "talos-consent-1", token }: Sending = {}) {
  const payload = Uint8Array.from(new TextEncoder().encode(JSON.stringify(given)));
  const signer = key ?? keys.privateKey;
  const signature = await crypto.subtle.sign({ name: "Ed25519" }, signer, signedBytes(purpose, payload));
  const body = { payload: toBase64Url(payload), signature: toBase64Url(new Uint8Array(signature)) };
  return asAgent(token ?? machine.agentToken, "POST /v1/agent/consent", body);
}

const records = (mode: Mode) => {
  const values = mode === "off" ? {} : { "talos.category": "bugfix", "talos.category.method": "rules" };
  const request = logsRequest([promptRecord({ uid: uid(1), values }), requestRecord({ uid: uid(2) })]);
  for (const { resource } of request.resourceLogs) {
    for (const { key, value } of resource.attributes)
      if (key === "talos.privacy.mode") value.stringValue = mode;
  }
  return request;
};

/** How many of two records of that mode are refused. */
async function rejected(mode: Mode): Promise<number> {
  const answer = await (
    await post(machine.agentToken, records(mode))
  ).json<{
    partialSuccess?: { rejectedLogRecords?: string };
  }>();
  return Number(answer.partialSuccess?.rejectedLogRecords ?? 0);
}

describe("what a machine may send", () => {
  it("without an acceptance is what mode off lets out, whatever the team allows", async () => {
    expect([await rejected("off"), await rejected("categorize_local"), await rejected("full")]).toEqual([
      0, 2, 2,
    ]);
  });

  it("with one is what was accepted, and no more than the team allows now", async () => {
    expect((await send(await consent({ mode: "categorize_cloud" }))).status).toBe(204);
    expect([await rejected("categorize_local"), await rejected("categorize_cloud")]).toEqual([0, 0]);
    expect(await rejected("full")).toBe(2);
    await setMode("categorize_local");
    expect([await rejected("categorize_local"), await rejected("categorize_cloud")]).toEqual([0, 2]);
  });

  it.each<{ name: string; change: () => Promise<unknown>; left: number }>([
    {
      name: "it was taken back",
      left: 2,
      change: () => asAgent(machine.agentToken, "POST /v1/agent/consent/withdraw"),
    },
    {
      name: "it has expired",
      left: 2,
      change: () => env.DB.prepare("UPDATE consents SET expires_at = 1").run(),
    },
    {
      name: "the retention became longer",
      left: 2,
      change: () => ask(cookie, "PUT /api/team/retention", { retentionDays: 0 }),
    },
    {
      name: "the retention became shorter",
      left: 0,
      change: () => ask(cookie, "PUT /api/team/retention", { retentionDays: 30 }),
    },
    {
      name: "more leaves than was shown",
      left: 2,
      change: () => env.DB.prepare("UPDATE consents SET contract = ?1").bind("0".repeat(64)).run(),
    },
  ])("after $name", async ({ change, left }) => {
    expect((await send(await consent())).status).toBe(204);
    expect(await rejected("categorize_local")).toBe(0);
    await change();
    expect([await rejected("categorize_local"), await rejected("off")]).toEqual([left, 0]);
  });
});

describe("an acceptance is refused", () => {
  const stranger = async () =>
    ((await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"])) as CryptoKeyPair)
      .privateKey;

  it.each<{ name: string; over?: Partial<Consent>; sending?: () => Promise<Sending> }>([
    { name: "signed by another key", sending: async () => ({ key: await stranger() }) },
    { name: "signed for another purpose", sending: async () => ({ purpose: "talos-config-1" }) },
    { name: "of another team", over: { team: `tm_${"0".repeat(24)}` } },
    { name: "of another machine", over: { agent: `agt_${"0".repeat(24)}` } },
    { name: "of another developer", over: { developer: `dev_${"0".repeat(24)}` } },
    { name: "of another retention than is offered", over: { retentionDays: 30 } },
    { name: "of another contract", over: { contract: "0".repeat(64) } },
    { name: "with an invented number", over: { nonce: "A".repeat(43) } },
    { name: "from yesterday", over: { acceptedAt: Date.now() - DAY_MS } },
    { name: "that has expired", over: { expiresAt: Date.now() - 1 } },
    { name: "for ever", over: { expiresAt: Date.now() + 10_000 * DAY_MS } },
    {
      name: "by a policy, of what leaves the machine as text",
      over: { by: "managed", mode: "categorize_cloud" },
    },
  ])("$name", async ({ over, sending }) => {
    expect((await send(await consent(over), await sending?.())).status).toBe(409);
    expect([await count("consents"), await rejected("categorize_local")]).toEqual([0, 2]);
  });

  it("of a looser mode than the team's", async () => {
    await setMode("categorize_local");
    expect((await send(await consent({ mode: "full" }))).status).toBe(409);
  });

  it("sent twice, or after another number was asked for", async () => {
    const given = await consent();
    expect((await send(given)).status).toBe(204);
    expect((await send(given)).status).toBe(409);
    const old = await consent();
    await nonce();
    expect((await send(old)).status).toBe(409);
  });

  it("sent by another machine, also of the same developer", async () => {
    const first = machine;
    const given = await consent();
    machine = await newMachine();
    expect((await send(given, { token: machine.agentToken })).status).toBe(409);
    expect((await send(given, { token: first.agentToken })).status).toBe(204);
  });
});

it.each(["A", "AAAAA", "%%%%", JSON.stringify({ mode: "full" }), "A".repeat(5_000)])(
  "%# no acceptance at all: 400",
  async (payload) => {
    const body = { payload, signature: "A".repeat(86) };
    const { status } = await asAgent(machine.agentToken, "POST /v1/agent/consent", body);
    expect(status).toBe(400);
  },
);

it("a policy may accept what keeps the text on the machine", async () => {
  expect((await send(await consent({ by: "managed", mode: "categorize_local" }))).status).toBe(204);
  expect(await rejected("categorize_local")).toBe(0);
});

it("nobody is shown who accepted, and what", async () => {
  await send(await consent());
  await asAgent(machine.agentToken, "POST /v1/agent/consent/withdraw");
  for (const action of ["consent.accept", "consent.withdraw"]) {
    expect(await trail(action)).toEqual([{ actor: "agent", actorId: "", target: "", metadata: {} }]);
  }
  const agents = await (await ask(cookie, "GET /api/agents")).text();
  expect(agents).not.toMatch(/consent|accept|"mode"/);
});
