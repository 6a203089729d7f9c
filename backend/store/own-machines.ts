import type { Consent, PolicySource } from "#proto/agent-api.ts";
import type { Mode } from "#proto/egress.ts";
import type { AgentActor, MemberActor } from "../domain/actor.ts";
import type { AuditActor } from "../domain/audit.ts";
import { permittedMode } from "../domain/consent.ts";
import { randomToken } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";
import { audited } from "./audit.ts";
import { activeMember } from "./members.ts";
import { digestOf, findBySecret } from "./secrets.ts";

const CODE_MS = 10 * 60_000;

/**
 * Who linked is not in the trail: beside the moments at which machines were seen it would tell which pseudonym is whose,
 * and only the person in question has a use for it.
 */
const SOMEBODY = {
  member: { kind: "member", id: "", label: "" },
  agent: { kind: "agent", id: "", label: "" },
} as const satisfies Record<string, AuditActor>;

/** A one-time code of the machine, which voids the one before. Only its hash is kept. */
export async function newLinkCode(
  db: D1Database,
  actor: AgentActor,
  pepper: Keyring,
  nowMs: number,
): Promise<{ code: string; expiresAt: number; linked: boolean }> {
  const code = randomToken("lnk_");
  const digest = await digestOf(code, pepper);
  const expiresAt = nowMs + CODE_MS;
  const [, , linked] = await db.batch([
    db.prepare("DELETE FROM link_codes WHERE agent = ?1").bind(actor.agent),
    db
      .prepare("INSERT INTO link_codes (hash, agent, pepper, expires_at) VALUES (unhex(?1), ?2, ?3, ?4)")
      .bind(digest.hash, actor.agent, digest.pepper, expiresAt),
    db.prepare("SELECT 1 FROM own_machines WHERE developer = ?1 LIMIT 1").bind(actor.developer),
  ]);
  return { code, expiresAt, linked: (linked?.results.length ?? 0) > 0 };
}

export type LinkResult =
  | "linked"
  /** No such code, or one that is used, too old, or of another team: not told apart. */
  | "refused"
  /** The person who uses the machine is linked to another member. Told to who holds a good code alone. */
  | "taken"
  /** The member is linked to another developer. */
  | "other_developer";

/** A code `c` that is good for a member of the team ?2: its machine `a` is enrolled and the team's. `?3` is the time now. */
const GOOD = `FROM link_codes c JOIN agents a ON a.id = c.agent
  WHERE c.hash = unhex(?1) AND a.team = ?2 AND c.expires_at > ?3 AND a.revoked_at IS NULL`;
/** Of the member ?4. */
const TAKEN = "EXISTS (SELECT 1 FROM own_machines o WHERE o.developer = a.developer AND o.member <> ?4)";
const OTHER = "EXISTS (SELECT 1 FROM own_machines o WHERE o.member = ?4 AND o.developer <> a.developer)";

/** In one transaction, so that a code is used once. Whoever was linked before stays until the link is ended. */
export async function linkMachine(
  db: D1Database,
  actor: MemberActor,
  code: string,
  { pepper, nowMs }: { pepper: Keyring; nowMs: number },
): Promise<LinkResult> {
  const bound = (hash: string, sql: string) => db.prepare(sql).bind(hash, actor.team, nowMs, actor.member);
  const secret = { table: "link_codes", secret: code, pepper } as const;
  const found = await findBySecret(db, secret, (hash) =>
    bound(hash, `SELECT ${TAKEN} taken, ${OTHER} other ${GOOD}`).first<Found>(),
  );
  if (found === null) return "refused";
  const { hash } = await digestOf(code, pepper);
  const { changed } = await audited(
    db,
    actor.team,
    { actor: SOMEBODY.member, action: "machine.link" },
    nowMs,
    [
      bound(
        hash,
        `INSERT INTO own_machines (agent, developer, member)
          SELECT a.id, a.developer, ?4 ${GOOD}
            AND NOT ${TAKEN}
            AND NOT ${OTHER}
            AND EXISTS (SELECT 1 FROM members m WHERE m.id = ?4 AND m.removed_at IS NULL)
          ON CONFLICT (agent) DO UPDATE SET member = excluded.member`,
      ),
      db.prepare("DELETE FROM link_codes WHERE hash = unhex(?1) AND changes() > 0").bind(hash),
    ],
  );
  if (changed) return "linked";
  if (found.taken === 1) return "taken";
  return found.other === 1 ? "other_developer" : "refused";
}

