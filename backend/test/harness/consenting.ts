import { generateKeyPairSync, hash, type KeyObject, sign } from "node:crypto";
import { type Consent, type EnrolAnswer, signedBytes } from "#proto/agent-api.ts";
import { contractBytes } from "#proto/contract-text.ts";
import type { Mode } from "#proto/egress.ts";
import type { LocalWorkers } from "./workers.ts";

const DAY_MS = 86_400_000;

/** A team's owner, and machines that are enrolled as theirs are: with a key of their own that signs what is accepted. */
export class Owner {
  readonly #workers: LocalWorkers;
  readonly #cookie: string;

  private constructor(workers: LocalWorkers, cookie: string) {
    this.#workers = workers;
    this.#cookie = cookie;
  }

  static async of(workers: LocalWorkers, team: string): Promise<Owner> {
    await workers.setUp("/local/enrol", { team, timeZone: "UTC", developer: "Setup" });
    const { code } = await workers.setUp("/local/sign-in-code", { team, role: "owner" });
    const response = await fetch(`${workers.url}/api/sign-in`, {
      method: "POST",
      headers: { origin: workers.url, "content-type": "application/json" },
      body: JSON.stringify({ code }),
    });
    return new Owner(workers, response.headers.get("set-cookie")?.split(";")[0] ?? "");
  }

  async ask<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.#workers.url + path, {
      method,
      headers: { cookie: this.#cookie, origin: this.#workers.url, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}`);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  async newMachine(): Promise<ConsentingMachine> {
    const { secret } = await this.ask<{ secret: string }>("POST", "/api/enrolment-tokens", {
      kind: "person",
    });
    const keys = generateKeyPairSync("ed25519");
    const publicKey = keys.publicKey.export({ format: "jwk" }).x;
    const response = await fetch(`${this.#workers.url}/v1/enroll`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: secret.split(".")[0], publicKey, version: "0.1.0" }),
    });
    if (!response.ok) throw new Error(`the enrolment was answered with ${response.status}`);
    return new ConsentingMachine(this.#workers, (await response.json()) as EnrolAnswer, keys.privateKey);
  }
}

export class ConsentingMachine {
  readonly enrolled: EnrolAnswer;
  readonly #workers: LocalWorkers;
  readonly #key: KeyObject;

  constructor(workers: LocalWorkers, enrolled: EnrolAnswer, key: KeyObject) {
    this.#workers = workers;
    this.enrolled = enrolled;
    this.#key = key;
  }

  /** With this machine's token. */
  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.#workers.url + path, {
      method: "POST",
      headers: {
        authorization: `Bearer ${this.enrolled.agentToken}`,
        "content-type": "application/json",
        ...headers,
      },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  async accept(mode: Mode, retentionDays = 90): Promise<void> {
    const { nonce } = (await (await this.post("/v1/agent/consent/nonce", "")).json()) as { nonce: string };
    const { team, agent, developer } = this.enrolled;
    const consent: Consent = {
      team: team.id,
      agent,
      developer: developer.id,
      mode,
      by: "developer",
      retentionDays,
      contract: hash("sha256", contractBytes(mode)),
      acceptedAt: Date.now(),
      expiresAt: Date.now() + 30 * DAY_MS,
      nonce,
    };
    const payload = Buffer.from(JSON.stringify(consent));
    const signature = sign(null, signedBytes("talos-consent-1", payload), this.#key);
    const signed = { payload: payload.toString("base64url"), signature: signature.toString("base64url") };
    const response = await this.post("/v1/agent/consent", signed);
    if (response.status !== 204) throw new Error(`the acceptance was answered with ${response.status}`);
  }
}
