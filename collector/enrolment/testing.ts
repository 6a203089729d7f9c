/** For tests: a team's backend as far as machines speak with it, over HTTP, with a memory. */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AgentConfig,
  type AgentStatus,
  type Consent,
  type SignedConfig,
  type SignedConsent,
  signedBytes,
} from "#proto/agent-api.ts";
import type { Mode } from "#proto/egress.ts";
import { EnrolmentFolder } from "./folder.ts";
import { makeMachineKey } from "./machine-key.ts";

const DAY_MS = 86_400_000;

interface Agent {
  id: string;
  developer: string;
  publicKey: string;
  status?: AgentStatus;
  left?: { erase: boolean };
  revoked: boolean;
  nonce?: string;
  /** Of its last code for an account page. */
  link?: string;
  consent?: Consent;
}

export interface Call {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  body: unknown;
}

/** Answers in place of the backend, once. */
export interface Instead {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** Nothing comes, and the connection is closed. */
  cut?: boolean;
  /** The backend does its work, and its answer is lost. */
  lost?: boolean;
}

export class FakeTeam {
  readonly id = `tm_${randomBytes(12).toString("hex")}`;
  readonly salt: string = randomBytes(32).toString("base64url");
  readonly groupingKey: Buffer = randomBytes(32);
  readonly calls: Call[] = [];
  readonly agents: Agent[] = [];
  name = "Acme";
  mode: Mode = "off";
  features: AgentConfig["features"] = { projects: false, activity: false };
  saltPolicy: "server" | "managed" = "server";
  version = 1_000;
  now: () => number = Date.now;
  /** Changes what is signed. */
  config: (config: AgentConfig) => unknown = (config) => config;
  /** Changes what was signed. */
  tamper: (signed: SignedConfig) => unknown = (signed) => signed;
  readonly #keys = generateKeyPairSync("ed25519");
  readonly #uses = new Map<string, number>();
  readonly #developers = new Map<string, string>();
  /** Token to agent; what it replaces dies with its first use. */
  readonly #tokens = new Map<string, { agent: Agent; replaces?: string }>();
  readonly #instead = new Map<string, Instead[]>();
  readonly #server = http.createServer((request, response) => void this.#serve(request, response));

