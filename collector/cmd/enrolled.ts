import type { Ledger, Logger } from "#component/component.ts";
import { defaultConfigDir } from "#config/paths.ts";
import { find, type Tree } from "#config/tree.ts";
import { type Mode, MODES } from "#proto/egress.ts";
import type { PolicySource } from "#proto/agent-api.ts";
import { readStatus } from "#state/status.ts";
import type { OtlpHttpConfig } from "../../exporters/otlp_http/config.ts";
import { type Parties, settle } from "../consent/agreement.ts";
import type { InForce } from "../consent/in-force.ts";
import { countersOf, sinceEnrolment } from "../enrolment/agent-counters.ts";
import { BackendClient } from "../enrolment/backend-client.ts";
import { ENROLLED_CONFIG } from "../enrolment/default-config.ts";
import { EnrolmentFolder } from "../enrolment/folder.ts";
import { type AgentFacts, AgentLink } from "../enrolment/link.ts";
import { Repeating } from "../enrolment/repeating.ts";
import type { Plan } from "../service/plan.ts";
import { Reloader } from "../service/reloader.ts";
import type { Service } from "../service/service.ts";
import { systemClock, systemPlatform } from "../service/system.ts";
import { contentLane } from "../service/text-lanes.ts";
import type { PlanOptions } from "./options.ts";

/** How long a collector that runs for a moment waits for the team's backend at its end. */
const ONCE_MS = 10_000;
/** How often an acceptance is compared with what it should be. */
const SETTLE_EVERY_MS = 3_600_000;
/** The same after the backend did not answer. */
const SETTLE_AGAIN_MS = 60_000;
const DEFAULT_TLS: OtlpHttpConfig["tls"] = { system_cas: true };

interface EnrolledOptions {
  log: Logger;
  /** What runs. */
  plan(): Plan;
  /** Reads the configuration again and applies it. */
  reload(): Promise<void>;
  inForce: InForce;
  /** True: the backend is told and asked nothing. */
  isDryRun: boolean;
  /** Told of what is said to the backend. */
  ledger: Ledger | undefined;
}

/** What `talos run` does on a machine that is enrolled. On any other, nothing. */
class EnrolledRun {
  readonly #o: EnrolledOptions;
  readonly #folder: EnrolmentFolder;
  readonly #link: AgentLink;
  readonly #parties: () => Parties;
  readonly #settling: Repeating;

