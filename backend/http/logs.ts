import { type Codec, codecFor } from "#proto/codec.ts";
import { type Mode, modeOf } from "#proto/egress.ts";
import { DecodeError, type LogsRequest } from "#proto/logs.ts";
import { accept, countRecords } from "../domain/acceptance.ts";
import { toBatches, toMessages } from "../domain/chunks.ts";
import { permittedMode } from "../domain/consent.ts";
import type { Message } from "../domain/event.ts";
import { type ApiBindings, type Settings, settingsOf } from "../env.ts";
import { putInInbox } from "../store/inbox.ts";
import { readPermission } from "../store/consents.ts";
import type { Sender } from "../store/tokens.ts";
import { senderOf } from "./bearer.ts";
import { readBody } from "./body.ts";
import { keepContents } from "./content-intake.ts";
import { logFailure } from "./failure.ts";
import { receiptFor } from "./receipts.ts";
import { Refusal, unavailable } from "./refusal.ts";

/** Constant, because it is sent back to any sender. */
const REJECTED = "records outside the egress contract were rejected";

/** POST /v1/logs: OTLP/HTTP in, normalised events out to the queue. Every refusal is a google.rpc.Status. */
export async function postLogs(request: Request, env: ApiBindings): Promise<Response> {
  const codec = codecFor(request.headers.get("content-type") ?? "");
  try {
    if (request.method !== "POST") throw new Refusal(405, "method_not_allowed", { allow: "POST" });
    return await answer(request, env, codec);
  } catch (error) {
    return refuse(error, codec);
  }
}

async function answer(request: Request, env: ApiBindings, codec: Codec | undefined): Promise<Response> {
  const settings = settingsOf(env);
  const sender = await senderOf(env.DB, request.headers.get("authorization"), settings, Date.now());
  if (codec === undefined) throw new Refusal(415, "unsupported_content_type");
  const limits = {
    sent: settings.MAX_BODY_BYTES,
    inflated: settings.MAX_INFLATED_BYTES,
    timeoutMs: settings.BODY_TIMEOUT_MS,
  };
  const body = await readBody(request, limits);
  const logs = decode(codec, body);
  await admit(env, sender, countRecords(logs));

  const { mode, retentionDays } = await permittedOf(env.DB, sender, logs);
  const { events, texts, ...accepted } = accept(logs, mode, Date.now(), sender);
  const contents = await keepContents(env, sender, { texts, retentionDays }, Date.now());
  // A text that was not kept counts as a record that was not, also where it is a prompt whose event was.
  const rejected = accepted.rejected + texts.length - contents.length;
  const { team, developer } = sender;
  const from = { team, developer, ...(mode !== "off" && { retentionDays }) };
  const messages = toMessages(from, events, contents);
  if (messages.length > 0) await enqueue(env, settings, messages);
  const partialSuccess = { rejectedLogRecords: rejected, errorMessage: REJECTED };
  const received = { db: env.DB, kms: settings.KMS_KEY, nowMs: Date.now() };
  const receipt = await receiptFor(received, sender, request.headers, body);
  return respond(codec, 200, codec.encodeResponse(rejected > 0 ? { partialSuccess } : {}), receipt);
}

/**
 * The loosest mode that is taken from this machine, and how long its developer lets things be kept. Costs nothing where
 * no record names another mode than `off`.
 */
async function permittedOf(
  db: D1Database,
  sender: Sender,
  logs: LogsRequest,
): Promise<{ mode: Mode; retentionDays: number }> {
  const nothing = { mode: "off", retentionDays: 0 } as const;
  if (logs.resourceLogs.every(({ resource }) => modeOf(resource) === "off")) return nothing;
  const permission = await readPermission(db, sender.agent);
  if (permission === undefined) return nothing;
  const { team, held } = permission;
  return { mode: await permittedMode(team, held, Date.now()), retentionDays: team.retentionDays };
}

function decode(codec: Codec, bytes: Uint8Array): LogsRequest {
  try {
    return codec.decodeRequest(bytes);
  } catch (error) {
    if (error instanceof DecodeError) throw new Refusal(400, "malformed_body");
    throw error;
  }
}

/** The team's allowance. When the object that holds it fails, data comes first: the request passes. */
async function admit(env: ApiBindings, sender: Sender, records: number): Promise<void> {
  if (records === 0) return;
  const verdict = await takeTokens(env, sender, records);
  if (verdict.allowed) return;
  throw new Refusal(429, "rate_limited", { "retry-after": String(verdict.retryAfterS) });
}

async function takeTokens(env: ApiBindings, sender: Sender, records: number) {
  try {
    const bucket = env.BUCKETS.get(env.BUCKETS.idFromName(`team:${sender.team}`));
    return await bucket.take(records, { eventsPerMinute: sender.eventsPerMinute, burst: sender.burst });
  } catch {
    console.error({ msg: "team bucket failed, request passes", code: "bucket_failed", team: sender.team });
    return { allowed: true, retryAfterS: 0 };
  }
}

async function enqueue(env: ApiBindings, settings: Settings, messages: readonly Message[]): Promise<void> {
  if (settings.INBOX === "on") await putInInbox(env.DB, messages, Date.now());
  try {
    for (const batch of toBatches(messages)) await env.INGEST.sendBatch(batch.map((body) => ({ body })));
  } catch {
    console.error({ msg: "queue refused messages", code: "queue_failed", messages: messages.length });
    // What is in the inbox is queued again later; without one the sender must come back.
    if (settings.INBOX !== "on") throw unavailable("queue_unavailable", 5 + Math.floor(Math.random() * 10));
  }
}

function refuse(error: unknown, codec: Codec | undefined): Response {
  const refusal = error instanceof Refusal ? error : unavailable("temporarily_unavailable", 10);
  if (refusal !== error) logFailure("ingest failed", error);
  const encoding = codec ?? codecFor("application/json");
  if (encoding === undefined) throw new Error("there is no JSON codec");
  const body = encoding.encodeStatus({ code: 0, message: refusal.code });
  return respond(encoding, refusal.status, body, refusal.headers);
}

function respond(
  codec: Codec,
  status: number,
  body: Uint8Array,
  headers: Record<string, string> = {},
): Response {
  return new Response(body.slice(), { status, headers: { ...headers, "content-type": codec.contentType } });
}

/** Any other path under /v1. */
export function unknownPath(request: Request): Response {
  return refuse(new Refusal(404, "not_found"), codecFor(request.headers.get("content-type") ?? ""));
}
