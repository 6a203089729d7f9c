import type { DatabaseSync } from "node:sqlite";
import { missed } from "./balance.ts";
import { readExporters, writeExporters } from "./meta.ts";
import type { Parts } from "./parts.ts";

/** Notes which exporters are configured from now on. What one missed while it was not is counted, so that books balance. */
export function configureExporters(
  db: DatabaseSync,
  { counters }: Parts,
  exporters: readonly string[],
): void {
  const before = new Set(readExporters(db));
  for (const exporter of exporters.filter((name) => !before.has(name))) {
    counters.add(`skipped:not_configured/${exporter}`, Math.max(0, missed(exporter, counters.values)));
  }
  writeExporters(db, exporters);
}
