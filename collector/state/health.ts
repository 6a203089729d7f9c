import type { DatabaseSync } from "node:sqlite";
import { intOrNone, type Row, text } from "./row.ts";
import type { DestinationHealth } from "./types.ts";

const COLUMNS = "exporter, last_delivered_at, last_problem_at, last_problem, state, retry_at";

export type HealthPatch = Partial<Omit<DestinationHealth, "exporter">>;

export function readHealth(db: DatabaseSync): Map<string, DestinationHealth> {
  const rows = db.prepare(`SELECT ${COLUMNS} FROM health`).all();
  return new Map(rows.map(healthOf).map((health) => [health.exporter, health]));
}

export function writeHealth(db: DatabaseSync, health: DestinationHealth): void {
  db.prepare(`INSERT OR REPLACE INTO health (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`).run(
    health.exporter,
    health.lastDeliveredMs ?? null,
    health.lastProblemMs ?? null,
    health.lastProblem ?? null,
    health.state,
    health.retryAtMs ?? null,
  );
}

/** How a destination is before its first attempt. */
export function untried(exporter: string): DestinationHealth {
  return {
    exporter,
    lastDeliveredMs: undefined,
    lastProblemMs: undefined,
    lastProblem: undefined,
    state: "ok",
    retryAtMs: undefined,
  };
}

function healthOf(row: Row): DestinationHealth {
  const state = text(row, "state");
  return {
    exporter: text(row, "exporter"),
    lastDeliveredMs: intOrNone(row, "last_delivered_at"),
    lastProblemMs: intOrNone(row, "last_problem_at"),
    lastProblem: row["last_problem"] === null ? undefined : text(row, "last_problem"),
    state: state === "retrying" || state === "parked" ? state : "ok",
    retryAtMs: intOrNone(row, "retry_at"),
  };
}
