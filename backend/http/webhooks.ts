import { type ClerkEvent, nameFrom, organizationIn, parseClerkEvent, personIn } from "../auth/clerk-event.ts";
import { parseJson, verifiedPayload } from "../auth/clerk-webhook.ts";
import { SYSTEM } from "../domain/audit.ts";
import { type ApiBindings, settingsOf } from "../env.ts";
import { audited } from "../store/audit.ts";
import { destroyKeyOf } from "../store/content-keys.ts";
import { createTeamFor, deleteTeamFor, renameTeamFor } from "../store/organization-teams.ts";
import {
  applyMembership,
  endSession,
  type Message,
  removeMembership,
  removePerson,
  teamOfOrganization,
} from "../store/organizations.ts";
import { handleOnce, spendOnce } from "../store/webhooks.ts";
import { takeAllowance } from "./allowance.ts";
import { readBody } from "./body.ts";
import { logFailure } from "./failure.ts";
import { Refusal, unavailable } from "./refusal.ts";

/** Organizations and people carry metadata of their own, of which nothing is read here. */
const LIMIT_BYTES = 256 * 1024;
/** Refused messages of one team that its trail takes: who sends them need not know any secret. */
const REFUSED = { eventsPerMinute: 1 / 60, burst: 5 };

/** `POST /webhooks/clerk`: what happened at the identity provider. */
export async function postClerkWebhook(request: Request, env: ApiBindings): Promise<Response> {
  const nowMs = Date.now();
  try {
    await receive(request, env, nowMs);
    return new Response(null, { status: 204 });
  } catch (error) {
    const refusal = error instanceof Refusal ? error : unavailable("temporarily_unavailable", 10);
    if (refusal !== error) logFailure("webhook failed", error);
    const body = { error: { code: refusal.code, message: "The message was refused." } };
    return Response.json(body, { status: refusal.status, headers: refusal.headers });
  }
}

async function receive(request: Request, env: ApiBindings, nowMs: number): Promise<void> {
  const { CLERK_WEBHOOK_SECRET: secret, BODY_TIMEOUT_MS: timeoutMs } = settingsOf(env);
  if (secret === undefined) throw new Refusal(404, "not_found");
  if (request.method !== "POST") throw new Refusal(405, "method_not_allowed", { allow: "POST" });
  const bytes = await readBody(request, { sent: LIMIT_BYTES, inflated: LIMIT_BYTES, timeoutMs });
  const body = new TextDecoder().decode(bytes);
  const message = await verifiedPayload(request.headers, body, secret);
  if (message === undefined) {
    await noteRefusal(env, organizationIn(parseJson(body)), nowMs);
    throw new Refusal(401, "invalid_signature");
  }
  const event = parseClerkEvent(message.payload);
  if (event === undefined) throw new Refusal(400, "invalid_body");
  if (event === "other") return;
  const spend = spendOnce(env.DB, `webhook ${message.id}`, nowMs);
  const atMs = event.timestamp ?? message.sentAtMs;
  await handleOnce(() => apply(env.DB, event, { spend, atMs, nowMs }));
  // Also for a repeat: the first may have ended in between.
  if (event.type === "organization.deleted") await destroyKeyOf(env.CONTENT_KEYS, env.DB, event.data.id);
}

// oxlint-disable-next-line consistent-return -- the types see to it that every kind of event returns
function apply(db: D1Database, event: ClerkEvent, message: Message): Promise<void> {
  switch (event.type) {
    case "organizationMembership.created":
      return applyMembership(db, { ...personIn(event.data), isNew: true }, message);
    case "organizationMembership.updated":
      return applyMembership(db, { ...personIn(event.data), isNew: false }, message);
    case "organizationMembership.deleted":
      return removeMembership(db, personIn(event.data), message);
    case "organization.created":
      return createTeamFor(db, event.data.id, nameFrom(event.data.name) ?? "Team", message);
    case "organization.updated":
      return renameTeamFor(db, event.data.id, nameFrom(event.data.name) ?? "Team", message);
    case "organization.deleted":
      return deleteTeamFor(db, event.data.id, message);
    case "user.deleted":
      return removePerson(db, event.data.id, message);
    case "session.ended":
    case "session.removed":
    case "session.revoked":
      return endSession(db, event.data.id, message);
  }
}

/** In the trail of the team that it claims to be about, a few an hour. */
async function noteRefusal(env: ApiBindings, organization: string | undefined, nowMs: number): Promise<void> {
  const team = organization === undefined ? undefined : await teamOfOrganization(env.DB, organization);
  if (team === undefined) return;
  const { allowed } = await takeAllowance(env, `refused webhooks ${team}`, REFUSED);
  if (!allowed) return;
  const entry = { actor: SYSTEM, action: "webhook.refused", metadata: { reason: "signature" } } as const;
  await audited(env.DB, team, entry, nowMs, []);
}
