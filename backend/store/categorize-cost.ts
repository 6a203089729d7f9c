import type { MemberActor } from "../domain/actor.ts";
import { auditActor } from "../domain/audit.ts";
import { audited } from "./audit.ts";

/** Of one call: `cost` in picodollars, undefined where it is not known. */
export interface CallCost {
  input: number;
  output: number;
  cost: bigint | undefined;
}

/** Adds in the database itself, so that calls at once lose none of each other's. */
export async function addCall(
  db: D1Database,
  team: number,
  month: string,
  { input, output, cost }: CallCost,
): Promise<void> {
  await db
    .prepare(
      `INSERT INTO categorize_months (team, month, calls, unknown, input, output, cost)
        VALUES (?1, ?2, 1, ?3, ?4, ?5, CAST(?6 AS INTEGER))
        ON CONFLICT DO UPDATE SET calls = calls + 1, unknown = unknown + excluded.unknown,
          input = input + excluded.input, output = output + excluded.output, cost = cost + excluded.cost`,
    )
    .bind(team, month, cost === undefined ? 1 : 0, input, output, String(cost ?? 0n))
    .run();
}

export interface MonthCost {
  calls: number;
  unknown: number;
  /** Picodollars. */
  cost: bigint;
  /** US cents; undefined where the team set none. */
  capCents: number | undefined;
}

export async function readMonth(db: D1Database, team: number, month: string): Promise<MonthCost> {
  const row = await db
    .prepare(
      `SELECT t.categorize_cap cap, coalesce(m.calls, 0) calls, coalesce(m.unknown, 0) unknown,
              CAST(coalesce(m.cost, 0) AS TEXT) cost
         FROM teams t LEFT JOIN categorize_months m ON m.team = t.id AND m.month = ?2 WHERE t.id = ?1`,
    )
    .bind(team, month)
    .first<{ cap: number | null; calls: number; unknown: number; cost: string }>();
  if (row === null) throw new Error("the team does not exist");
  return {
    calls: row.calls,
    unknown: row.unknown,
    cost: BigInt(row.cost),
    capCents: row.cap ?? undefined,
  };
}

/** Null takes the server's default again. */
export async function setCap(
  db: D1Database,
  actor: MemberActor,
  cents: number | null,
  nowMs: number,
): Promise<void> {
  const metadata = { changed: "categorize_cap", cents: cents ?? "default" };
  const entry = { actor: auditActor(actor), action: "team.update", metadata } as const;
  await audited(db, actor.team, entry, nowMs, [
    db
      .prepare("UPDATE teams SET categorize_cap = ?2 WHERE id = ?1 AND categorize_cap IS NOT ?2")
      .bind(actor.team, cents),
  ]);
}
