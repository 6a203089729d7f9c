import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { signedBytes } from "#proto/agent-api.ts";
import { jsonCodec } from "#proto/json.ts";
import { LEDGER_HEADER, type Receipt, RECEIPT_HEADER, writeLedgerMark } from "#proto/receipt.ts";
import { fromBase64Url, toHex } from "../domain/crypto.ts";
import { call, enrol } from "../test/client.ts";
import { consentingMachine } from "../test/consenting.ts";
import { logsRequest, requestRecord, uid } from "../test/records.ts";

const NONCE = Uint8Array.from({ length: 32 }, (_, at) => at);
const HEAD = "ab".repeat(32);
const sha256 = async (bytes: Uint8Array) =>
  toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice())));
/** Made once: a record made again is of another second. */
const LOGS = logsRequest([requestRecord({ uid: uid(1) })]);
const body = () => jsonCodec.encodeRequest(LOGS).slice();

async function send(
  token: string,
  headers: Record<string, string> = {},
  bytes: BodyInit = body(),
  bindings = {},
) {
  const all = { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers };
  return call("/v1/logs", { method: "POST", headers: all, body: bytes }, bindings);
}

/** The receipt of an answer, once its signature is checked. */
async function receiptIn(response: Response): Promise<{ receipt: Receipt; key: Uint8Array }> {
  const [payload, signature, key] = (response.headers.get(RECEIPT_HEADER) ?? "")
    .split(".")
    .map((part) => fromBase64Url(part));
  if (payload === undefined || signature === undefined || key === undefined) throw new Error("no receipt");
  const verifier = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  const bytes = signedBytes("talos-receipt-1", payload);
  expect(await crypto.subtle.verify({ name: "Ed25519" }, verifier, signature, bytes)).toBe(true);
  return { receipt: JSON.parse(new TextDecoder().decode(payload)) as Receipt, key };
}

it("signs the digest of what it got and the head that the machine named, by the team's own key", async () => {
  const { agentToken, teamId } = await enrol();
  const response = await send(agentToken, { [LEDGER_HEADER]: writeLedgerMark(NONCE, HEAD) });
  const { receipt, key } = await receiptIn(response);
  expect(receipt).toMatchObject({ head: HEAD, digest: await sha256(Uint8Array.from([...NONCE, ...body()])) });
  expect(receipt.agent).toMatch(/^agt_/);
  expect(Math.abs(receipt.at - Date.now())).toBeLessThan(60_000);
  const row = await env.DB.prepare("SELECT lower(hex(verifying_key)) hex FROM teams WHERE id = ?1")
    .bind(Number(teamId))
    .first<{ hex: string }>();
  expect(toHex(key)).toBe(row?.hex);
});

it("signs what was inside, however the body was compressed", async () => {
  const { agentToken } = await enrol();
  const gzipped = new Response(new Blob([body()]).stream().pipeThrough(new CompressionStream("gzip")));
  const response = await send(agentToken, { "content-encoding": "gzip" }, await gzipped.bytes());
  expect((await receiptIn(response)).receipt).toMatchObject({ head: "", digest: await sha256(body()) });
});

it.each([["nothing"], ["x".repeat(200)], [`${"0".repeat(64)}.${"G".repeat(64)}`]])(
  "takes %s for no mark",
  async (mark) => {
    const { agentToken } = await enrol();
    const { receipt } = await receiptIn(await send(agentToken, { [LEDGER_HEADER]: mark }));
    expect(receipt).toMatchObject({ head: "", digest: await sha256(body()) });
  },
);

it("gives none for what it does not take, and to nobody that it does not know", async () => {
  const { agentToken } = await enrol();
  for (const response of [await send("tal_unknown"), await send(agentToken, {}, "no json")]) {
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.headers.get(RECEIPT_HEADER)).toBeNull();
  }
});

it("signs for a prompt that it gave a category, and for none that waits", async () => {
  const { agentToken, agent } = await consentingMachine("categorize_cloud");
  const sent = new TextEncoder().encode(JSON.stringify({ prompt: "fix the empty page" }));
  const guess = JSON.stringify({ category: "bugfix", task_hint: "", project_hint: "", confidence: 0.5 });
  const message = {
    type: "message",
    model: "claude-haiku-5-5",
    stop_reason: "end_turn",
    content: [{ type: "text", text: guess }],
    usage: { input_tokens: 900, output_tokens: 50 },
  };
  const fetched = vi
    .spyOn(globalThis, "fetch")
    .mockResolvedValueOnce(Response.json(message))
    .mockResolvedValue(new Response(null, { status: 529 }));
  const ask = () =>
    call(
      "/v1/categorize",
      {
        method: "POST",
        headers: {
          authorization: `Bearer ${agentToken}`,
          "content-type": "application/json",
          [LEDGER_HEADER]: writeLedgerMark(NONCE, HEAD),
        },
        body: sent,
      },
      { ANTHROPIC_API_KEY: "sk-ant-test" },
    );
  try {
    const { receipt } = await receiptIn(await ask());
    const digest = await sha256(Uint8Array.from([...NONCE, ...sent]));
    expect(receipt).toMatchObject({ agent, head: HEAD, digest });
    const waits = await ask();
    expect([waits.status, waits.headers.get(RECEIPT_HEADER)]).toEqual([503, null]);
  } finally {
    fetched.mockRestore();
  }
});

it("asks the database for the key once, not with every request", async () => {
  const { agentToken } = await enrol();
  await receiptIn(await send(agentToken));
  await receiptIn(await send(agentToken));
  const asked: string[] = [];
  const db = new Proxy(env.DB, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (name === "prepare") asked.push(String(args[0]));
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
  await receiptIn(await send(agentToken, {}, body(), { DB: db }));
  expect(asked.filter((sql) => sql.includes("signing_key"))).toEqual([]);
});

it("takes the records also where no receipt can be made", async () => {
  const { agentToken, teamId } = await enrol();
  await env.DB.prepare("UPDATE teams SET signing_key = x'00', verifying_key = x'01' WHERE id = ?1")
    .bind(Number(teamId))
    .run();
  const response = await send(agentToken);
  expect([response.status, response.headers.get(RECEIPT_HEADER)]).toEqual([200, null]);
});
