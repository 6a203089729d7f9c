import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { readFileSync } from "node:fs";
import type { Report } from "../backend/domain/report.ts";
import { prepareDatabase, queryDatabase } from "../backend/test/harness/database.ts";
import { enrol, signInLink } from "../collector/cmd/start/enrol.ts";
import { type StartFolder, startFolder } from "../collector/cmd/start/folder.ts";
import { readOrCreateSecrets } from "../collector/cmd/start/secrets.ts";
import { migrate, startWorkers, type Workers } from "../collector/cmd/start/workers.ts";

export const PROJECT = path.resolve(import.meta.dirname, "..");

/** Both Workers, really running, with a team and a machine enrolled. */
export class LocalBackend {
  readonly folder: StartFolder;
  readonly #base: string;
  readonly #port: number;
  readonly #setupSecret: string;
  #workers: Workers | undefined;
  #cookie: string | undefined;

  private constructor(base: string, port: number) {
    this.#base = base;
    this.#port = port;
    this.folder = startFolder(base, "local");
    this.#setupSecret = readOrCreateSecrets(this.folder.secretsFile).SETUP_SECRET;
  }

  /** `settings`: of the Workers, beside their secrets. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<LocalBackend> {
    const backend = new LocalBackend(mkdtempSync(path.join(tmpdir(), "talos-e2e-")), await freePort());
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    appendFileSync(backend.folder.secretsFile, lines.join(""));
    await prepareDatabase(backend.folder.workers, () => migrate(backend.folder, PROJECT));
    await backend.up();
    await enrol(backend.#backend(), backend.folder, { team: "Team", developer: "Ana", demo: false });
    return backend;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get token(): string {
    return readFileSync(path.join(this.folder.config, "token"), "utf8");
  }

  get salt(): string {
    return readFileSync(path.join(this.folder.config, "salt"), "utf8");
  }

  async up(): Promise<void> {
    this.#workers ??= await startWorkers(this.folder, PROJECT, this.#port);
  }

  /** `kill -9` of the whole process group, as a crash or a power cut would. */
  kill(): void {
    const pid = Number(readFileSync(this.folder.workersPidFile, "utf8"));
    process.kill(-pid, "SIGKILL");
    this.#workers = undefined;
  }

  signInLink(): Promise<string> {
    return signInLink(this.#backend());
  }

  /** Of a signed-in owner. */
  async cookie(): Promise<string> {
    return (this.#cookie ??= await this.#signIn());
  }

  /** Signs in as a person would, and asks the API what a page of the dashboard would. */
  async ask<T = void>(method: string, route: string, body?: object): Promise<T> {
    const headers = { cookie: await this.cookie(), origin: this.url };
    const json = { ...headers, "content-type": "application/json" };
    const init = body === undefined ? { headers } : { headers: json, body: JSON.stringify(body) };
    const response = await fetch(`${this.url}${route}`, { method, ...init });
    if (!response.ok) throw new Error(`${method} ${route} answered ${response.status}`);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  get<T>(route: string): Promise<T> {
    return this.ask<T>("GET", route);
  }

  /** Sets what the team may send, which has no page yet. For before anything was sent. */
  limit(eventsPerMinute: number): void {
    queryDatabase(this.folder.workers, `UPDATE teams SET events_per_minute = ${eventsPerMinute}`);
  }

  report(from: string, to: string): Promise<Report> {
    return this.get<Report>(`/api/report?from=${from}&to=${to}`);
  }

  /** Ends the Workers; what they stored stays to be looked at. */
  async stop(): Promise<void> {
    await this.#workers?.stop();
    this.#workers = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#base, { recursive: true, force: true });
  }

  #backend(): { url: string; setupSecret: string } {
    return { url: this.url, setupSecret: this.#setupSecret };
  }

  async #signIn(): Promise<string> {
    const code = new URL(await this.signInLink()).hash.slice(1);
    const response = await fetch(`${this.url}/api/sign-in`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: this.url },
      body: JSON.stringify({ code }),
    });
    if (response.status !== 204) throw new Error(`sign-in answered ${response.status}`);
    return (response.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