interface Found {
  taken: number;
  other: number;
}

export async function unlinkMember(db: D1Database, actor: MemberActor, nowMs: number): Promise<void> {
  await audited(db, actor.team, { actor: SOMEBODY.member, action: "machine.unlink" }, nowMs, [
    db.prepare("DELETE FROM own_machines WHERE member = ?1").bind(actor.member),
  ]);
}

/** By any machine of the person: a code of theirs that somebody else used is undone where it came from. */
export async function unlinkDeveloper(db: D1Database, actor: AgentActor, nowMs: number): Promise<void> {
  await audited(db, actor.team, { actor: SOMEBODY.agent, action: "machine.unlink" }, nowMs, [
    ...forgetLinks(db, "developer = ?1", actor.developer),
  ]);
}

/** Codes and links of these agents go. `which` says of agents which, by `values`; the links are the last statement. */
export function forgetLinks(db: D1Database, which: string, ...values: (number | string)[]) {
  const forget = (table: string) =>
    db.prepare(`DELETE FROM ${table} WHERE agent IN (SELECT id FROM agents WHERE ${which})`).bind(...values);
  return [forget("link_codes"), forget("own_machines")];
}

export interface OwnMachine {
  id: string;
  version: string;
  /** Milliseconds since the Unix epoch, UTC. */
  seenAt: number | null;
  /** As the machine said last; null before. */
  inForce: { mode: Mode; setBy: PolicySource } | null;
  accepted: Accepted | null;
}

interface Accepted {
  mode: Mode;
  by: Consent["by"];
  acceptedAt: number;
  expiresAt: number;
  retentionDays: number;
  /** False where its time is over, the team keeps text longer now, or more would leave than was shown. */
  holds: boolean;
}

interface Row {
  id: string;
  version: string;
  seen_at: number | null;
  mode: Mode | "";
  policy_source: PolicySource | "";
  accepted: Mode | null;
  accepted_by: Consent["by"];
  accepted_at: number;
  expires_at: number;
  retention_days: number;
  contract: string;
  team_days: number;
}

/** Of this member alone, oldest first. */
export async function listOwnMachines(
  db: D1Database,
  actor: MemberActor,
  nowMs: number,
): Promise<OwnMachine[]> {
  const { results } = await db
    .prepare(
      `SELECT a.public_id id, a.version, a.seen_at, a.mode, a.policy_source, c.mode accepted, c.accepted_by,
              c.accepted_at, c.expires_at, c.retention_days, c.contract, t.retention_days team_days
         FROM own_machines o JOIN agents a ON a.id = o.agent ${activeMember.join("o.member")}
         LEFT JOIN consents c ON c.agent = a.id
        WHERE o.member = ?1 AND a.team = ?2 AND m.team = ?2 AND a.revoked_at IS NULL AND ${activeMember.where}
        ORDER BY a.id LIMIT 100`,
    )
    .bind(actor.member, actor.team)
    .all<Row>();
  return Promise.all(results.map((row) => toMachine(row, nowMs)));
}

async function toMachine(row: Row, nowMs: number): Promise<OwnMachine> {
  const { id, version, seen_at: seenAt, mode, policy_source: setBy } = row;
  return {
    id,
    version,
    seenAt,
    inForce: mode === "" || setBy === "" ? null : { mode, setBy },
    accepted: await acceptedIn(row, nowMs),
  };
}

async function acceptedIn(row: Row, nowMs: number): Promise<Accepted | null> {
  const { accepted: mode, accepted_by: by, accepted_at: acceptedAt, contract } = row;
  const { expires_at: expiresAt, retention_days: retentionDays, team_days: teamDays } = row;
  if (mode === null) return null;
  const held = { mode, retentionDays, contract, expiresAt };
  const holds = (await permittedMode({ mode, retentionDays: teamDays }, held, nowMs)) === mode;
  return { mode, by, acceptedAt, expiresAt, retentionDays, holds };
}
