import type { Clock } from "#component/component.ts";
import type { PolicySource } from "#proto/agent-api.ts";
import { type Mode, NO_OPT_INS, type OptIn } from "#proto/egress.ts";
import { type Enrolment, EnrolmentFolder } from "../enrolment/folder.ts";
import { PolicyStore, type ServerPolicy } from "../enrolment/policy.ts";
import { FileVersion } from "../service/file-version.ts";
import { FileWatch } from "../service/file-watch.ts";
import type { ModeInForce, Modes } from "../service/modes.ts";
import { type Acceptance, consentFile, readAcceptance, voidBecause } from "./acceptance.ts";
import { effectiveMode } from "./effective-mode.ts";

const PROJECTS: ReadonlySet<OptIn> = new Set<OptIn>(["project_identity"]);

export interface InForceOptions {
  configDir: string;
  clock: Clock;
}

/** What is in force on this machine: asked for each text, so it is held in memory. */
export class InForce implements Modes {
  readonly #o: InForceOptions;
  readonly #watch: FileWatch;
  readonly #folder: EnrolmentFolder;
  readonly #enrolmentFile: FileVersion;
  #acceptance: Acceptance | undefined;
  #enrolment: Enrolment | undefined;
  #configuredBy: PolicySource = "default";
  #policy: () => ServerPolicy | undefined;
  #changed: () => void = () => {};
  #last = "";
  #isFollowing = false;
  /** False while the configuration that is there now says nothing that can be used. */
  #isConfigured = true;

  constructor(options: InForceOptions) {
    this.#o = options;
    this.#folder = new EnrolmentFolder(options.configDir);
    this.#enrolmentFile = new FileVersion(this.#folder.factsFile);
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

  /**
   * Whether the configuration that is there now can be used. While it cannot, nobody knows what its writer wants of
   * texts: none is read or sent, and what waits goes on waiting.
   */
  usable(isUsable: boolean): void {
    this.#isConfigured = isUsable;
    this.#tell();
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
    this.#tell();
  }

  #tell(): void {
    const key = this.#key();
    if (!this.#isFollowing || key === this.#last) return;
    this.#last = key;
    this.#changed();
  }

  /** The acceptance, where it holds now. */
  get acceptance(): Acceptance | undefined {
    const given = this.#acceptance;
    if (given === undefined) return undefined;
    // Another enrolment may have taken its place.
    if (this.#enrolmentFile.isChanged()) this.#readEnrolment();
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
    const inForce = effectiveMode({
      configured: { mode: configured, by: this.#configuredBy },
      team: this.#policy(),
      accepted: accepted && { mode: accepted.mode, sinceMs: accepted.accepted_at },
    });
    return this.#isConfigured ? inForce : { ...inForce, isFresh: false };
  }

  /** An expired configuration turns nothing on. Activity is added by no receiver. */
  get optIns(): ReadonlySet<OptIn> {
    const policy = this.#policy();
    return policy?.expired === false && policy.features.projects ? PROJECTS : NO_OPT_INS;
  }

  #read(): void {
    this.#acceptance = readAcceptance(this.#o.configDir);
    this.#readEnrolment();
  }

  #readEnrolment(): void {
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