  constructor(options: EnrolledOptions) {
    this.#o = options;
    const platform = systemPlatform();
    const folder = new EnrolmentFolder(defaultConfigDir(platform));
    this.#folder = folder;
    const own = () => this.#ownExporters()[0]?.config;
    const client = new BackendClient({
      get endpoint() {
        return folder.read()?.endpoint ?? new URL("http://127.0.0.1");
      },
      get tls() {
        return own()?.tls ?? DEFAULT_TLS;
      },
      get proxy() {
        return own()?.proxy ?? "environment";
      },
      platform,
      clock: systemClock,
      ledger: options.ledger,
    });
    this.#parties = () => ({
      configDir: options.plan().configDir,
      folder,
      client,
      enrolment: folder.read(),
      policy: this.#link.policy,
      nowMs: systemClock.now(),
    });
    this.#link = new AgentLink({
      folder,
      client,
      clock: systemClock,
      log: options.log,
      facts: () => this.#facts(),
      policyChanged: () => {
        options.inForce.refresh();
        void options.reload();
      },
      tokenChanged: () => options.reload(),
    });
    options.inForce.heed(() => this.#link.policy);
    this.#settling = new Repeating(systemClock, (signal) => this.#settle(signal));
  }

  /** Managed policy's acceptance, and what the backend is still to be told of the developer's. */
  async #settle(signal: AbortSignal): Promise<number> {
    const { inForce, log } = this.#o;
    try {
      const agreement = { managed: this.#o.plan().service.accept, held: inForce.acceptance };
      const trouble = await settle(this.#parties(), agreement, signal);
      if (trouble !== undefined)
        log.debug("an acceptance could not be told, trying again", { reason: trouble.reason });
      inForce.refresh();
      return trouble?.kind === "later" ? (trouble.afterMs ?? SETTLE_AGAIN_MS) : SETTLE_EVERY_MS;
    } catch {
      log.warn("an acceptance cannot be kept, trying again");
      return SETTLE_AGAIN_MS;
    }
  }

  /** Remembers where the settings of a configuration come from. */
  seen(read: PlanOptions): PlanOptions {
    this.#o.inForce.configuredBy(sourceOf(read.tree));
    return read;
  }

  start(): void {
    this.#o.inForce.follow();
    if (this.#o.isDryRun) return;
    this.#link.start();
    this.#settling.now();
  }

  /** Something else is in force. */
  decided(): void {
    if (!this.#o.isDryRun) this.#link.ask();
  }

  /** Another configuration is applied. */
  changed(): void {
    if (this.#o.isDryRun) return;
    this.#settling.now();
    this.#link.changed();
  }

  async once(): Promise<void> {
    if (this.#o.isDryRun) return;
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), ONCE_MS);
    try {
      await this.#link.once(end.signal);
      await this.#settle(end.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  async stop(): Promise<void> {
    this.#o.inForce.close();
    await this.#settling.stop();
    await this.#link.stop();
  }

  /** Undefined where nothing of what runs leads to the team: a collector for other purposes is not its business. */
  #facts(): AgentFacts | undefined {
    const { stateDir, pipelines } = this.#o.plan();
    const own = this.#ownExporters().map(({ id }) => id);
    const status = own.length === 0 ? undefined : readStatus(stateDir);
    if (status === undefined) return undefined;
    const configured = pipelines
      .filter(({ exporters }) => exporters.some((id) => own.includes(id)))
      .map(({ mode }) => mode)
      .reduce<Mode>((a, b) => (MODES.indexOf(b) > MODES.indexOf(a) ? b : a), "off");
    const { mode, setBy } = this.#o.inForce.now(configured);
    return {
      mode,
      policySource: setBy,
      groups: this.#o.plan().service.groups,
      counters: sinceEnrolment(
        this.#folder,
        countersOf(status, { counts: own, texts: own.map(contentLane) }),
      ),
    };
  }

  #ownExporters(): { id: string; config: OtlpHttpConfig }[] {
    return this.#o
      .plan()
      .exporters.filter(isOtlpHttp)
      .filter(({ config }) => config.destination === "talos");
  }
}

export interface Changing {
  service: Service;
  current: PlanOptions;
  read(): PlanOptions;
  log: Logger;
  inForce: InForce;
  isDryRun: boolean;
  /** The plan that runs from now on. */
  applied(plan: Plan): void;
}

/** What brings a running collector another configuration: its user's files, and its team. */
export function followChanges(changing: Changing) {
  const { service, current, log, inForce } = changing;
  inForce.changes(() => {
    service.modesChanged();
    enrolled.decided();
  });
  const enrolled: EnrolledRun = new EnrolledRun({
    log,
    inForce,
    isDryRun: changing.isDryRun,
    ledger: service.ledger,
    plan: () => service.plan,
    reload: () => reloader.request(),
  });
  const reloader = new Reloader({
    service,
    current: enrolled.seen(current),
    read: () => enrolled.seen(changing.read()),
    clock: systemClock,
    log,
    usable: (isUsable) => inForce.usable(isUsable),
    applied: (plan) => {
      changing.applied(plan);
      enrolled.changed();
    },
  });
  return { enrolled, reloader };
}

/** SHA-256 of the team's key, hex, where this machine is enrolled. */
export function pinnedFingerprint(): string | undefined {
  try {
    return new EnrolmentFolder(defaultConfigDir(systemPlatform())).read()?.fingerprint;
  } catch {
    return undefined;
  }
}

/** The factory's own schema has checked it. */
function isOtlpHttp(
  planned: Plan["exporters"][number],
): planned is Plan["exporters"][number] & { config: OtlpHttpConfig } {
  return planned.factory.type === "otlp_http";
}

/** Who says the mode of the first processor that has one. */
export function sourceOf(tree: Tree | undefined): PolicySource {
  const processors = tree === undefined ? undefined : find(tree, ["processors"]);
  const children = processors?.kind === "group" ? [...processors.children.values()] : [];
  for (const child of children) {
    const mode = child.kind === "group" ? child.children.get("mode") : undefined;
    if (mode?.kind !== "leaf") continue;
    if (mode.origin.layer.kind === "managed") return "managed";
    return mode.origin.layer.file === ENROLLED_CONFIG ? "default" : "user";
  }
  return "default";
}
