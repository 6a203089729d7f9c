import { Hono, type MiddlewareHandler } from "hono";
import * as z from "zod";
import { isTimeZone } from "../domain/calendar.ts";
import { hashSecret, sameDigest, toBase64Url } from "../domain/crypto.ts";
import { settingsOf } from "../env.ts";
import { ensureDeveloper, ensureTeam, findFirstTeam, findTeamByName, teamSalt } from "../store/teams.ts";
import { createToken } from "../store/tokens.ts";
import { createCode } from "../store/viewers.ts";
import type { ApiEnv } from "./context.ts";
import { Refusal } from "./refusal.ts";
import { json } from "./validate.ts";

const Label = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .regex(/^\P{Cc}*$/u);

const EnrolBody = z.strictObject({
  team: Label,
  timeZone: z.string().max(60).refine(isTimeZone),
  developer: Label,
  demo: z.boolean().default(false),
});

/** Of the first team, when none is named. */
const CodeBody = z.strictObject({ team: Label.optional(), viewer: Label.default("You") });

/** Without the secret in the environment these routes do not exist. */
const withSecret: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const { SETUP_SECRET: secret, PEPPER } = settingsOf(c.env);
  if (secret === undefined) throw new Refusal(404, "not_found");
  const [, given = ""] = /^Bearer (\S+)$/.exec(c.req.header("authorization") ?? "") ?? [];
  const [a, b] = await Promise.all([hashSecret(given, PEPPER), hashSecret(secret, PEPPER)]);
  if (!sameDigest(a, b)) throw new Refusal(401, "unknown_secret");
  await next();
};

/** What a set-up on the same computer needs. Idempotent by name, but for the token: each call makes another. */
export const local = new Hono<ApiEnv>()
  .use(withSecret)
  .post("/enrol", json(EnrolBody), async (c) => {
    const { team: name, timeZone, developer: person, demo } = c.req.valid("json");
    const { KMS_KEY, PEPPER } = settingsOf(c.env);
    const nowMs = Date.now();
    const team = await ensureTeam(c.env.DB, { name, timeZone }, KMS_KEY, nowMs);
    const developer = await ensureDeveloper(c.env.DB, team.id, { name: person, demo }, nowMs);
    const agentToken = await createToken(c.env.DB, { team: team.id, developer }, PEPPER, nowMs);
    const salt = await teamSalt(c.env.DB, team.id, KMS_KEY);
    return c.json({
      teamId: String(team.id),
      developerId: String(developer),
      agentToken,
      teamSalt: toBase64Url(salt),
      mode: team.mode,
    });
  })
  .post("/sign-in-code", json(CodeBody), async (c) => {
    const { team: name, viewer } = c.req.valid("json");
    const team = name === undefined ? await findFirstTeam(c.env.DB) : await findTeamByName(c.env.DB, name);
    if (team === undefined) throw new Refusal(404, "unknown_team");
    const code = await createCode(
      c.env.DB,
      { team: team.id, label: viewer },
      settingsOf(c.env).PEPPER,
      Date.now(),
    );
    return c.json({ code });
  });
