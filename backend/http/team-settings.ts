import * as z from "zod";
import { MODES } from "#proto/egress.ts";
import type { MemberActor } from "../domain/actor.ts";
import type { teamRoutes } from "../domain/api/team.ts";
import { toHex } from "../domain/crypto.ts";
import { isAtLeast } from "../domain/role.ts";
import { fingerprintOf } from "../domain/signing.ts";
import { listDevelopers } from "../store/developers.ts";
import { teamSigningKey } from "../store/signing.ts";
import {
  changeSetting,
  readTeamSettings,
  type SettingChange,
  type TeamSettings,
} from "../store/team-settings.ts";
import { groups } from "./groups.ts";
import { PAGE, pageOf } from "./list-page.ts";
import { Refusal } from "./refusal.ts";
import type { Handled, Handlers } from "./route-table.ts";

const GroupNames = z.array(z.object({ id: z.string(), name: z.string() }));

export const team: Handlers<typeof teamRoutes> = {
  "GET /api/team": async ({ db, actor, settings }) => {
    const { publicId: id, ...rest } = await settingsFor(db, actor.team);
    const { publicKey } = await teamSigningKey(db, actor.team, settings.KMS_KEY);
    return { id, ...rest, fingerprint: toHex(await fingerprintOf(publicKey)) };
  },
  "PATCH /api/team": patchTeam,
  "PUT /api/team/mode": async ({ db, actor, body, nowMs }) => {
    await change(db, actor, nowMs, ({ mode }) => {
      if (isLooser(body.mode, mode)) {
        if (!isAtLeast(actor.role, "owner")) throw new Refusal(403, "not_allowed");
        if (body.confirm !== body.mode) throw new Refusal(409, "confirmation_missing");
      }
      return setting("mode", "team.mode", mode, body.mode);
    });
  },
  "PUT /api/team/visibility": async ({ db, actor, body, nowMs }) => {
    await change(db, actor, nowMs, ({ visibility }) =>
      setting("visibility", "team.visibility", visibility, body.visibility),
    );
  },
  "PUT /api/team/retention": async ({ db, actor, body, nowMs }) => {
    await change(db, actor, nowMs, ({ retentionDays }) =>
      setting("retention_days", "team.retention", retentionDays, body.retentionDays),
    );
  },
  "GET /api/developers": async ({ db, actor, query }) => {
    const wanted = { after: query.cursor, limit: PAGE + 1 };
    const { page, next } = pageOf(await listDevelopers(db, actor.team, wanted));
    return {
      developers: page.map(({ groups: json, ...rest }) => ({
        ...rest,
        groups: GroupNames.parse(JSON.parse(json)),
      })),
      next,
    };
  },
  ...groups,
};

async function patchTeam({ db, actor, body, nowMs }: Handled<(typeof teamRoutes)["PATCH /api/team"]>) {
  const { name, features = {}, saltPolicy } = body;
  await change(db, actor, nowMs, (now) => {
    if (name === undefined || name === now.name) return undefined;
    return { column: "name", value: name, action: "team.update", metadata: { changed: "name" } };
  });
  await change(db, actor, nowMs, ({ features: now }) => {
    const { projects = now.projects, activity = now.activity } = features;
    if (projects === now.projects && activity === now.activity) return undefined;
    const metadata = { changed: "features", projects, activity };
    const value = JSON.stringify({ projects, activity });
    return { column: "features", value, action: "team.update", metadata };
  });
  await change(db, actor, nowMs, (now) =>
    setting("salt_policy", "team.salt_policy", now.saltPolicy, saltPolicy ?? now.saltPolicy),
  );
}

function setting<T extends string | number>(
  column: SettingChange["column"],
  action: SettingChange["action"],
  from: T,
  to: T,
): SettingChange | undefined {
  return from === to ? undefined : { column, value: to, action, metadata: { from, to } };
}

/** Of two who change something at once, the second decides again by what the first made of it. */
const TRIES = 5;

async function change(
  db: D1Database,
  actor: MemberActor,
  nowMs: number,
  decide: (now: TeamSettings) => SettingChange | undefined,
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const seen = await settingsFor(db, actor.team);
    const wanted = decide(seen);
    if (wanted === undefined || (await changeSetting(db, actor, { change: wanted, seen }, nowMs))) return;
  }
  throw new Refusal(409, "changed_meanwhile");
}

async function settingsFor(db: D1Database, id: number): Promise<TeamSettings> {
  const found = await readTeamSettings(db, id);
  if (found === undefined) throw new Refusal(401, "signed_out");
  return found;
}

function isLooser(mode: TeamSettings["mode"], than: TeamSettings["mode"]): boolean {
  return MODES.indexOf(mode) > MODES.indexOf(than);
}
