import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { CATEGORIES } from "#proto/categories.ts";
import type { CategorizeCost, CategoryReport } from "../../domain/category-report.ts";
import type { Dimension, Me } from "../../domain/report.ts";
import { addDays, daysBetween } from "../day.ts";
import { foldReport, foldSessions } from "./folded.ts";
import type { Names } from "./folded.ts";
import { PEOPLE, PROJECTS, TIME_ZONE, inventTeam } from "./invented-team.ts";
import type { Fact } from "./invented-team.ts";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const PAGE = 50;

/** The whole JSON API over facts in memory, and the built page beside it with the headers of its `_headers` file. */
export class FakeApi {
  facts: Fact[] = inventTeam();
  readonly names: Names = {
    developers: new Map(PEOPLE.map((name, index) => [`dev-${index}`, name])),
    projects: new Map(PROJECTS.map(({ hash, alias }) => [hash, alias])),
  };
  demo = false;
  mode: Me["mode"] = "off";
  role: Me["viewer"]["role"] = "owner";
  /** Addresses that asked for a link; null where mail is not set up. */
  mailed: string[] | null = null;
  /** How many kinds of work the team's prompts are of; null while none has a category. */
  mix: { kinds: number; unsplit: number } | null = null;
  cost: CategorizeCost = {
    month: "2026-11",
    calls: 1_212,
    unknownCalls: 1,
    cost: "181650000000",
    perPrompt: "150000000",
    cap: "10000000000000",
    capIsDefault: true,
    model: "claude-haiku-5-5",
    configured: true,
  };
  signedIn = true;
  codes = new Set<string>();
  /** Answers every API call with this status; `cut` closes the connection instead. */
  broken: number | "cut" | null = null;
  /** API calls seen, as "GET /api/me". */
  calls: string[] = [];
  /** When set, API answers wait for it. */
  gate: Promise<void> = Promise.resolve();
  #version = 1;
  #headers: [name: string, value: string][] = [];
  readonly #dist: string;
  readonly #server: Server;

  constructor(dist: string) {
    this.#dist = dist;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  async start(): Promise<string> {
    this.#headers = headersFor(await readFile(join(this.#dist, "_headers"), "utf8"));
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** What a collector's delivery would do. */
  add(...facts: Fact[]): void {
    this.facts.push(...facts);
    this.#version += 1;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (url.pathname.startsWith("/api/")) await this.#answerApi(request, response, url);
    else await this.#answerFile(response, url.pathname);
  }

  async #answerFile(response: ServerResponse, pathname: string): Promise<void> {
    for (const [name, value] of this.#headers) response.setHeader(name, value);
    const path = extname(pathname) === "" ? "/index.html" : pathname;
    const body = await readFile(join(this.#dist, path)).catch(() => null);
    if (!body) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream");
    response.end(body);
  }

  async #answerApi(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    this.calls.push(`${request.method} ${url.pathname}`);
    const body = await text(request);
    await this.gate;
    if (this.broken === "cut") {
      response.destroy();
      return;
    }
    const send = (status: number, answer?: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(answer === undefined ? undefined : JSON.stringify(answer));
    };
    const refuse = (status: number, code: string) => send(status, { error: { code, message: code } });
    if (this.broken !== null) return refuse(this.broken, "broken_on_purpose");
    if (url.pathname === "/api/sign-in" && request.method === "GET") {
      return send(200, { mail: this.mailed !== null, clerk: false });
    }
    if (url.pathname === "/api/sign-in/link") {
      this.mailed?.push(String(JSON.parse(body).email));
      return send(204);
    }
    if (url.pathname === "/api/sign-in") {
      if (!this.codes.delete(String(JSON.parse(body).code))) return refuse(401, "code_used");
      this.signedIn = true;
      return send(204);
    }
    if (url.pathname === "/api/sign-out") {
      this.signedIn = false;
      return send(204);
    }
    if (!this.signedIn) return refuse(401, "no_session");
    if (request.method === "PUT") return send(this.#rename(url.pathname, JSON.parse(body).label) ? 204 : 404);
    const answer = this.#read(url);
    if (answer === undefined) refuse(404, "not_found");
    else send(200, answer);
  }

  #rename(pathname: string, label: string): boolean {
    const [, , kind, key = ""] = pathname.split("/");
    const names = kind === "projects" ? this.names.projects : this.names.developers;
    names.set(decodeURIComponent(key), label);
    this.#version += 1;
    return true;
  }

  #read(url: URL): unknown {
    const asked = (name: string) => url.searchParams.get(name) ?? "";
    const version = this.#version;
    switch (url.pathname) {
      case "/api/version":
        return { version };
      case "/api/me":
        return this.#me();
      case "/api/report":
        return foldReport(this.facts, asked("from"), asked("to"), {
          by: (asked("by") || "model") as Dimension,
          names: this.names,
          version,
        });
      case "/api/sessions": {
        const rows = foldSessions(this.facts, asked("from"), asked("to"), this.names);
        const start = Number(asked("cursor") || 0);
        const next = start + PAGE < rows.length ? String(start + PAGE) : null;
        return { sessions: rows.slice(start, start + PAGE), next };
      }
      case "/api/categories":
        return this.#categories({ from: asked("from"), to: asked("to") });
      case "/api/categorize-cost":
        return this.cost;
      default:
        return undefined;
    }
  }

  #categories({ from, to }: { from: string; to: string }): CategoryReport {
    const days = Array.from({ length: daysBetween(from, to) }, (_, n) => addDays(from, n));
    const each = (most: number) => days.map((_, n) => (n * 7 + most) % (most + 1));
    const { mix } = this;
    return {
      range: { from, to, timeZone: TIME_ZONE },
      days,
      prompts: days.map(() => 40),
      rows:
        mix === null
          ? []
          : CATEGORIES.slice(0, mix.kinds).map((category, n) => ({ category, prompts: each(9 - (n % 8)) })),
      unsplit: days.map((_, n) => (mix !== null && n === 0 ? mix.unsplit : 0)),
      methods: { rules: 12, ollama: 0, haiku: mix === null ? 0 : 1_200 },
      floor: 5,
      version: this.#version,
    };
  }

  #me(): Me {
    const days = this.facts.map(({ day }) => day).toSorted();
    const [first] = days;
    const last = days.at(-1);
    return {
      team: { id: "team-1", name: "Northwind", timeZone: TIME_ZONE },
      viewer: { id: "mem_000000000000000000000001", label: "Ada", role: this.role },
      demo: this.demo,
      days: first !== undefined && last !== undefined ? { first, last } : null,
      mode: this.mode,
      version: this.#version,
    };
  }
}

/** The headers that `_headers` sets for every path. */
function headersFor(file: string): [string, string][] {
  const [, everywhere = ""] = /^\/\*\n((?:[ ]+.*\n?)+)/.exec(file) ?? [];
  return everywhere
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", ...value] = line.trim().split(": ");
      return [name, value.join(": ")];
    });
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
