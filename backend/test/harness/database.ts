import { cpSync, existsSync, globSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Names a folder of the whole test run. Where it is not set, each database is migrated by itself. */
export const KEPT_DATABASE = "TALOS_TEST_DATABASE";

/**
 * Brings a new folder of the Workers to the newest schema. As `wrangler` starts anew for each migration, that takes
 * seconds: the first database of a test run is kept for all others, which run the same migrations.
 */
export async function prepareDatabase(folder: string, migrate: () => Promise<void>): Promise<void> {
  const kept = process.env[KEPT_DATABASE];
  if (kept !== undefined && existsSync(kept)) {
    cpSync(kept, folder, { recursive: true });
    return;
  }
  await migrate();
  if (kept !== undefined) keep(folder, kept);
}

function keep(folder: string, kept: string): void {
  const copy = `${kept}-${process.pid}`;
  cpSync(folder, copy, { recursive: true });
  try {
    // Whole or not at all, for a file that starts at this moment.
    renameSync(copy, kept);
  } catch {
    // Another file was first.
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Runs a statement on the database's file itself, which also works when nothing runs. */
export function queryDatabase(folder: string, sql: string): Record<string, unknown>[] {
  const [file] = globSync("v3/d1/*/*.sqlite", { cwd: folder }).filter((name) => !name.includes("metadata"));
  if (file === undefined) throw new Error("there is no D1 file");
  const db = new DatabaseSync(path.join(folder, file));
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
}
