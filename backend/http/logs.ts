import { type Codec, codecFor } from "#proto/codec.ts";
import { type Mode, modeOf } from "#proto/egress.ts";
import { DecodeError, type LogsRequest } from "#proto/logs.ts";
import { accept, countRecords } from "../domain/acceptance.ts";
import { toBatches, toMessages } from "../domain/chunks.ts";
import { permittedMode } from "../domain/consent.ts";
import { hashSecret, toHex } from "../domain/crypto.ts";
import type { Message } from "../domain/event.ts";
import { type ApiBindings, type Settings, settingsOf } from "../env.ts";
import { putInInbox } from "../store/inbox.ts";
import { readPermission } from "../store/consents.ts";
import type { Sender } from "../store/tokens.ts";
import { senderOf, tokenIn } from "./bearer.ts";
import { type BodyLimits, discardBody, readBody } from "./body.ts";
import { keepContents } from "./content-intake.ts";
import { logFailure } from "./failure.ts";
import { receiptFor } from "./receipts.ts";
import { Refusal, unavailable } from "./refusal.ts";
import { Waits } from "./waits.ts";

/** Constant, because it is sent back to any sender. */
const REJECTED = "records outside the egress contract were rejected";

/** Machines by the digest of their token. */
const WAITS = new Waits();

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
  const authorization = request.headers.get("authorization");
  const limits = limitsIn(settings);
  await refuseEarly(request, settings, limits);
  const sender = await senderOf(env.DB, authorization, settings, Date.now());
  if (codec === undefined) throw new Refusal(415, "unsupported_content_type");
  const body = await readBody(request, limits);
  const logs = decode(codec, body);
  const waitS = await waitFor(env, sender, countRecords(logs));
  if (waitS > 0) {
    WAITS.note(await waiterOf(authorization, settings), waitS, Date.now());
    throw tooMuch(waitS);
  }

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

/**
 * A machine that was told to wait and does not is told again: neither the database nor the bucket is asked, and nothing
 * that it sends is looked at. Others of its team are not meant.
 */
async function refuseEarly(request: Request, settings: Settings, limits: BodyLimits): Promise<void> {
  if (WAITS.isEmpty) return;
  const who = await waiterOf(request.headers.get("authorization"), settings);
  const leftS = WAITS.leftS(who, Date.now());
  if (leftS === undefined) return;
  await discardBody(request, limits);
  throw tooMuch(leftS);
}

function limitsIn(settings: Settings): BodyLimits {
  const { MAX_BODY_BYTES: sent, MAX_INFLATED_BYTES: inflated, BODY_TIMEOUT_MS: timeoutMs } = settings;
  return { sent, inflated, timeoutMs };
}

async function waiterOf(authorization: string | null, { PEPPER }: Settings): Promise<string> {
  return toHex(await hashSecret(tokenIn(authorization), PEPPER));
}

function tooMuch(waitS: number): Refusal {
  return new Refusal(429, "rate_limited", { "retry-after": String(waitS) });
}

/**
 * Seconds, by the team's allowance; 0 for what may pass. When the object that holds it fails, data comes first: the
 * request passes.
 */
async function waitFor(env: ApiBindings, sender: Sender, records: number): Promise<number> {
  if (records === 0) return 0;
  try {
    const { team, eventsPerMinute, burst } = sender;
    const bucket = env.BUCKETS.get(env.BUCKETS.idFromName(`team:${team}`));
    return (await bucket.take(records, { eventsPerMinute, burst })).retryAfterS;
  } catch {
    console.error({ msg: "team bucket failed, request passes", code: "bucket_failed", team: sender.team });
    return 0;
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
