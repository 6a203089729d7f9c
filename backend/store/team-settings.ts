import type { Mode } from "#proto/egress.ts";
import type { AuditAction, AuditMetadata } from "../domain/audit.ts";
import { auditActor } from "../domain/audit.ts";
import type { MemberActor } from "../domain/actor.ts";
import { audited } from "./audit.ts";

/** What the team decided. Read from the database as it is; the routes' schemas check it where it goes out. */
export interface TeamSettings {
  publicId: string;
  name: string;
  timeZone: string;
  /** The loosest that the team allows. */
  mode: Mode;
  visibility: "pseudonyms" | "names";
  /** Of content and categories; 0 keeps them for ever. */
  retentionDays: 30 | 90 | 365 | 0;
  saltPolicy: "server" | "managed";
  features: Features;
  configVersion: number;
  /** Milliseconds since the Unix epoch, UTC. */
  createdAt: number;
}

export interface Features {
  projects: boolean;
  activity: boolean;
}

type Row = Omit<TeamSettings, "features"> & { projects: number; activity: number };

export async function readTeamSettings(db: D1Database, team: number): Promise<TeamSettings | undefined> {
  const row = await db
    .prepare(
      `SELECT public_id publicId, name, time_zone timeZone, mode, visibility, retention_days retentionDays,
              salt_policy saltPolicy, coalesce(features ->> 'projects', 0) projects,
              coalesce(features ->> 'activity', 0) activity, config_version configVersion, created_at createdAt
         FROM teams WHERE id = ?1 AND deleted_at IS NULL`,
    )
    .bind(team)
    .first<Row>();
  if (row === null) return undefined;
  const { projects, activity, ...rest } = row;
  return { ...rest, features: { projects: projects === 1, activity: activity === 1 } };
}

/**
 * `?2` is the time now. Machines take no version smaller than one they saw. After an older database was restored, the
 * next change is ahead of all that it gave out before, because versions are never behind the clock.
 */
const NEW_CONFIG = "config_version = max(config_version + 1, ?2)";

export interface SettingChange {
  column: "mode" | "visibility" | "retention_days" | "salt_policy" | "name" | "features";
  value: string | number;
  action: AuditAction;
  metadata: AuditMetadata;
}

/** False when the settings are no longer `seen`: then nothing was changed. */
export async function changeSetting(
  db: D1Database,
  actor: MemberActor,
  { change, seen }: { change: SettingChange; seen: TeamSettings },
  nowMs: number,
): Promise<boolean> {
  const { column, value, action, metadata } = change;
  const entry = { actor: auditActor(actor), action, metadata } as const;
  const update = db
    .prepare(
      `UPDATE teams SET ${column} = ?3, ${NEW_CONFIG}, version = version + 1
        WHERE id = ?1 AND config_version = ?4 AND deleted_at IS NULL`,
    )
    .bind(actor.team, nowMs, value, seen.configVersion);
  return (await audited(db, actor.team, entry, nowMs, [update])).changed;
}
