import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { prepareDatabase, queryDatabase } from "./database.ts";

const ROOT = path.join(import.meta.dirname, "../../..");
const WRANGLER = path.join(ROOT, "node_modules/wrangler/bin/wrangler.js");
const START_MS = 60_000;

/** No questions to the network or the terminal, and no trace of requests on the disk. */
const QUIET = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  X_LOCAL_OBSERVABILITY: "false",
  X_LOCAL_EXPLORER: "false",
  DO_NOT_TRACK: "1",
  CI: "1",
  NO_COLOR: "1",
};

/** Both Workers as `wrangler dev` runs them, with all their state in one folder that survives a kill. */
export class LocalWorkers {
  readonly folder = mkdtempSync(path.join(tmpdir(), "talos-workers-"));
  readonly setupSecret = randomBytes(32).toString("hex");
  readonly #more: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #port = 0;

  /** `more`: settings of the Workers beside those that all need. */
  constructor(more: Readonly<Record<string, string>> = {}) {
    this.#more = more;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const own = { PEPPER: secret(), KMS_KEY: secret(), SETUP_SECRET: this.setupSecret, INBOX: "on" };
    const secrets = { ...own, ...this.#more };
    const envFile = path.join(this.folder, "secrets.env");
    writeFileSync(
      envFile,
      Object.entries(secrets)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(""),
    );
    // wrangler refuses a missing assets folder.
    mkdirSync(path.join(ROOT, "backend/dashboard/dist"), { recursive: true });
    await prepareDatabase(this.#state, () => this.#migrate());
    await this.restart();
  }

  async restart(): Promise<void> {
    this.#port = await freePort();
    const configs = ["-c", "wrangler.toml", "-c", "backend/consumer/wrangler.toml"];
    const address = ["--ip", "127.0.0.1", "--port", String(this.#port), "--inspector-port", "0"];
    const state = ["--persist-to", this.#state, "--env-file", path.join(this.folder, "secrets.env")];
    this.#child = this.#wrangler([
      "dev",
      ...configs,
      ...address,
      ...state,
      "--show-interactive-dev-session=false",
    ]);
    await this.#answers();
  }

  /** As a power cut would: no process of the group gets to say a word. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    process.kill(-child.pid, "SIGKILL");
    await ended;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What the Workers and wrangler printed. */
  get output(): string {
    return readFileSync(path.join(this.folder, "output.log"), "utf8");
  }

  /** Every byte that the Workers keep, by file. Settings of this harness are not theirs. */
  files(): { name: string; bytes: Buffer }[] {
    const names = globSync("**/*", { cwd: this.#state, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    return names.map((entry) => {
      const name = path.join(entry.parentPath, entry.name);
      return { name, bytes: readFileSync(name) };
    });
  }

  /** Reads the database's file itself, which also works when nothing runs. */
  query(sql: string): Record<string, unknown>[] {
    return queryDatabase(this.#state, sql);
  }

  async setUp(route: string, body: object): Promise<Record<string, string>> {
    const response = await fetch(this.url + route, {
      method: "POST",
      headers: { authorization: `Bearer ${this.setupSecret}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${route} answered ${response.status}`);
    return (await response.json()) as Record<string, string>;
  }

  get #state(): string {
    return path.join(this.folder, "state");
  }

  async #migrate(): Promise<void> {
    const child = this.#wrangler(
      "d1 migrations apply DB --local --persist-to".split(" ").concat(this.#state),
    );
    await new Promise((resolve) => child.once("exit", resolve));
  }

  #wrangler(args: string[]): ChildProcess {
    const log = openSync(path.join(this.folder, "output.log"), "a");
    const env = { ...process.env, ...QUIET };
    const child = spawn(process.execPath, [WRANGLER, ...args], {
      cwd: ROOT,
      env,
      stdio: ["ignore", log, log],
      detached: true,
    });
    closeSync(log);
    return child;
  }

  async #answers(): Promise<void> {
    await until(async () => {
      const response = await fetch(`${this.url}/api/version`, { signal: AbortSignal.timeout(2_000) });
      return response.status === 401;
    }, START_MS);
  }
}

/** Looks again and again; throwing counts as "not yet". */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      if (await holds()) return;
    } catch {
      // Not yet.
    }
    if (Date.now() > deadline) throw new Error("it did not come to be in time");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function secret(): string {
  return randomBytes(32).toString("hex");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
