import type { Clock } from "#component/component.ts";
import type { PolicySource } from "#proto/agent-api.ts";
import type { Mode } from "#proto/egress.ts";
import { type Enrolment, EnrolmentFolder } from "../enrolment/folder.ts";
import { PolicyStore, type ServerPolicy } from "../enrolment/policy.ts";
import { FileWatch } from "../service/file-watch.ts";
import type { ModeInForce, Modes } from "../service/modes.ts";
import { type Acceptance, consentFile, readAcceptance, voidBecause } from "./acceptance.ts";
import { effectiveMode } from "./effective-mode.ts";

export interface InForceOptions {
  configDir: string;
  clock: Clock;
}

/** What is in force on this machine: asked for each text, so it is held in memory. */
export class InForce implements Modes {
  readonly #o: InForceOptions;
  readonly #watch: FileWatch;
  readonly #folder: EnrolmentFolder;
  #acceptance: Acceptance | undefined;
  #enrolment: Enrolment | undefined;
  #configuredBy: PolicySource = "default";
  #policy: () => ServerPolicy | undefined;
  #changed: () => void = () => {};
  #last = "";
  #isFollowing = false;

  constructor(options: InForceOptions) {
    this.#o = options;
    this.#folder = new EnrolmentFolder(options.configDir);
    const kept = PolicyStore.open(this.#folder, () => options.clock.now());
    this.#policy = () => kept?.policy;
    this.#read();
    this.#watch = new FileWatch({
      file: consentFile(options.configDir),
      clock: options.clock,
      look: () => this.refresh(),
    });
  }

  /** Who says the mode in the configuration. */
  configuredBy(source: PolicySource): void {
    this.#configuredBy = source;
  }

  /** Who knows what the team allows now, in place of what was kept when this was made. */
  heed(policy: () => ServerPolicy | undefined): void {
    this.#policy = policy;
  }

  /** Called whenever something else is in force than before. */
  changes(changed: () => void): void {
    this.#changed = changed;
  }

  /** Notices by itself when the acceptance changes. */
  follow(): void {
    this.#last = this.#key();
    this.#isFollowing = true;
    this.#watch.start();
  }

  close(): void {
    this.#isFollowing = false;
    this.#watch.close();
  }

  /** Looks at the acceptance and the team's word again. */
  refresh(): void {
    this.#read();
    const key = this.#key();
    if (!this.#isFollowing || key === this.#last) return;
    this.#last = key;
    this.#changed();
  }

  /** The acceptance, where it holds now. */
  get acceptance(): Acceptance | undefined {
    const given = this.#acceptance;
    if (given === undefined) return undefined;
    const why = voidBecause(given, {
      team: this.#enrolment?.team.id ?? "",
      agent: this.#enrolment?.agent ?? "",
      retentionDays: this.#policy()?.retentionDays ?? given.retention_days,
      nowMs: this.#o.clock.now(),
    });
    return why === undefined ? given : undefined;
  }

  now(configured: Mode): ModeInForce {
    const accepted = this.acceptance;
    return effectiveMode({
      configured: { mode: configured, by: this.#configuredBy },
      team: this.#policy(),
      accepted: accepted && { mode: accepted.mode, sinceMs: accepted.accepted_at },
    });
  }

  #read(): void {
    this.#acceptance = readAcceptance(this.#o.configDir);
    try {
      this.#enrolment = this.#folder.read();
    } catch {
      // A damaged enrolment belongs to no team that anything was accepted for.
      this.#enrolment = undefined;
    }
  }

  /** All that `now` depends on but the configuration. */
  #key(): string {
    const { mode, setBy, sinceMs, isFresh } = this.now("full");
    return `${mode} ${setBy} ${sinceMs} ${isFresh}`;
  }
}
