import { Hono, type MiddlewareHandler } from "hono";
import * as z from "zod";
import { Name } from "../domain/api/fields.ts";
import { formatDay, isTimeZone } from "../domain/calendar.ts";
import { hashSecret, sameDigest, toBase64Url } from "../domain/crypto.ts";
import { Day, isOrdered } from "../domain/range.ts";
import { ROLES } from "../domain/role.ts";
import { settingsOf } from "../env.ts";
import {
  ensureDeveloper,
  ensureTeam,
  findFirstTeam,
  findTeamOfSetup,
  type Team,
  teamSalt,
} from "../store/teams.ts";
import { rotateKeys } from "./keys-rotation.ts";
import { replayDeadLetters } from "./replay.ts";
import { createToken } from "../store/tokens.ts";
import { linkOrganization } from "../store/organizations.ts";
import { ensureLocalMember } from "../store/members.ts";
import { createCode } from "../store/sign-ins.ts";
import { repairDay } from "../store/repair.ts";
import type { ApiEnv } from "./context.ts";
import { Refusal } from "./refusal.ts";
import { json } from "./validate.ts";

const EnrolBody = z.strictObject({
  team: Name,
  timeZone: z.string().max(60).refine(isTimeZone),
  developer: Name,
  demo: z.boolean().default(false),
});

/** Of the first team, when none is named. */
const CodeBody = z.strictObject({
  team: Name.optional(),
  viewer: Name.default("You"),
  role: z.enum(ROLES).default("owner"),
});

/** Whose members may sign in to the team by the identity provider. */
const OrganizationBody = z.strictObject({
  team: Name.optional(),
  organization: z.string().regex(/^org_\w{1,60}$/),
});

const TeamBody = z.strictObject({ team: Name.optional() });

/** Recomputes these days' sums from their events and says how many rows differed. */
const RepairBody = z.strictObject({ team: Name.optional(), from: Day, to: Day }).refine(isOrdered);

/** Where the call before ended. */
const RotateBody = z.strictObject({ cursor: z.string().max(200).optional() });

/** Events of older days are, or may soon be, deleted: their sums are all there is. */
const REPAIRABLE_DAYS = 118;
const DAY_MS = 86_400_000;

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
    const agentToken = await createToken(c.env.DB, { team: team.id, developer: developer.id }, PEPPER, nowMs);
    const salt = await teamSalt(c.env.DB, team.id, KMS_KEY);
    return c.json({
      teamId: String(team.id),
      developerId: String(developer.id),
      team: team.publicId,
      developer: developer.publicId,
      agentToken,
      teamSalt: toBase64Url(salt),
      mode: team.mode,
    });
  })
  .post("/sign-in-code", json(CodeBody), async (c) => {
    const { team: name, viewer: label, role } = c.req.valid("json");
    const team = await teamNamed(c.env.DB, name);
    const nowMs = Date.now();
    const member = await ensureLocalMember(c.env.DB, team.id, { label, role }, nowMs);
    const code = await createCode(c.env.DB, member, settingsOf(c.env).PEPPER, nowMs);
    return c.json({ code });
  })
  .post("/organization", json(OrganizationBody), async (c) => {
    const { team: name, organization } = c.req.valid("json");
    const team = await teamNamed(c.env.DB, name);
    if (!(await linkOrganization(c.env.DB, team.id, organization))) throw new Refusal(409, "already_linked");
    return c.json({ team: team.publicId });
  })
  .post("/dead-letters/replay", json(TeamBody), async (c) => {
    const team = await teamNamed(c.env.DB, c.req.valid("json").team);
    return c.json(await replayDeadLetters(c.env, team.id, Date.now()));
  })
  .post("/keys/rotate", json(RotateBody), async (c) =>
    c.json(await rotateKeys(c.env, c.req.valid("json").cursor, Date.now())),
  )
  .post("/repair", json(RepairBody), async (c) => {
    const { team: name, from, to } = c.req.valid("json");
    const team = await teamNamed(c.env.DB, name);
    const oldest = Math.floor(Date.now() / DAY_MS) - REPAIRABLE_DAYS;
    const days: { day: string; differing: number }[] = [];
    for (let day = Math.max(from, oldest); day <= to; day += 1) {
      days.push({ day: formatDay(day), differing: await repairDay(c.env.DB, team.id, day) });
    }
    return c.json({ days });
  });

async function teamNamed(db: D1Database, name: string | undefined): Promise<Team> {
  const team = name === undefined ? await findFirstTeam(db) : await findTeamOfSetup(db, name);
  if (team === undefined) throw new Refusal(404, "unknown_team");
  return team;
}
