import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { readIfThere } from "./secrets.ts";
import type { StartFolder } from "./folder.ts";

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 150;

/** Keeps wrangler from asking anything of the network or of the terminal, and from keeping traces of requests. */
const QUIET = {
  X_LOCAL_OBSERVABILITY: "false",
  X_LOCAL_EXPLORER: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  DO_NOT_TRACK: "1",
  CI: "1",
  NO_COLOR: "1",
};

export interface Workers {
  url: string;
  /** Resolves when the Workers end without having been asked to. */
  died: Promise<void>;
  stop(): Promise<void>;
}

/** Throws when something listens on the port already. */
export async function checkPort(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once("error", () => {
      reject(
        new Error(
          `port ${port} is in use by another program, perhaps an earlier npm start. ` +
            `End that one, or choose another port: npm start -- --port ${port + 1}`,
        ),
      );
    });
    server.listen(port, "127.0.0.1", () => server.close(() => resolve()));
  });
}

/** Ends Workers that a killed `npm start` left behind. */
export async function endLeftovers(folder: StartFolder): Promise<void> {
  const pid = Number(readIfThere(folder.workersPidFile));
  rmSync(folder.workersPidFile, { force: true });
  if (!Number.isInteger(pid) || pid <= 1 || !isOurs(pid)) return;
  await endGroup(pid);
}

/** Brings the local database to the newest schema. */
export async function migrate(folder: StartFolder, projectDir: string): Promise<void> {
  const args = ["d1", "migrations", "apply", "DB", "--local", "--persist-to", folder.workers];
  const child = wrangler(args, folder, projectDir);
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  if (code !== 0) throw workersError("the database could not be prepared", folder);
}

/** Starts both Workers in one process of their own, and resolves once they answer. */
export async function startWorkers(folder: StartFolder, projectDir: string, port: number): Promise<Workers> {
  const args = `dev -c wrangler.toml -c backend/consumer/wrangler.toml --ip 127.0.0.1 --port ${port}`.split(
    " ",
  );
  args.push("--inspector-port", "0", "--show-interactive-dev-session=false");
  args.push("--persist-to", folder.workers, "--env-file", folder.secretsFile);
  const child = wrangler(args, folder, projectDir);
  writeFileSync(folder.workersPidFile, String(child.pid ?? ""), { mode: 0o600 });
  const life = new AbortController();
  child.once("exit", () => life.abort());
  let stopping = false;
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    stopping = true;
    if (child.pid !== undefined) await endGroup(child.pid);
    rmSync(folder.workersPidFile, { force: true });
  };
  if (!(await answers(url, life.signal))) {
    await stop();
    throw workersError("the Workers did not start", folder);
  }
  const died = new Promise<void>((resolve) => {
    life.signal.addEventListener("abort", () => {
      if (!stopping) resolve();
    });
  });
  return { url, died, stop };
}

function wrangler(args: string[], folder: StartFolder, cwd: string): ChildProcess {
  const log = openSync(folder.workersLog, "a", 0o600);
  const cli = path.join(cwd, "node_modules/wrangler/bin/wrangler.js");
  // A group of its own: Ctrl-C in the terminal must reach the collector first, which still has things to deliver.
  const child = spawn(process.execPath, [cli, ...args], {
    cwd,
    env: { ...process.env, ...QUIET, ...ownFolders(folder) },
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  return child;
}

/** What wrangler would write into the home folder. */
function ownFolders({ root }: StartFolder): Record<string, string> {
  return {
    WRANGLER_LOG_PATH: path.join(root, "wrangler/logs"),
    WRANGLER_CACHE_DIR: path.join(root, "wrangler/cache"),
    WRANGLER_REGISTRY_PATH: path.join(root, "wrangler/registry"),
    XDG_CONFIG_HOME: path.join(root, "wrangler/config"),
  };
}

async function answers(url: string, exited: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!exited.aborted && Date.now() < deadline) {
    try {
      const response = await fetch(`${url}/api/version`, { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      if (response.status < 500) return true;
    } catch {
      // Not listening yet.
    }
    await sleep(POLL_MS);
  }
  return false;
}

async function endGroup(pid: number): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (!signalGroup(pid, signal)) return;
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    while (Date.now() < deadline && signalGroup(pid, 0)) await sleep(50);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** A process id may have been given to another program since. */
function isOurs(pid: number): boolean {
  if (process.platform !== "linux") return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("wrangler");
  } catch {
    return false;
  }
}

function workersError(what: string, { workersLog }: StartFolder): Error {
  const tail = readIfThere(workersLog).trim().split("\n").slice(-6).join("\n  ");
  return new Error(`${what}. The last lines of ${workersLog}:\n  ${tail}`);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
