import { spawn } from "node:child_process";
import { globSync, statSync } from "node:fs";
import path from "node:path";

/** Builds the dashboard unless the last build is newer than its sources. */
export async function buildDashboard(projectDir: string): Promise<void> {
  const built = statSync(path.join(projectDir, "backend/dashboard/dist/index.html"), {
    throwIfNoEntry: false,
  });
  if (built !== undefined && built.mtimeMs > newestSource(projectDir)) return;
  const vite = path.join(projectDir, "node_modules/vite/bin/vite.js");
  const child = spawn(process.execPath, [vite, "build", "backend/dashboard", "--logLevel", "error"], {
    cwd: projectDir,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString("utf8")).slice(-4_000);
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the dashboard could not be built:\n${output}`);
}

function newestSource(projectDir: string): number {
  const sources = globSync(
    ["backend/dashboard/**/*.{ts,tsx,css,html,svg}", "backend/domain/**/*.ts", "proto/*.ts"],
    { cwd: projectDir, exclude: (name) => name === "dist" },
  );
  return Math.max(...sources.map((file) => statSync(path.join(projectDir, file)).mtimeMs));
}
