import type { Labels } from "../domain/report-rows.ts";

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
  team: number,
  project: string,
  label: string,
): Promise<void> {
  const change =
    label === ""
      ? db.prepare("DELETE FROM project_labels WHERE team = ?1 AND project = unhex(?2)").bind(team, project)
      : db
          .prepare(
            `INSERT INTO project_labels (team, project, label) VALUES (?1, unhex(?2), ?3)
              ON CONFLICT DO UPDATE SET label = excluded.label WHERE label <> excluded.label`,
          )
          .bind(team, project, label);
  await db.batch([change, db.prepare(GROW_VERSION).bind(team)]);
}

/** False when the team has no such developer. An empty label brings the name back. */
export async function labelDeveloper(
  db: D1Database,
  team: number,
  id: string,
  label: string,
): Promise<boolean> {
  const [changed] = await db.batch([
    db.prepare("UPDATE developers SET label = ?3 WHERE team = ?1 AND public_id = ?2").bind(team, id, label),
    db.prepare(GROW_VERSION).bind(team),
  ]);
  return (changed?.meta.changes ?? 0) > 0;
}
