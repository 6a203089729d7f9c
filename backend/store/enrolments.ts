import { newPseudonym } from "../domain/pseudonym.ts";
import type { Keyring } from "../domain/keyring.ts";
import { audited } from "./audit.ts";
import { IS_OPEN, type ShownToken } from "./enrolment-tokens.ts";
import { newId } from "./ids.ts";
import { SHOWN_LABEL } from "./labels.ts";
import { firstToken } from "./tokens.ts";

/** What a machine says of itself. Bytes as hex. */
export interface Machine {
  publicKey: string;
  version: string;
  /** The same for all machines of one person, where the token is for many. */
  grouping: string | undefined;
}

export interface Enrolled {
  token: string;
  /** Public ids. */
  agent: string;
  developer: { id: string; label: string };
}

/**
 * Uses the token once and makes the agent, and its developer where there is none yet, in one transaction. Undefined
 * when the token is not open any more, or the pseudonym that was drawn is taken.
 */
export async function enrolAgent(
  db: D1Database,
  token: ShownToken,
  machine: Machine,
  { pepper, nowMs }: { pepper: Keyring; nowMs: number },
): Promise<Enrolled | undefined> {
  const agent = newId("agt");
  const person = personOf(token, machine);
  const first = await firstToken(db, agent, pepper, nowMs);
  const entry = {
    actor: { kind: "agent", id: agent, label: "" },
    action: "agent.enrol",
    target: token.publicId,
    metadata: { kind: token.kind },
  } as const;
  const { changed } = await audited(db, token.team, entry, nowMs, [
    ...(token.developer === null ? newDeveloper(db, token, person, nowMs) : []),
    db
      .prepare(
        `UPDATE enrolment_tokens SET uses = uses + 1, real_name = '' WHERE id = ?1 AND ${IS_OPEN}
          AND EXISTS (SELECT 1 FROM developers d WHERE d.team = ?3 AND ${person.is})`,
      )
      .bind(token.id, nowMs, token.team, person.value),
    db
      .prepare(
        `INSERT INTO agents (public_id, team, developer, public_key, version, created_at, seen_at)
          SELECT ?1, d.team, d.id, unhex(?5), ?6, ?2, ?2 FROM developers d
           WHERE d.team = ?3 AND ${person.is} AND changes() > 0`,
      )
      .bind(agent, nowMs, token.team, person.value, machine.publicKey, machine.version),
    first.statement,
  ]);
  if (!changed) return undefined;
  return { token: first.token, agent, developer: await developerOf(db, agent) };
}

interface Person {
  id: string;
  grouping: string;
  /** Finds the developer `d` by `?4`. */
  is: string;
  value: string | number;
}

function personOf(token: ShownToken, machine: Machine): Person {
  const id = newId("dev");
  const grouping = token.kind === "bulk" ? (machine.grouping ?? "") : "";
  if (token.developer !== null) return { id, grouping: "", is: "d.id = ?4", value: token.developer };
  if (grouping === "") return { id, grouping, is: "d.public_id = ?4", value: id };
  return { id, grouping, is: "d.grouping = unhex(?4)", value: grouping };
}

/** Nothing where the person is known already, or the pseudonym is taken. */
function newDeveloper(db: D1Database, token: ShownToken, person: Person, nowMs: number) {
  return [
    db
      .prepare(
        `INSERT INTO developers (public_id, team, name, real_name, grouping, created_at)
          SELECT ?3, team, ?4, real_name, unhex(?5), ?2 FROM enrolment_tokens WHERE id = ?1 AND ${IS_OPEN}
          ON CONFLICT DO NOTHING`,
      )
      .bind(token.id, nowMs, person.id, newPseudonym(), person.grouping),
    db.prepare("UPDATE teams SET version = version + 1 WHERE id = ?1 AND changes() > 0").bind(token.team),
  ];
}

async function developerOf(db: D1Database, agent: string): Promise<Enrolled["developer"]> {
  const row = await db
    .prepare(
      `SELECT d.public_id id, ${SHOWN_LABEL} label FROM agents a
         JOIN developers d ON d.id = a.developer JOIN teams t ON t.id = d.team WHERE a.public_id = ?1`,
    )
    .bind(agent)
    .first<Enrolled["developer"]>();
  if (row === null) throw new Error("the agent vanished after it was made");
  return row;
}
