import type { machineRoutes } from "../domain/api/machine.ts";
import { endAgent, noteStatus } from "../store/agents.ts";
import { acceptConsent, newNonce, withdrawConsent } from "../store/consents.ts";
import { eraseDeveloper, mayErase } from "../store/erasure.ts";
import { joinManagedGroups } from "../store/managed-groups.ts";
import { newLinkCode, unlinkDeveloper } from "../store/own-machines.ts";
import { readTeamSettings } from "../store/team-settings.ts";
import { rotateToken } from "../store/tokens.ts";
import { agentConfig, tagOf } from "./agent-config.ts";
import { enrol } from "./enrol.ts";
import { allowLink, allowRotation } from "./enrol-allowance.ts";
import { cached, isKnown } from "./etag.ts";
import { Refusal } from "./refusal.ts";
import type { Handlers } from "./route-table.ts";

/** What machines call. */
export const machines: Handlers<typeof machineRoutes> = {
  "POST /v1/enroll": enrol,
  "GET /v1/agent/config": async ({ c, db, settings, actor, nowMs }) => {
    const team = await readTeamSettings(db, actor.team);
    if (team === undefined) throw new Refusal(401, "unknown_token");
    const tag = tagOf(team, actor.id, nowMs);
    if (isKnown(c.req.header("if-none-match"), tag)) return c.body(null, 304, cached(tag));
    const wanted = { team: actor.team, agent: actor.id, settings: team };
    return c.json(await agentConfig(db, wanted, settings.KMS_KEY, nowMs), 200, cached(tag));
  },
  "POST /v1/agent/status": async ({ db, actor, body, nowMs }) => {
    await noteStatus(db, actor, body, nowMs);
    if (body.groups !== undefined) await joinManagedGroups(db, actor, body.groups, nowMs);
  },
  "POST /v1/agent/token": async ({ c, db, settings, actor, nowMs }) => {
    await allowRotation(c.env, actor);
    const agentToken = await rotateToken(db, actor, settings.PEPPER, nowMs);
    if (agentToken === undefined) throw new Refusal(403, "revoked_token");
    return { agentToken };
  },
  "POST /v1/agent/consent/nonce": async ({ db, actor, nowMs }) => ({
    nonce: await newNonce(db, actor.agent, nowMs),
  }),
  "POST /v1/agent/consent": async ({ db, actor, body, nowMs }) => {
    if (!(await acceptConsent(db, actor, body, nowMs))) throw new Refusal(409, "consent_refused");
  },
  "POST /v1/agent/consent/withdraw": async ({ db, actor, nowMs }) => {
    await withdrawConsent(db, actor, nowMs);
  },
  "POST /v1/agent/link": async ({ c, db, settings, actor, nowMs }) => {
    await allowLink(c.env, actor);
    const page = `${settings.PUBLIC_URL ?? new URL(c.req.url).origin}/settings/account`;
    return { ...(await newLinkCode(db, actor, settings.PEPPER, nowMs)), page };
  },
  "POST /v1/agent/unlink": async ({ db, actor, nowMs }) => {
    await unlinkDeveloper(db, actor, nowMs);
  },
  "POST /v1/agent/unenroll": async ({ c, db, actor, body, nowMs }) => {
    if (body.erase) {
      if (!(await mayErase(db, actor))) throw new Refusal(409, "not_first_machine");
      // First, so that the token still opens a second try when it fails.
      await eraseDeveloper({ db, bucket: c.env.CONTENT }, actor, nowMs);
    }
    await endAgent(db, actor, body.erase, nowMs);
  },
};
