import * as z from "zod";
import { isLost } from "./load-lost.ts";
import type { Owner } from "./load-teams.ts";
import { sleep } from "./processes.ts";

const PAUSE_MS = 500;
const MOST_LOST = 100;

export interface Work {
  ms: number;
  /** What the trail must hold of it; undefined for what is only looked at. */
  action: string | undefined;
}

interface Asked {
  action?: string | undefined;
  body?: unknown;
}

const Invited = z.object({ invite: z.object({ id: z.string() }) });
const Made = z.object({ token: z.object({ id: z.string() }) });
export const Check = z.object({ broken: z.int().nullable(), next: z.string().nullable() });

/** Looks at everything, and changes what may be changed back, over and over. */
export class Admin {
  readonly owner: Owner;
  readonly done: Work[] = [];
  /** What may have been done, or not. */
  readonly lost: (string | undefined)[] = [];
  readonly #url: string;
  #round = 0;

  constructor(url: string, owner: Owner) {
    this.#url = url;
    this.owner = owner;
  }

  async run(endMs: number): Promise<void> {
    while (performance.now() < endMs) {
      this.#round += 1;
      for (const step of this.#steps()) {
        await step();
        await sleep(PAUSE_MS);
        if (performance.now() >= endMs) return;
      }
    }
  }

  #steps(): (() => Promise<void>)[] {
    const day = new Date().toISOString().slice(0, 10);
    const range = `from=${day}&to=${day}`;
    return [
      () => this.#look("/api/members"),
      () => this.#invite(),
      () => this.#look("/api/agents"),
      () => this.#mode("categorize_local"),
      () => this.#look(`/api/report?${range}`),
      () => this.#token(),
      () => this.#look(`/api/export/usage?${range}&format=csv`, "export"),
      () => this.#mode("off"),
      () => this.#look("/api/sessions?" + range),
      () => this.#look("/api/audit/export", "export"),
    ];
  }

  async #invite(): Promise<void> {
    const email = `guest-${this.#round}@example.com`;
    const made = await this.ask("POST", "/api/invites", {
      action: "member.invite",
      body: { email, role: "viewer" },
    });
    const { id } = Invited.parse(JSON.parse(made)).invite;
    await this.ask("DELETE", `/api/invites/${id}`, { action: "member.invite_revoke" });
  }

  async #token(): Promise<void> {
    const body = { kind: "person" };
    const made = await this.ask("POST", "/api/enrolment-tokens", { action: "enrolment_token.create", body });
    const { id } = Made.parse(JSON.parse(made)).token;
    await this.ask("DELETE", `/api/enrolment-tokens/${id}`, { action: "enrolment_token.revoke" });
  }

  async #mode(mode: string): Promise<void> {
    await this.ask("PUT", "/api/team/mode", { action: "team.mode", body: { mode, confirm: mode } });
  }

  async #look(path: string, action?: string): Promise<void> {
    await this.ask("GET", path, { action });
  }

  /** Throws on anything but success: nothing that an administrator does may fail under load. */
  async ask(method: string, path: string, what: Asked = {}): Promise<string> {
    for (;;) {
      const begun = performance.now();
      const { response, text } = await this.#send(method, path, what.body);
      if (response.ok) {
        this.done.push({ ms: performance.now() - begun, action: what.action });
        return text;
      }
      const failure = `${method} ${path.split("?")[0]} answered ${response.status}`;
      if (!isLost(response.status, text) || this.lost.length >= MOST_LOST) throw new Error(failure);
      // As a person would, who sees that it did not work.
      this.lost.push(what.action);
      await sleep(PAUSE_MS);
    }
  }

  async #send(method: string, path: string, body: unknown): Promise<{ response: Response; text: string }> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { cookie: this.owner.cookie, origin: this.#url, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { response, text: await response.text() };
  }
}
