import { randomBytes } from "node:crypto";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { launchBrowser } from "../../test/harness/browser.ts";
import { LocalWorkers, until } from "../../test/harness/workers.ts";
import type { Role } from "../../domain/role.ts";

/** Chromium's own word on an answer of 4xx. Tests look at what the page says about it instead. */
const REFUSED = /^Failed to load resource: the server responded with a status of 4\d\d /;

/** A browser tab, and what it complained about. */
export interface Tab {
  page: Page;
  complaints: string[];
}

export interface Machine {
  agent: string;
  developer: { id: string; label: string };
  agentToken: string;
}

type Json = Record<string, unknown>;

/** The dashboard as it is built, on the Workers as they run locally, in a real browser. */
export class Stage {
  readonly workers = new LocalWorkers();
  #browser: Browser | undefined;
  readonly #open: Page[] = [];

  async start(): Promise<void> {
    await this.workers.start();
    this.#browser = await launchBrowser();
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    await this.workers.close();
  }

  async closeTabs(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((page) => page.context().close()));
  }

  get url(): string {
    return this.workers.url;
  }

  /** A browser of somebody's own, which is signed in nowhere. */
  async tab(options: BrowserContextOptions = {}): Promise<Tab> {
    if (this.#browser === undefined) throw new Error("the stage was not started");
    const context = await this.#browser.newContext({
      viewport: { width: 1280, height: 900 },
      colorScheme: "light",
      timezoneId: "America/Los_Angeles",
      locale: "en-US",
      reducedMotion: "reduce",
      baseURL: this.url,
      ...options,
    });
    const page = await context.newPage();
    this.#open.push(page);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      const isOurs = message.type() === "error" || message.type() === "warning";
      if (isOurs && !REFUSED.test(message.text())) complaints.push(message.text());
    });
    return { page, complaints };
  }

  async team(name: string, timeZone = "Europe/Zurich"): Promise<void> {
    await this.workers.setUp("/local/enrol", { team: name, timeZone, developer: "Ada" });
  }

  /** The browser of a member with that role, signed in by a link. */
  async member(team: string, role: Role, options: BrowserContextOptions & { viewer?: string } = {}) {
    const { viewer = role, ...rest } = options;
    const tab = await this.tab(rest);
    const { code } = await this.workers.setUp("/local/sign-in-code", { team, viewer, role });
    await tab.page.goto(`/sign-in#${code}`);
    await tab.page.getByRole("navigation", { name: "Pages" }).waitFor();
    await tab.page.locator(".team").waitFor();
    return tab;
  }

  /** A call of the API by whoever is signed in there, beside the page. */
  async ask<T = Json>({ page }: Tab, name: string, body?: unknown): Promise<T> {
    const [method = "GET", path = "/"] = name.split(" ");
    const response = await page.request.fetch(this.url + path, {
      method,
      headers: { origin: this.url, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { data: JSON.stringify(body) }),
    });
    if (!response.ok()) throw new Error(`${name} answered ${response.status()}`);
    return (response.status() === 204 ? undefined : await response.json()) as T;
  }

  /** Changes the database behind the Workers' back. They may be writing at that moment. */
  tamper(sql: string): Promise<void> {
    return until(() => {
      this.workers.query(sql);
      return true;
    });
  }

  /** A machine that came by this token, as the page showed it. */
  async enrol(shown: string, login = "ada"): Promise<Response> {
    const [token = ""] = shown.split(".");
    const grouping = Buffer.from(login).toString("hex").padEnd(64, "0");
    return fetch(`${this.url}/v1/enroll`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        token,
        publicKey: randomBytes(32).toString("base64url"),
        version: "0.1.0",
        ...(token.startsWith("teb_") && { grouping }),
      }),
    });
  }

  /** Machines of as many developers, by one token for many. */
  async machines(owner: Tab, count: number): Promise<Machine[]> {
    const body = { kind: "bulk", label: "seed", maxUses: 500 };
    const { secret } = await this.ask<{ secret: string }>(owner, "POST /api/enrolment-tokens", body);
    const made: Machine[] = [];
    for (let n = 0; n < count; n += 1) {
      // oxlint-disable-next-line no-await-in-loop -- in an order that the lists keep
      made.push((await (await this.enrol(secret, `login-${n}`)).json()) as Machine);
    }
    return made;
  }

  /** What `talos account` prints there, without the page. */
  async linkCode({ agentToken }: Machine): Promise<string> {
    const headers = { authorization: `Bearer ${agentToken}` };
    const response = await fetch(`${this.url}/v1/agent/link`, { method: "POST", headers });
    return ((await response.json()) as { code: string }).code;
  }

  async report({ agentToken }: Machine, mode = "off"): Promise<number> {
    const response = await fetch(`${this.url}/v1/agent/status`, {
      method: "POST",
      headers: { authorization: `Bearer ${agentToken}`, "content-type": "application/json" },
      body: JSON.stringify({
        version: "0.1.0",
        policySource: "default",
        mode,
        counters: { queued: 12, parked: 0, rejected: 0 },
      }),
    });
    return response.status;
  }
}
