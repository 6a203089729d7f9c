import { fromHex, open, seal, teamKey, toHex } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";
import { newId } from "./ids.ts";

export interface Team {
  id: number;
  /** The only id that leaves the database. */
  publicId: string;
  name: string;
  timeZone: string;
  mode: string;
  /** Of content and categories; 0 keeps them for ever. */
  retentionDays: number;
  version: number;
  /** Milliseconds since the Unix epoch, UTC. */
  createdAt: number;
}

interface Row {
  id: number;
  public_id: string;
  name: string;
  time_zone: string;
  mode: string;
  retention_days: number;
  version: number;
  created_at: number;
}

const COLUMNS = "id, public_id, name, time_zone, mode, retention_days, version, created_at";

function toTeam(row: Row | null): Team | undefined {
  if (row === null) return undefined;
  const { public_id: publicId, time_zone: timeZone, retention_days: retentionDays, ...rest } = row;
  const { id, name, mode, version, created_at: createdAt } = rest;
  return { id, publicId, name, timeZone, mode, retentionDays, version, createdAt };
}

export async function findTeam(db: D1Database, id: number): Promise<Team | undefined> {
  return toTeam(await db.prepare(`SELECT ${COLUMNS} FROM teams WHERE id = ?1`).bind(id).first<Row>());
}

/** The one that a set-up made under that name, whatever it is called now. */
export async function findTeamOfSetup(db: D1Database, name: string): Promise<Team | undefined> {
  return toTeam(
    await db.prepare(`SELECT ${COLUMNS} FROM teams WHERE setup_name = ?1`).bind(name).first<Row>(),
  );
}

export async function findFirstTeam(db: D1Database): Promise<Team | undefined> {
  return toTeam(await db.prepare(`SELECT ${COLUMNS} FROM teams ORDER BY id LIMIT 1`).first<Row>());
}

export async function teamVersion(db: D1Database, id: number): Promise<number> {
  const row = await db
    .prepare("SELECT version FROM teams WHERE id = ?1")
    .bind(id)
    .first<{ version: number }>();
  return row?.version ?? 0;
}

/** The team that was made under that name, now if need be. Its time zone is the one it was made with. */
export async function ensureTeam(
  db: D1Database,
  wanted: { name: string; timeZone: string },
  kmsKey: Keyring,
  nowMs: number,
): Promise<Team> {
  const known = await findTeamOfSetup(db, wanted.name);
  if (known !== undefined) return known;
  await db
    .prepare(
      `INSERT INTO teams (public_id, setup_name, name, time_zone, salt, config_version, created_at)
        VALUES (?1, ?2, ?2, ?3, x'', ?4, ?4) ON CONFLICT DO NOTHING`,
    )
    .bind(newId("tm"), wanted.name, wanted.timeZone, nowMs)
    .run();
  const team = await findTeamOfSetup(db, wanted.name);
  if (team === undefined) throw new Error("the team vanished while it was made");
  await setSalt(db, team.id, kmsKey);
  return team;
}

/** Only where there is none yet: two enrolments at once agree on one salt. */
async function setSalt(db: D1Database, team: number, kmsKey: Keyring): Promise<void> {
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const sealed = await seal(await teamKey(kmsKey, team, "team-salt"), salt, `teams:${team}:salt`);
  await db
    .prepare("UPDATE teams SET salt = unhex(?2) WHERE id = ?1 AND salt = x''")
    .bind(team, toHex(sealed))
    .run();
}

/** 32 bytes that every developer of the team hashes with. */
export async function teamSalt(db: D1Database, team: number, kmsKey: Keyring): Promise<Uint8Array> {
  const row = await db
    .prepare("SELECT hex(salt) salt FROM teams WHERE id = ?1")
    .bind(team)
    .first<{ salt: string }>();
  if (row === null) throw new Error("the team does not exist");
  if (row.salt === "") {
    await setSalt(db, team, kmsKey);
    return teamSalt(db, team, kmsKey);
  }
  return open(await teamKey(kmsKey, team, "team-salt"), fromHex(row.salt), `teams:${team}:salt`);
}

/** The team's developer of that name, made if there is none. */
export async function ensureDeveloper(
  db: D1Database,
  team: number,
  wanted: { name: string; demo: boolean },
  nowMs: number,
): Promise<{ id: number; publicId: string }> {
  const [, , found] = await db.batch<{ id: number; public_id: string }>([
    db
      .prepare(
        `INSERT INTO developers (public_id, team, name, demo, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
          ON CONFLICT (team, name) DO NOTHING`,
      )
      .bind(newId("dev"), team, wanted.name, wanted.demo ? 1 : 0, nowMs),
    db.prepare("UPDATE teams SET version = version + 1 WHERE id = ?1 AND changes() > 0").bind(team),
    db.prepare("SELECT id, public_id FROM developers WHERE team = ?1 AND name = ?2").bind(team, wanted.name),
  ]);
  const row = found?.results[0];
  if (row === undefined) throw new Error("the developer vanished while it was made");
  return { id: row.id, publicId: row.public_id };
}

/** True when the team holds an invented developer. */
export async function isDemo(db: D1Database, team: number): Promise<boolean> {
  const row = await db
    .prepare("SELECT 1 FROM developers WHERE team = ?1 AND demo = 1 LIMIT 1")
    .bind(team)
    .first();
  return row !== null;
}
