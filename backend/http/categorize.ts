import { MODES } from "#proto/egress.ts";
import { guardHints } from "#proto/leak-guard.ts";
import { costOf, monthAt, mostOf } from "../categorize/cost.ts";
import { Haiku, MAX_ANSWER_TOKENS } from "../categorize/haiku.ts";
import type { Asked, Guess } from "../categorize/model.ts";
import { INSTRUCTIONS, messageFor } from "../categorize/prompt.ts";
import type { AgentActor } from "../domain/actor.ts";
import type { categorizeRoutes } from "../domain/api/categorize.ts";
import { permittedMode } from "../domain/consent.ts";
import type { ApiBindings, Settings } from "../env.ts";
import type { Entry, GatePolicy } from "../objects/categorize-gate.ts";
import { addCall, type CallCost, readMonth } from "../store/categorize-cost.ts";
import { readPermission } from "../store/consents.ts";
import { errorCode } from "../store/error-code.ts";
import { receiptFor } from "./receipts.ts";
import { Refusal, unavailable } from "./refusal.ts";
import type { Handled, Handlers } from "./route-table.ts";

type Route = "POST /v1/categorize";
type Request = Handled<(typeof categorizeRoutes)[Route]>;
type Answer = { category: Guess["category"]; confidence: number; task_hint?: string; project_hint?: string };

const PICODOLLARS_PER_CENT = 10_000_000_000n;

/** One prompt in, a category out. The text is in this request's memory alone. */
export const categorize: Handlers<typeof categorizeRoutes> = {
  "POST /v1/categorize": async (request) => {
    const { c, db, settings, actor, nowMs } = request;
    await demandConsent(db, actor, nowMs);
    const work = askModel(request);
    // A machine that gives up must not leave a call uncounted.
    c.executionCtx.waitUntil(work.catch(() => undefined));
    const answer = await work;
    const received = { db, kms: settings.KMS_KEY, nowMs };
    const receipt = await receiptFor(received, actor, c.req.raw.headers, await c.req.bytes());
    for (const [name, value] of Object.entries(receipt)) c.header(name, value);
    return answer;
  },
};

/** The server's own look, whatever the machine believes. */
async function demandConsent(db: D1Database, { agent }: AgentActor, nowMs: number): Promise<void> {
  const permission = await readPermission(db, agent);
  const mode = permission && (await permittedMode(permission.team, permission.held, nowMs));
  if (MODES.indexOf(mode ?? "off") < MODES.indexOf("categorize_cloud")) {
    throw new Refusal(403, "mode_not_permitted");
  }
}

async function askModel({ c, db, settings, actor, body: { prompt }, nowMs }: Request): Promise<Answer> {
  const { ANTHROPIC_API_KEY: apiKey } = settings;
  if (apiKey === undefined) throw new Refusal(501, "not_configured");
  const month = monthAt(nowMs);
  const entry = await enter(c.env, actor.team, settings);
  try {
    await demandMoney(db, { team: actor.team, month, inside: entry.inside }, { prompt, settings, nowMs });
    const model = new Haiku({
      apiKey,
      baseUrl: settings.ANTHROPIC_BASE_URL,
      model: settings.ANTHROPIC_MODEL,
      timeoutMs: settings.ANTHROPIC_TIMEOUT_MS,
    });
    const asked = await model.ask(prompt);
    const cost = costIn(asked, nowMs);
    if (cost !== undefined) await count(db, actor.team, month, cost);
    return answerFor(asked, prompt);
  } finally {
    await leave(c.env, actor.team, entry.id);
  }
}

function gateOf(env: ApiBindings, team: number) {
  return env.CATEGORIZE_GATES.get(env.CATEGORIZE_GATES.idFromName(`team:${team}`));
}

/** Unlike for data, nothing passes when the object that counts fails: each call costs money. */
async function enter(
  env: ApiBindings,
  team: number,
  settings: Settings,
): Promise<Extract<Entry, { allowed: true }>> {
  const policy: GatePolicy = {
    eventsPerMinute: settings.CATEGORIZE_PER_MINUTE,
    burst: settings.CATEGORIZE_PER_MINUTE,
    atOnce: settings.CATEGORIZE_AT_ONCE,
    longestMs: 3 * settings.ANTHROPIC_TIMEOUT_MS,
  };
  const entry = await tryEnter(env, team, policy);
  if (entry.allowed) return entry;
  throw new Refusal(429, "rate_limited", { "retry-after": String(entry.retryAfterS) });
}

async function tryEnter(env: ApiBindings, team: number, policy: GatePolicy): Promise<Entry> {
  try {
    return await gateOf(env, team).enter(policy);
  } catch {
    console.error({ msg: "the gate of a team's calls failed, refused", code: "gate_failed", team });
    throw unavailable("temporarily_unavailable", 10);
  }
}

async function leave(env: ApiBindings, team: number, id: string): Promise<void> {
  try {
    await gateOf(env, team).leave(id);
  } catch {
    // Its place becomes free by itself.
    console.error({
      msg: "the gate of a team's calls failed, a place stays taken",
      code: "gate_failed",
      team,
    });
  }
}

/**
 * Calls that are under way, or whose cost is not known, are counted as if each were the dearest possible: so the limit
 * is never passed.
 */
async function demandMoney(
  db: D1Database,
  { team, month, inside }: { team: number; month: string; inside: number },
  { prompt, settings, nowMs }: { prompt: string; settings: Settings; nowMs: number },
): Promise<void> {
  const bytes = new TextEncoder().encode(INSTRUCTIONS + messageFor(prompt)).length;
  const call = { model: settings.ANTHROPIC_MODEL, bytes, outputTokens: MAX_ANSWER_TOKENS };
  const most = mostOf(call, nowMs) ?? 0n;
  const { cost, unknown, capCents } = await readMonth(db, team, month);
  const cap = BigInt(capCents ?? settings.CATEGORIZE_CAP_CENTS) * PICODOLLARS_PER_CENT;
  if (cost + most * BigInt(inside + unknown) > cap) throw new Refusal(402, "over_cap");
}

/** Undefined where nothing was paid for. */
function costIn(asked: Asked, nowMs: number): CallCost | undefined {
  const unknown = { input: 0, output: 0, cost: undefined };
  if (asked.kind === "unavailable") return asked.mayHaveCost ? unknown : undefined;
  const { usage } = asked;
  // A prompt that was refused at the door has no counts, and no price.
  if (usage === undefined) return asked.kind === "guess" ? unknown : undefined;
  const input = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
  return { input, output: usage.output, cost: costOf(usage, nowMs) };
}

/** The answer is paid for already: it goes out also when it could not be counted. */
async function count(db: D1Database, team: number, month: string, cost: CallCost): Promise<void> {
  try {
    await addCall(db, team, month, cost);
  } catch (error) {
    console.error({ msg: "a call was not counted", code: errorCode(error), team });
  }
}

function answerFor(asked: Asked, prompt: string): Answer {
  if (asked.kind === "unavailable") {
    console.error({ msg: "a prompt was not categorized", code: asked.code });
    throw unavailable(asked.code, asked.retryAfterS);
  }
  if (asked.kind === "unusable") throw new Refusal(422, "no_category");
  const { category, confidence, task, project } = asked.guess;
  const hints = guardHints({ task, project }, prompt);
  return {
    category,
    // In tenths: more digits would be room for a number that the prompt dictates.
    confidence: Math.round(confidence * 10) / 10,
    ...(hints.task && "kept" in hints.task && { task_hint: hints.task.kept }),
    ...(hints.project && "kept" in hints.project && { project_hint: hints.project.kept }),
  };
}
