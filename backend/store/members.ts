import type { Role } from "../domain/role.ts";
import { newId } from "./ids.ts";

/** The team's local member of that name, made if there is none. For set-ups on the same computer. */
export async function ensureLocalMember(
  db: D1Database,
  team: number,
  wanted: { label: string; role: Role },
  nowMs: number,
): Promise<number> {
  const find = db
    .prepare(
      "SELECT id FROM members WHERE team = ?1 AND label = ?2 AND subject = '' AND email = '' AND removed_at IS NULL",
    )
    .bind(team, wanted.label);
  const known = await find.first<{ id: number }>();
  if (known !== null) return known.id;
  const made = await db
    .prepare(
      "INSERT INTO members (public_id, team, label, role, created_at) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
    )
    .bind(newId("mem"), team, wanted.label, wanted.role, nowMs)
    .first<{ id: number }>();
  if (made === null) throw new Error("the member vanished while it was made");
  return made.id;
}