  static async start(): Promise<FakeTeam> {
    const team = new FakeTeam();
    await new Promise<void>((resolve) => team.#server.listen(0, "127.0.0.1", resolve));
    return team;
  }

  get url(): string {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server's address is an object
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** 32 bytes. */
  get fingerprint(): Buffer {
    return createHash("sha256").update(this.#publicKey).digest();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** An enrolment token. */
  token(kind: "person" | "bulk" = "person", uses = kind === "bulk" ? 100 : 1): string {
    const secret = `${kind === "bulk" ? "teb" : "tep"}_${randomBytes(32).toString("base64url")}`;
    this.#uses.set(secret, uses);
    const parts = [secret, this.fingerprint.toString("base64url")];
    return [...parts, ...(kind === "bulk" ? [this.groupingKey.toString("base64url")] : [])].join(".");
  }

  /** As if a machine had exchanged an enrolment token. */
  enrolMachine(publicKey = ""): { agent: string; token: string } {
    const agent = `agt_${randomBytes(12).toString("hex")}`;
    const token = `tal_${randomBytes(32).toString("base64url")}`;
    const known: Agent = { id: agent, developer: "dev_1", publicKey, revoked: false };
    this.agents.push(known);
    this.#tokens.set(token, { agent: known });
    return { agent, token };
  }

  /** What the next requests to a path get in place of an answer. */
  instead(path: string, ...answers: Instead[]): void {
    this.#instead.set(path, [...(this.#instead.get(path) ?? []), ...answers]);
  }

  callsTo(path: string): Call[] {
    return this.calls.filter((call) => call.path === path);
  }

  knows(token: string): boolean {
    return this.#tokens.has(token);
  }

  /** As the same database of an earlier moment would. */
  forget(token: string): void {
    this.#tokens.delete(token);
  }

  signed(agent: string, over: Partial<AgentConfig> = {}): SignedConfig {
    const nowMs = this.now();
    const config: AgentConfig = {
      team: this.id,
      agent,
      version: this.version,
      issuedAt: nowMs,
      expiresAt: nowMs + 7 * DAY_MS,
      mode: this.mode,
      retentionDays: 90,
      salt: { policy: this.saltPolicy, id: this.saltPolicy === "server" ? this.#saltId() : "" },
      features: this.features,
      ...over,
    };
    return this.sign(JSON.stringify(this.config(config)));
  }

  sign(json: string, key: KeyObject = this.#keys.privateKey): SignedConfig {
    const payload = Buffer.from(json);
    const signature = sign(null, signedBytes("talos-config-1", payload), key).toString("base64url");
    const text = payload.toString("base64url");
    return { payload: text, signature, key: this.#publicKey.toString("base64url") };
  }

  get #publicKey(): Buffer {
    return Buffer.from(this.#keys.publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  }

  #saltId(): string {
    return createHash("sha256").update(Buffer.from(this.salt, "base64url")).digest("hex").slice(0, 16);
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    const { method = "", url: path = "", headers } = request;
    const isJson = headers["content-type"] === "application/json";
    const body: unknown = isJson ? JSON.parse(text) : undefined;
    this.calls.push({ method, path, headers, body });
    const instead = this.#instead.get(path)?.shift();
    if (instead?.cut === true) return void request.socket.destroy();
    if (instead !== undefined && instead.lost !== true) {
      return void response.writeHead(instead.status, instead.headers).end(instead.body);
    }
    const answer = this.#answer({ method, path, headers, body });
    if (instead?.lost === true) return void request.socket.destroy();
    const etag = answer.etag === undefined ? {} : { etag: answer.etag };
    const type = { "content-type": "application/json" };
    response.writeHead(answer.status, { ...(answer.body === undefined ? {} : type), ...etag });
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  }

  #answer(call: Call): { status: number; body?: unknown; etag?: string } {
    if (call.path === "/v1/enroll") return this.#enrol(call);
    const token = /^Bearer (\S+)$/.exec(call.headers.authorization ?? "")?.[1] ?? "";
    const known = this.#tokens.get(token);
    if (known === undefined) return { status: 401 };
    if (known.agent.revoked) return { status: 403 };
    if (known.replaces !== undefined) this.#tokens.delete(known.replaces);
    delete known.replaces;
    return this.#agentAnswer(call, known.agent, token);
  }

  #agentAnswer(call: Call, agent: Agent, token: string): { status: number; body?: unknown; etag?: string } {
    switch (`${call.method} ${call.path}`) {
      case "GET /v1/agent/config": {
        const etag = `"${this.version}-${agent.id}"`;
        if (call.headers["if-none-match"] === etag) return { status: 304, etag };
        return { status: 200, body: this.tamper(this.signed(agent.id)), etag };
      }
      case "POST /v1/agent/status":
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a test looks at
        agent.status = call.body as AgentStatus;
        return { status: 204 };
      case "POST /v1/agent/token": {
        const next = `tal_${randomBytes(32).toString("base64url")}`;
        this.#tokens.set(next, { agent, replaces: token });
        return { status: 200, body: { agentToken: next } };
      }
      case "POST /v1/agent/consent/nonce":
        agent.nonce = randomBytes(32).toString("base64url");
        return { status: 200, body: { nonce: agent.nonce } };
      case "POST /v1/agent/consent":
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a machine sends
        return { status: this.#accept(agent, call.body as SignedConsent) ? 204 : 409 };
      case "POST /v1/agent/consent/withdraw":
        delete agent.consent;
        return { status: 204 };
      case "POST /v1/agent/link": {
        const linked = agent.link !== undefined;
        agent.link = `lnk_${randomBytes(32).toString("base64url")}`;
        const page = `${this.url}/settings/account`;
        return { status: 200, body: { code: agent.link, expiresAt: this.now() + 600_000, page, linked } };
      }
      case "POST /v1/agent/unlink":
        delete agent.link;
        return { status: 204 };
      case "POST /v1/agent/unenroll":
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a test looks at
        agent.left = call.body as { erase: boolean };
        this.#tokens.delete(token);
        return { status: 204 };
      default:
        return { status: 404 };
    }
  }

  #accept(agent: Agent, { payload, signature }: SignedConsent): boolean {
    const bytes = Buffer.from(payload, "base64url");
    const jwk = { kty: "OKP", crv: "Ed25519", x: agent.publicKey };
    const key = createPublicKey({ key: jwk, format: "jwk" });
    const signed = Buffer.from(signature, "base64url");
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a machine sends
    const consent = JSON.parse(bytes.toString("utf8")) as Consent;
    if (!verify(null, signedBytes("talos-consent-1", bytes), key, signed)) return false;
    if (consent.nonce !== agent.nonce || consent.agent !== agent.id) return false;
    delete agent.nonce;
    agent.consent = consent;
    return true;
  }

  #enrol({ body }: Call): { status: number; body?: unknown } {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a test looks at
    const { token, publicKey, grouping } = body as { token: string; publicKey: string; grouping?: string };
    const uses = this.#uses.get(token) ?? 0;
    if (uses === 0) return { status: 401, body: { error: { code: "enrolment_refused" } } };
    this.#uses.set(token, uses - 1);
    const id = `agt_${randomBytes(12).toString("hex")}`;
    const developer = this.#developerOf(grouping ?? token);
    const agent: Agent = { id, developer, publicKey, revoked: false };
    this.agents.push(agent);
    const agentToken = `tal_${randomBytes(32).toString("base64url")}`;
    this.#tokens.set(agentToken, { agent });
    const answer = {
      agentToken,
      agent: id,
      team: { id: this.id, name: this.name },
      developer: { id: developer, label: "Quiet Heron" },
      ...(this.saltPolicy === "server" ? { salt: this.salt } : {}),
      config: this.tamper(this.signed(id)),
    };
    return { status: 200, body: answer };
  }

  #developerOf(key: string): string {
    const known = this.#developers.get(key) ?? `dev_${randomBytes(12).toString("hex")}`;
    this.#developers.set(key, known);
    return known;
  }
}

/** A machine that is enrolled in the team, without a process. */
export class EnrolledMachine {
  readonly configDir: string = mkdtempSync(join(tmpdir(), "talos-enrolled-"));
  readonly folder: EnrolmentFolder = new EnrolmentFolder(this.configDir);
  agent = "";

  constructor(team: FakeTeam) {
    this.enrol(team);
  }

  /** In this team, in place of the one before. */
  enrol(team: FakeTeam): void {
    const { publicKey, privateKey } = makeMachineKey();
    const { agent, token } = team.enrolMachine(publicKey);
    this.agent = agent;
    const signed = team.signed(agent);
    const draft = this.folder.begin();
    draft.write("token", token);
    draft.write("salt", team.salt);
    draft.write("machine.key", privateKey);
    draft.write("policy.json", JSON.stringify({ signed }));
    draft.commit({
      endpoint: new URL(team.url),
      agent,
      team: { id: team.id, name: team.name },
      developer: { id: "dev_1", label: "Quiet Heron" },
      fingerprint: team.fingerprint.toString("hex"),
      enrolled_at: team.now(),
    });
  }

  dispose(): void {
    rmSync(this.configDir, { recursive: true, force: true });
  }
}
