import type { Clock, Logger } from "#component/component.ts";
import { VERSION } from "#config/version.ts";
import type { AgentCounter, PolicySource } from "#proto/agent-api.ts";
import type { Mode } from "#proto/egress.ts";
import { Backoff } from "../helper/backoff.ts";
import type { BackendClient, Trouble } from "./backend-client.ts";
import type { EnrolmentFolder } from "./folder.ts";
import { PolicyStore, type ServerPolicy } from "./policy.ts";
import { about, Repeating } from "./repeating.ts";
import { TokenRotation } from "./rotation.ts";

const CONFIG_EVERY_MS = 3_600_000;
const STATUS_EVERY_MS = 5 * 60_000;
const FIRST_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 3_600_000;

/** What the team's backend is told. */
export interface AgentFacts {
  /** In force. */
  mode: Mode;
  policySource: PolicySource;
  /** As the managed policy names them. */
  groups: string[];
  counters: Record<AgentCounter, number>;
}

export interface LinkOptions {
  folder: EnrolmentFolder;
  client: BackendClient;
  clock: Clock;
  log: Logger;
  /** Undefined while there is nothing to tell: no state yet, or nothing of the configuration leads to the team. */
  facts(): AgentFacts | undefined;
  /** The team's policy is another one. */
  policyChanged(): void;
  /** Makes all that runs use the token that the folder holds now. */
  tokenChanged(): Promise<void>;
  /** 0 to 1. */
  random?: () => number;
}

/** A running collector's line to its team's backend: the signed configuration, its own status, and its token. */
export class AgentLink {
  readonly #o: LinkOptions;
  readonly #rotation: TokenRotation;
  readonly #config: Repeating;
  readonly #status: Repeating;
  readonly #backoff: { config: Backoff; status: Backoff };
  readonly #random: () => number;
  #store: PolicyStore | undefined;
  /** Of what `#store` was made. */
  #agent: string | undefined;
  /** Said already: the same trouble is not said again until something went well. */
  #said: string | undefined;
  #told: string | undefined;

  constructor(options: LinkOptions) {
    this.#o = options;
    this.#random = options.random ?? Math.random;
    const { clock, folder, client } = options;
    this.#rotation = new TokenRotation({ folder, client, clock, applied: () => options.tokenChanged() });
    this.#config = new Repeating(clock, (signal) => this.#guarded("config", () => this.#fetch(signal)));
    this.#status = new Repeating(clock, (signal) => this.#guarded("status", () => this.#report(signal)));
    const backoff = () => new Backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS, this.#random);
    this.#backoff = { config: backoff(), status: backoff() };
    this.#open();
  }

  /** What the team allows; undefined where this machine is not enrolled, and no team has a say. */
  get policy(): ServerPolicy | undefined {
    return this.#store?.policy;
  }

  start(): void {
    this.#config.now();
    this.#status.now();
  }

  /** The developer has decided something: it may be about a configuration that this machine has not seen yet. */
  ask(): void {
    this.#config.now();
  }

  /** What is in force may have changed: tells it now if it has. */
  changed(): void {
    const facts = this.#o.facts();
    if (facts !== undefined && this.#told !== undefined && keyOf(facts) !== this.#told) this.#status.now();
  }

  /** Each once, for a collector that runs only for a moment. */
  async once(signal: AbortSignal): Promise<void> {
    await this.#guarded("config", () => this.#fetch(signal));
    await this.#guarded("status", () => this.#report(signal));
  }

  async stop(): Promise<void> {
    await Promise.all([this.#config.stop(), this.#status.stop()]);
  }

  /** Trouble here must never end the collector. */
  async #guarded(kind: "config" | "status", task: () => Promise<number | Trouble>): Promise<number> {
    try {
      const result = await task();
      return typeof result === "number" ? result : this.#wait(kind, result);
    } catch {
      this.#say("the enrolment's folder cannot be read or written; what was in force stays");
      return this.#backoff[kind].next();
    }
  }

  async #fetch(signal: AbortSignal): Promise<number | Trouble> {
    const token = this.#open();
    const store = this.#store;
    if (token === undefined || store === undefined) return CONFIG_EVERY_MS;
    const outcome = await this.#o.client.config(token, store.etag, signal);
    if (signal.aborted) return CONFIG_EVERY_MS;
    if (outcome.kind === "ok") this.#offer(store, outcome.value, outcome.etag);
    else if (outcome.kind !== "unchanged") return outcome;
    this.#wentWell("config");
    const rotated = await this.#rotation.rotateWhenDue(signal);
    if (rotated.kind === "rotated") this.#o.log.info("this machine's token was exchanged for a new one");
    if (rotated.kind === "kept_old") this.#o.log.warn("a new token was not taken: the one before goes on");
    return about(CONFIG_EVERY_MS, this.#random);
  }

  #offer(store: PolicyStore, signed: Parameters<PolicyStore["offer"]>[0], etag: string | undefined): void {
    const offered = store.offer(signed, etag);
    const { version } = store.policy;
    if (offered.kind === "new") {
      this.#o.log.info("the team's configuration is another one", { version });
      this.#o.policyChanged();
    }
    if (offered.kind === "refused") {
      const message = "the backend sent a configuration that is not taken; the one before stands";
      this.#o.log.error(message, { refusal: offered.refusal, version });
    }
  }

  async #report(signal: AbortSignal): Promise<number | Trouble> {
    const token = this.#open();
    const facts = token === undefined ? undefined : this.#o.facts();
    if (token === undefined || facts === undefined) return about(STATUS_EVERY_MS, this.#random);
    const { mode, policySource, groups, counters } = facts;
    const body = { version: VERSION, policySource, mode, ...(groups && { groups }), counters };
    // Before it is sent: what changes on the way is told after it.
    this.#told = keyOf(facts);
    const outcome = await this.#o.client.status(token, body, signal);
    if (outcome.kind !== "ok" && outcome.kind !== "unchanged") return outcome;
    this.#wentWell("status");
    return about(STATUS_EVERY_MS, this.#random);
  }

  /** The token, and the policy of the enrolment that is there now: another one may have taken its place. */
  #open(): string | undefined {
    const { folder, clock } = this.#o;
    const agent = folder.read()?.agent;
    if (agent !== this.#agent) {
      this.#store = PolicyStore.open(folder, () => clock.now());
      this.#agent = agent;
    }
    return agent === undefined ? undefined : folder.readFile("token");
  }

  #wait(kind: "config" | "status", { kind: trouble, reason, afterMs }: Trouble): number {
    if (trouble === "unauthorised") {
      this.#say(
        "the team's backend does not take this machine's token any more: it was revoked. What is read waits here. " +
          "Ask who runs it for a new enrolment token, then `talos enroll TOKEN --replace`; or `talos unenroll`",
        reason,
      );
    } else if (kind === "config" && this.#store?.policy.expired === true) {
      this.#say(
        "the team's configuration has expired and no fresh one comes: no text is read or sent until one does",
        reason,
      );
    }
    this.#o.log.debug("the team's backend was not reached as it should, trying again", { reason });
    return Math.max(afterMs ?? 0, this.#backoff[kind].next());
  }

  #wentWell(kind: "config" | "status"): void {
    this.#backoff[kind].reset();
    if (kind === "config") this.#said = undefined;
  }

  #say(message: string, reason?: string): void {
    if (this.#said === message) return;
    this.#said = message;
    this.#o.log.error(message, reason === undefined ? {} : { reason });
  }
}

function keyOf({ mode, policySource, groups }: AgentFacts): string {
  return JSON.stringify([mode, policySource, groups]);
}
