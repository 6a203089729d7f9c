import type { AgentStatus } from "#proto/agent-api.ts";
import type { AgentActor, MemberActor } from "../domain/actor.ts";
import { auditActor } from "../domain/audit.ts";
import { audited } from "./audit.ts";
import { SHOWN_LABEL } from "./labels.ts";
import { forgetLinks } from "./own-machines.ts";

/** What the machine says of itself. */
export async function noteStatus(
  db: D1Database,
  actor: AgentActor,
  status: AgentStatus,
  nowMs: number,
): Promise<void> {
  await db
    .prepare(
      `UPDATE agents SET version = ?3, policy_source = ?4, mode = ?5, counters = ?6, seen_at = ?7
        WHERE team = ?1 AND id = ?2 AND revoked_at IS NULL`,
    )
    .bind(
      actor.team,
      actor.agent,
      status.version,
      status.policySource,
      status.mode,
      JSON.stringify(status.counters),
      nowMs,
    )
    .run();
}

/** What a machine said of itself is not kept when it is no longer the team's. */
const FORGOTTEN = "mode = '', policy_source = '', counters = '{}'";

/** The machine leaves and its tokens are gone. */
export async function endAgent(
  db: D1Database,
  actor: AgentActor,
  erase: boolean,
  nowMs: number,
): Promise<void> {
  const entry = {
    actor: auditActor(actor),
    action: "agent.unenrol",
    target: actor.id,
    metadata: { erase },
  } as const;
  await audited(db, actor.team, entry, nowMs, [
    db.prepare("DELETE FROM agent_tokens WHERE agent = ?1").bind(actor.agent),
    ...forgetLinks(db, "id = ?1", actor.agent),
    db
      .prepare(
        `UPDATE agents SET revoked_at = ?3, ${FORGOTTEN}
          WHERE team = ?1 AND id = ?2 AND revoked_at IS NULL`,
      )
      .bind(actor.team, actor.agent, nowMs),
  ]);
}

export interface StoredAgent {
  id: string;
  developer: string;
  developerLabel: string;
  version: string;
  policySource: string;
  counters: string;
  /** Milliseconds since the Unix epoch, UTC, like the two that follow. */
  createdAt: number;
  seenAt: number | null;
  revokedAt: number | null;
}

/** Newest first, behind the agent with the public id `after`. */
export async function listAgents(
  db: D1Database,
  team: number,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<StoredAgent[]> {
  const { results } = await db
    .prepare(
      `SELECT a.public_id id, d.public_id developer, ${SHOWN_LABEL} developerLabel, a.version,
              a.policy_source policySource, a.counters, a.created_at createdAt, a.seen_at seenAt, a.revoked_at revokedAt
         FROM agents a JOIN developers d ON d.id = a.developer JOIN teams t ON t.id = a.team
        WHERE a.team = ?1 AND a.id < coalesce((SELECT id FROM agents WHERE team = ?1 AND public_id = ?2), ?3)
        ORDER BY a.id DESC LIMIT ?4`,
    )
    .bind(team, after ?? "", after === undefined ? Number.MAX_SAFE_INTEGER : 0, limit)
    .all<StoredAgent>();
  return results;
}

/** False when the team has no such agent. One that was revoked before stays so, without another entry. */
export async function revokeAgent(
  db: D1Database,
  actor: MemberActor,
  id: string,
  nowMs: number,
): Promise<boolean> {
  const entry = { actor: auditActor(actor), action: "agent.revoke", target: id } as const;
  const { changed } = await audited(db, actor.team, entry, nowMs, [
    ...forgetLinks(db, "team = ?1 AND public_id = ?2", actor.team, id),
    db
      .prepare(
        `UPDATE agents SET revoked_at = ?3, ${FORGOTTEN} WHERE team = ?1 AND public_id = ?2 AND revoked_at IS NULL`,
      )
      .bind(actor.team, id, nowMs),
  ]);
  if (changed) return true;
  const known = db.prepare("SELECT 1 FROM agents WHERE team = ?1 AND public_id = ?2").bind(actor.team, id);
  return (await known.first()) !== null;
}

export interface ModeCounts {
  /** Installations that were heard of lately. */
  total: number;
  /** Developers that they belong to. */
  developers: number;
  byMode: Map<string, number>;
}

/** Of installations that are not revoked and were seen since. */
export async function countModes(db: D1Database, team: number, sinceMs: number): Promise<ModeCounts> {
  const live = "FROM agents WHERE team = ?1 AND revoked_at IS NULL AND mode <> '' AND seen_at >= ?2";
  const [all, modes] = await db.batch<Record<string, string | number>>([
    db.prepare(`SELECT count(*) total, count(DISTINCT developer) developers ${live}`).bind(team, sinceMs),
    db.prepare(`SELECT mode, count(*) agents ${live} GROUP BY mode`).bind(team, sinceMs),
  ]);
  const [counts] = all?.results ?? [];
  return {
    total: Number(counts?.["total"] ?? 0),
    developers: Number(counts?.["developers"] ?? 0),
    byMode: new Map((modes?.results ?? []).map((row) => [String(row["mode"]), Number(row["agents"])])),
  };
}
