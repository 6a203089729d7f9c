import type { SecureContext } from "node:tls";
import * as z from "zod";
import type { Clock, Departure, Ledger, Platform } from "#component/component.ts";
import { VERSION } from "#config/version.ts";
import type {
  AgentStatus,
  EnrolAnswer,
  EnrolRequest,
  LinkAnswer,
  NonceAnswer,
  RotateAnswer,
  SignedConfig,
  SignedConsent,
  UnenrolRequest,
} from "#proto/agent-api.ts";
import { type Answer, retryAfterMs } from "../transport/answer.ts";
import type { TlsConfig } from "../transport/config.ts";
import { failureOf } from "../transport/failure.ts";
import { type ProxyConfig, proxyFor } from "../transport/proxy.ts";
import { Transport } from "../transport/transport.ts";
import { readTrust } from "../transport/trust.ts";
import { SignedConfigShape } from "./signed-config.ts";

/** Longest one request may take, from connecting to the last byte of the answer. */
const TIMEOUT_MS = 30_000;
const SIGN_IN = "does this network want a sign-in?";
const TEMPORARY_REDIRECTS = new Set([302, 303, 307]);

/** Visible characters alone: a token goes into a header. */
const Token = z
  .string()
  .max(200)
  .regex(/^[\x21-\x7e]+$/);
/** Shown in a terminal, which control characters would steer. */
const Shown = z
  .string()
  .max(200)
  .transform((text) => text.replaceAll(/\p{C}/gu, "?"));
const Id = z.string().regex(/^[\w.-]{1,100}$/);

const EnrolShape = z.object({
  agentToken: Token,
  agent: Id,
  team: z.object({ id: Id, name: Shown }),
  developer: z.object({ id: Id, label: Shown }),
  salt: z.string().max(200).exactOptional(),
  config: SignedConfigShape,
}) satisfies z.ZodType<EnrolAnswer>;
const NonceShape = z.object({ nonce: z.string().max(100) }) satisfies z.ZodType<NonceAnswer>;
const RotateShape = z.object({ agentToken: Token }) satisfies z.ZodType<RotateAnswer>;
/** Opened by a person, so it is looked at: an address of the web, printable, with nothing behind it. */
const PageAddress = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .regex(/^[\x21-\x7e]+$/)
  .refine((text) => !/[#?]/.test(text));
const LinkShape = z.object({
  code: z.string().regex(/^[\w-]{1,100}$/),
  expiresAt: z.int().nonnegative(),
  page: PageAddress,
  linked: z.boolean(),
}) satisfies z.ZodType<LinkAnswer>;

/** Why there is no answer that can be used. `reason` is a constant of ours, with a status or a code. */
export interface Trouble {
  kind: /** The token is not taken: 401 or 403. */
    | "unauthorised"
    /** Asking the same again would end the same way. */
    | "refused"
    /** Later it may go well. */
    | "later";
  reason: string;
  afterMs?: number;
}

export type Outcome<T> = { kind: "ok"; value: T; etag: string | undefined } | { kind: "unchanged" } | Trouble;

/** Looked at again for each request: a reload may change it. */
export interface BackendOptions {
  endpoint: URL;
  tls: TlsConfig;
  proxy: ProxyConfig;
  platform: Platform;
  clock: Clock;
  /** Told of each request. */
  ledger?: Ledger | undefined;
}

interface Request<T> {
  method: "GET" | "POST";
  path: string;
  token?: string;
  body?: object;
  etag?: string | undefined;
  /** Without one, any success will do. */
  answer?: z.ZodType<T>;
}

/** Speaks with the team's backend as proto/agent-api.ts says, by the same proxy and authorities as the exporters. */
export class BackendClient {
  readonly #o: BackendOptions;
  #trust: { of: TlsConfig; context: SecureContext } | undefined;

  constructor(options: BackendOptions) {
    this.#o = options;
  }

  enrol(body: EnrolRequest, signal: AbortSignal): Promise<Outcome<EnrolAnswer>> {
    return this.#call({ method: "POST", path: "/v1/enroll", body, answer: EnrolShape }, signal);
  }

  config(token: string, etag: string | undefined, signal: AbortSignal): Promise<Outcome<SignedConfig>> {
    const answer = SignedConfigShape;
    return this.#call({ method: "GET", path: "/v1/agent/config", token, etag, answer }, signal);
  }

  status(token: string, body: AgentStatus, signal: AbortSignal): Promise<Outcome<unknown>> {
    return this.#call({ method: "POST", path: "/v1/agent/status", token, body }, signal);
  }

  rotate(token: string, signal: AbortSignal): Promise<Outcome<RotateAnswer>> {
    return this.#call({ method: "POST", path: "/v1/agent/token", token, answer: RotateShape }, signal);
  }

  nonce(token: string, signal: AbortSignal): Promise<Outcome<NonceAnswer>> {
    return this.#call({ method: "POST", path: "/v1/agent/consent/nonce", token, answer: NonceShape }, signal);
  }

  consent(token: string, body: SignedConsent, signal: AbortSignal): Promise<Outcome<unknown>> {
    return this.#call({ method: "POST", path: "/v1/agent/consent", token, body }, signal);
  }

  withdraw(token: string, signal: AbortSignal): Promise<Outcome<unknown>> {
    return this.#call({ method: "POST", path: "/v1/agent/consent/withdraw", token }, signal);
  }

  link(token: string, signal: AbortSignal): Promise<Outcome<LinkAnswer>> {
    return this.#call({ method: "POST", path: "/v1/agent/link", token, answer: LinkShape }, signal);
  }

  unlink(token: string, signal: AbortSignal): Promise<Outcome<unknown>> {
    return this.#call({ method: "POST", path: "/v1/agent/unlink", token }, signal);
  }

  unenrol(token: string, body: UnenrolRequest, signal: AbortSignal): Promise<Outcome<unknown>> {
    return this.#call({ method: "POST", path: "/v1/agent/unenroll", token, body }, signal);
  }

  async #call<T>(request: Request<T>, signal: AbortSignal): Promise<Outcome<T>> {
    const url = this.#urlOf(request.path);
    const transport = await this.#transport(url);
    if (transport === undefined) return { kind: "later", reason: "the file of authorities cannot be used" };
    const controller = new AbortController();
    const stop = () => controller.abort();
    const cancel = this.#o.clock.after(TIMEOUT_MS, stop);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const noted = await this.#o.ledger?.leaving(departureOf(request, url));
    try {
      const answer = await send(transport, request, controller.signal);
      const { status } = answer;
      noted?.answered({ status, isTaken: status >= 200 && status < 400 });
      return outcomeOf(answer, request, this.#o.clock.now());
    } catch (error) {
      noted?.answered({ isTaken: false });
      if (controller.signal.aborted) return { kind: "later", reason: "no complete answer in time" };
      const failure = failureOf(error);
      const reason = "reason" in failure ? failure.reason : "connection failed";
      return { kind: "later", reason };
    } finally {
      cancel();
      signal.removeEventListener("abort", stop);
      transport.close();
    }
  }

  /** A connection for each request: they are minutes apart. */
  async #transport(url: URL): Promise<Transport | undefined> {
    const { proxy, platform } = this.#o;
    if (url.protocol !== "https:") return new Transport(url, {});
    const trust = await this.#trusted();
    if (trust === undefined) return undefined;
    return new Transport(url, { trust, proxy: proxyFor(url, proxy, platform.env).url });
  }

  #urlOf(path: string): URL {
    const url = new URL(this.#o.endpoint);
    url.pathname = url.pathname.replace(/\/+$/, "") + path;
    return url;
  }

  async #trusted(): Promise<SecureContext | undefined> {
    const { tls, platform } = this.#o;
    if (this.#trust?.of === tls) return this.#trust.context;
    try {
      const context = await readTrust({ id: "talos", platform }, tls, "exporters");
      this.#trust = { of: tls, context };
      return context;
    } catch {
      return undefined;
    }
  }
}

/** For the ledger. The agent token is in a header, which it does not keep; the enrolment token is in the body. */
function departureOf<T>({ method, body }: Request<T>, url: URL): Departure {
  const isMasked = body !== undefined && "token" in body;
  const told = isMasked ? { ...body, token: "[masked]" } : body;
  const bytes = told === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(told));
  const type = told === undefined ? "" : "application/json";
  return { destination: "enrolment", method, url, body: bytes, type, encoding: "identity", isMasked };
}

