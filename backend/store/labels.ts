import type { MemberActor } from "../domain/actor.ts";
import { auditActor } from "../domain/audit.ts";
import type { Labels } from "../domain/report-rows.ts";
import { audited } from "./audit.ts";

interface Row {
  key: string;
  label: string;
}

/**
 * What people see of the developer `d` of the team `t`: the name that an admin gave, the real one where the team shows
 * names, or the pseudonym. No other query may read `real_name` for an answer.
 */
export const SHOWN_LABEL = `CASE WHEN d.label <> '' THEN d.label
  WHEN t.visibility = 'names' AND d.real_name <> '' THEN d.real_name ELSE d.name END`;

export async function readLabels(db: D1Database, team: number): Promise<Labels> {
  const [developers, projects] = await db.batch<Row>([
    db
      .prepare(
        `SELECT d.public_id key, ${SHOWN_LABEL} label FROM developers d JOIN teams t ON t.id = d.team WHERE d.team = ?1`,
      )
      .bind(team),
    db.prepare("SELECT lower(hex(project)) key, label FROM project_labels WHERE team = ?1").bind(team),
  ]);
  const toMap = (rows: Row[] = []) => new Map(rows.map(({ key, label }) => [key, label]));
  return { developers: toMap(developers?.results), projects: toMap(projects?.results) };
}

/** After a change only: directly behind the statement that may have made it. */
const GROW_VERSION = "UPDATE teams SET version = version + 1 WHERE id = ?1 AND changes() > 0";

/** An empty label removes it. */
export async function labelProject(
  db: D1Database,
  actor: MemberActor,
  { project, label }: { project: string; label: string },
  nowMs: number,
): Promise<void> {
  const statement =
    label === ""
      ? db
          .prepare("DELETE FROM project_labels WHERE team = ?1 AND project = unhex(?2)")
          .bind(actor.team, project)
      : db
          .prepare(
            `INSERT INTO project_labels (team, project, label) VALUES (?1, unhex(?2), ?3)
              ON CONFLICT DO UPDATE SET label = excluded.label WHERE label <> excluded.label`,
          )
          .bind(actor.team, project, label);
  await relabelled(db, actor, { statement, action: "project.label", target: project, label }, nowMs);
}

/** False when the team has no such developer. An empty label brings the name back. */
export async function labelDeveloper(
  db: D1Database,
  actor: MemberActor,
  { id, label }: { id: string; label: string },
  nowMs: number,
): Promise<boolean> {
  const statement = db
    .prepare("UPDATE developers SET label = ?3 WHERE team = ?1 AND public_id = ?2 AND label <> ?3")
    .bind(actor.team, id, label);
  await relabelled(db, actor, { statement, action: "developer.label", target: id, label }, nowMs);
  const known = db
    .prepare("SELECT 1 FROM developers WHERE team = ?1 AND public_id = ?2")
    .bind(actor.team, id);
  return (await known.first()) !== null;
}

/** The trail says that there is another name, not which: names change, and the trail does not. */
async function relabelled(
  db: D1Database,
  actor: MemberActor,
  change: {
    statement: D1PreparedStatement;
    action: "project.label" | "developer.label";
    target: string;
    label: string;
  },
  nowMs: number,
): Promise<void> {
  const { statement, action, target, label } = change;
  const entry = { actor: auditActor(actor), action, target, metadata: { removed: label === "" } } as const;
  await audited(db, actor.team, entry, nowMs, [statement, db.prepare(GROW_VERSION).bind(actor.team)]);
}
