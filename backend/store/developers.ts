import { SHOWN_LABEL } from "./labels.ts";

export interface StoredDeveloper {
  id: string;
  label: string;
  /** JSON: id and name of each. */
  groups: string;
  agents: number;
  /** Milliseconds since the Unix epoch, UTC. */
  createdAt: number;
}

/** Oldest first, behind the developer with the public id `after`. */
export async function listDevelopers(
  db: D1Database,
  team: number,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<StoredDeveloper[]> {
  const { results } = await db
    .prepare(
      `SELECT d.public_id id, ${SHOWN_LABEL} label, d.created_at createdAt,
              (SELECT json_group_array(json_object('id', g.public_id, 'name', g.name) ORDER BY g.name)
                 FROM group_developers gd JOIN groups g ON g.id = gd."group" WHERE gd.developer = d.id) groups,
              (SELECT count(*) FROM agents a WHERE a.team = ?1 AND a.developer = d.id AND a.revoked_at IS NULL) agents
         FROM developers d JOIN teams t ON t.id = d.team
        WHERE d.team = ?1 AND d.id > coalesce((SELECT id FROM developers WHERE team = ?1 AND public_id = ?2), ?3)
        ORDER BY d.id LIMIT ?4`,
    )
    .bind(team, after ?? "", after === undefined ? 0 : Number.MAX_SAFE_INTEGER, limit)
    .all<StoredDeveloper>();
  return results;
}

export async function isDeveloper(db: D1Database, team: number, id: string): Promise<boolean> {
  const found = db.prepare("SELECT 1 FROM developers WHERE team = ?1 AND public_id = ?2").bind(team, id);
  return (await found.first()) !== null;
}