function send<T>(transport: Transport, request: Request<T>, signal: AbortSignal): Promise<Answer> {
  const { method, token, body, etag } = request;
  const headers = {
    "accept-encoding": "gzip",
    "user-agent": `talos-auditor/${VERSION}`,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(etag === undefined ? {} : { "if-none-match": etag }),
  };
  if (method === "GET") return transport.get(headers, signal);
  const bytes = body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body));
  const type = body === undefined ? {} : { "content-type": "application/json" };
  return transport.post({ ...headers, ...type, "content-length": String(bytes.length) }, bytes, signal);
}

function outcomeOf<T>(answer: Answer, request: Request<T>, nowMs: number): Outcome<T> {
  const { status, contentType = "" } = answer;
  const reason = `${request.method} answered ${status}`;
  if (status >= 200 && status < 300) return successOf(answer, request);
  if (status === 304) return { kind: "unchanged" };
  if (status === 401 || status === 403) return { kind: "unauthorised", reason };
  if (status === 511 || (TEMPORARY_REDIRECTS.has(status) && answer.leadsElsewhere === true)) {
    return { kind: "later", reason: `${reason}: ${SIGN_IN}` };
  }
  if (status === 429 || status >= 500 || /^text\/html\b/i.test(contentType)) {
    const afterMs = retryAfterMs(answer.retryAfter, nowMs);
    return afterMs === undefined ? { kind: "later", reason } : { kind: "later", reason, afterMs };
  }
  return { kind: "refused", reason };
}

/** A login page also answers 200. */
function successOf<T>({ status, contentType = "", body, etag }: Answer, request: Request<T>): Outcome<T> {
  const reason = `${request.method} answered ${status}`;
  if (/^text\/html\b/i.test(contentType)) {
    return { kind: "later", reason: `${reason}, a web page: ${SIGN_IN}` };
  }
  if (request.answer === undefined) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without a schema nobody looks at the value
    return { kind: "ok", value: undefined as T, etag: undefined };
  }
  const parsed = request.answer.safeParse(json(body));
  if (!parsed.success) return { kind: "later", reason: `${reason}, but not as a team's backend does` };
  return { kind: "ok", value: parsed.data, etag: headerSafe(etag) };
}

/** It goes into the next request's header as it is. */
function headerSafe(etag: string | undefined): string | undefined {
  return etag !== undefined && /^(W\/)?"[\x21\x23-\x7e]{0,200}"$/.test(etag) ? etag : undefined;
}

function json(body: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(body ?? []).toString("utf8"));
  } catch {
    return undefined;
  }
}
