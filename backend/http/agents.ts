import type { AgentCounter } from "#proto/agent-api.ts";
import type { agentRoutes } from "../domain/api/agents.ts";
import { toBase64Url } from "../domain/crypto.ts";
import { fingerprintOf } from "../domain/signing.ts";
import type { Mode } from "#proto/egress.ts";
import { countModes, listAgents, revokeAgent, type StoredAgent } from "../store/agents.ts";
import { isDeveloper } from "../store/developers.ts";
import {
  createEnrolmentToken,
  listEnrolmentTokens,
  type NewToken,
  revokeEnrolmentToken,
  type StoredToken,
} from "../store/enrolment-tokens.ts";
import { teamGroupingKey, teamSigningKey } from "../store/signing.ts";
import { PAGE, pageOf } from "./list-page.ts";
import { Refusal } from "./refusal.ts";
import type { Handled, Handlers } from "./route-table.ts";

const DAY_MS = 86_400_000;
/** Machines that were not heard of for so long say nothing of what is in force. */
const LIVE_DAYS = 30;
/** Fewer people than these are told nothing about: a count would be about somebody. */
const FLOOR = 5;

export const agents: Handlers<typeof agentRoutes> = {
  "GET /api/agents": async ({ db, actor, query }) => {
    const { page, next } = pageOf(await listAgents(db, actor.team, { after: query.cursor, limit: PAGE + 1 }));
    return { agents: page.map(toAgent), next };
  },
  "GET /api/agents/modes": async ({ db, actor, nowMs }) => {
    const counts = await countModes(db, actor.team, nowMs - LIVE_DAYS * DAY_MS);
    const of = (mode: Mode) => counts.byMode.get(mode) ?? 0;
    const modes = {
      off: of("off"),
      categorize_local: of("categorize_local"),
      categorize_cloud: of("categorize_cloud"),
      full: of("full"),
    };
    return { total: counts.total, modes: counts.developers < FLOOR ? null : modes };
  },
  "DELETE /api/agents/:agent": async ({ db, actor, params, nowMs }) => {
    if (!(await revokeAgent(db, actor, params.agent, nowMs))) throw new Refusal(404, "not_found");
  },
  "GET /api/enrolment-tokens": async ({ db, actor, query, nowMs }) => {
    const wanted = { after: query.cursor, limit: PAGE + 1 };
    const { page, next } = pageOf(await listEnrolmentTokens(db, actor.team, wanted, nowMs));
    return { tokens: page.map(toToken), next };
  },
  "POST /api/enrolment-tokens": createToken,
  "DELETE /api/enrolment-tokens/:token": async ({ db, actor, params, nowMs }) => {
    if (!(await revokeEnrolmentToken(db, actor, params.token, nowMs))) throw new Refusal(404, "not_found");
  },
};

async function createToken(request: Handled<(typeof agentRoutes)["POST /api/enrolment-tokens"]>) {
  const { db, actor, settings, body, nowMs } = request;
  const wanted: NewToken = {
    kind: body.kind,
    label: body.label,
    developer: body.kind === "person" ? body.developer : undefined,
    realName: body.kind === "person" && body.developer === undefined ? body.name : "",
    maxUses: body.kind === "person" ? 1 : body.maxUses,
    expiresAt: nowMs + body.expiresInDays * DAY_MS,
  };
  if (wanted.developer !== undefined && !(await isDeveloper(db, actor.team, wanted.developer))) {
    throw new Refusal(404, "unknown_developer");
  }
  const { publicKey } = await teamSigningKey(db, actor.team, settings.KMS_KEY);
  const made = await createEnrolmentToken(db, actor, wanted, { pepper: settings.PEPPER, nowMs });
  if (made === undefined) throw new Refusal(409, "too_many_tokens");
  const parts = [made.secret, toBase64Url(await fingerprintOf(publicKey))];
  if (body.kind === "bulk") parts.push(toBase64Url(await teamGroupingKey(db, actor.team, settings.KMS_KEY)));
  return { token: toToken(made.token), secret: parts.join(".") };
}

function toToken({ developer, developerLabel, ...rest }: StoredToken) {
  return { ...rest, developer: developer === null ? null : { id: developer, label: developerLabel ?? "" } };
}

/** A machine says at once that another mode is in force: beside the trail, the moment would tell who accepted. */
const SEEN_STEP_MS = 10 * 60_000;

function toAgent({ developer, developerLabel, policySource, counters, seenAt, ...rest }: StoredAgent) {
  const step = seenAt === null ? null : Math.floor(seenAt / SEEN_STEP_MS) * SEEN_STEP_MS;
  return {
    ...rest,
    seenAt: step && Math.max(step, rest.createdAt),
    developer: { id: developer, label: developerLabel },
    policySource: shownSource(policySource),
    counters: countersIn(counters),
  };
}

/** Whether a managed policy is in force, and no more: the other sources would tell who did not accept the team's mode. */
function shownSource(source: string): "" | "managed" | "unmanaged" {
  if (source === "") return "";
  return source === "managed" ? "managed" : "unmanaged";
}

/**
 * What did not get through, of the numbers alone. How much was read or sent stays here: beside the reports it would tell
 * whose answers are sent too.
 */
const SHOWN: ReadonlySet<string> = new Set<AgentCounter>(["dropped", "rejected", "parked", "queued"]);

function countersIn(json: string): Record<string, number> {
  const said: unknown = JSON.parse(json);
  return Object.fromEntries(
    Object.entries(said ?? {}).filter(
      (entry): entry is [string, number] => SHOWN.has(entry[0]) && typeof entry[1] === "number",
    ),
  );
}
