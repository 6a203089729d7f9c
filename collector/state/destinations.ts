import type { DatabaseSync } from "node:sqlite";
import { missed } from "./balance.ts";
import { readExporters, readNumber, writeExporters, writeMeta } from "./meta.ts";
import type { Parts } from "./parts.ts";

/** Notes which exporters are configured from now on. What one missed while it was not is counted, so that books balance. */
export function configureExporters(
  db: DatabaseSync,
  { counters, emitted }: Parts,
  exporters: readonly string[],
): void {
  const before = new Set(readExporters(db));
  for (const exporter of exporters.filter((name) => !before.has(name))) {
    counters.add(`skipped:not_configured/${exporter}`, Math.max(0, missed(exporter, counters.values)));
  }
  beginEra(db, before, exporters);
  writeExporters(db, exporters);
  emitted.reload();
}

/** The first configuration, or the first one of this schema, has era 0; each change of the set begins the next one. */
function beginEra(db: DatabaseSync, before: ReadonlySet<string>, exporters: readonly string[]): void {
  const begin = db.prepare("INSERT OR IGNORE INTO eras (exporter, from_era) VALUES (?, ?)");
  const known = readNumber(db, "era");
  if (known === undefined) {
    const first = before.size > 0 ? before : exporters;
    for (const exporter of first) begin.run(exporter, 0);
    writeMeta(db, "era", 0);
    if (before.size === 0) return;
  }
  const added = exporters.filter((name) => !before.has(name));
  const removed = [...before].filter((name) => !exporters.includes(name));
  if (added.length + removed.length === 0) return;
  const era = (known ?? 0) + 1;
  writeMeta(db, "era", era);
  for (const exporter of added) begin.run(exporter, era);
  const end = db.prepare("UPDATE eras SET until_era = ? WHERE exporter = ? AND until_era IS NULL");
  for (const exporter of removed) end.run(era, exporter);
}
