import type { auditRoutes } from "../domain/api/audit.ts";
import { createApiKey, listApiKeys, revokeApiKey } from "../store/api-keys.ts";
import { Refusal } from "./refusal.ts";
import type { Handlers } from "./route-table.ts";

const PAGE = 100;

type KeyRoutes = Pick<typeof auditRoutes, "GET /api/keys" | "POST /api/keys" | "DELETE /api/keys/:key">;

/** What programs of the team read with. */
export const keys: Handlers<KeyRoutes> = {
  "GET /api/keys": ({ db, actor, query, nowMs }) =>
    listApiKeys(db, actor.team, { before: query.cursor, limit: PAGE }, nowMs),
  "POST /api/keys": async ({ db, actor, body, settings, nowMs }) => {
    const made = await createApiKey(db, actor, { wanted: body, pepper: settings.PEPPER }, nowMs);
    if (made === undefined) throw new Refusal(409, "too_many_keys");
    return made;
  },
  "DELETE /api/keys/:key": async ({ db, actor, params, nowMs }) => {
    if (!(await revokeApiKey(db, actor, params.key, nowMs))) throw new Refusal(404, "not_found");
  },
};
