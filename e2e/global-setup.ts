import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { KEPT_DATABASE } from "../backend/test/harness/database.ts";
import { buildDashboard } from "../collector/cmd/start/dashboard.ts";
import { PROJECT } from "./backend.ts";

/** Once, before all files: a build while another file has a page open would take its scripts away. */
export async function setup(): Promise<() => void> {
  await buildDashboard(PROJECT);
  const dir = mkdtempSync(path.join(tmpdir(), "talos-database-"));
  process.env[KEPT_DATABASE] = path.join(dir, "kept");
  return () => rmSync(dir, { recursive: true, force: true });
}
