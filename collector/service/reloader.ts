import type { Clock, Logger } from "#component/component.ts";
import type { Notice } from "#config/deprecations.ts";
import { ConfigError } from "#config/errors.ts";
import { ConfigWatch } from "./config-watch.ts";
import type { Plan } from "./plan.ts";
import type { Service } from "./service.ts";

const UNCHANGED = "configuration read again; every component goes on";

/** A checked configuration, and what it was made of. */
export interface ReadConfig {
  plan: Plan;
  /** Every file that was read. */
  files: readonly string[];
  notices: readonly Notice[];
}

export interface ReloaderOptions {
  service: Pick<Service, "plan" | "reload">;
  /** What runs now. */
  current: ReadConfig;
  /** Reads and checks the configuration again. Throws ConfigError with every problem. */
  read(): ReadConfig;
  clock: Clock;
  log: Logger;
  /** The plan that runs from now on. */
  applied(plan: Plan): void;
  /** Whether what the files say now is what runs. */
  usable?: (isUsable: boolean) => void;
}

/** Applies a changed configuration to a running collector. A bad one changes nothing and is logged once, whole. */
export class Reloader {
  readonly #o: ReloaderOptions;
  readonly #watch: ConfigWatch;
  readonly #told = new Set<string>();
  /** Those that are watched. */
  #files = "";
  #running: Promise<void> | undefined;
  #again = false;
  #asked = false;
  #closed = false;

  constructor(options: ReloaderOptions) {
    this.#o = options;
    this.#watch = new ConfigWatch({ clock: options.clock, changed: () => void this.request() });
    this.#tell(options.current.notices);
  }

  /** Watches the files where the configuration says so. */
  start(): void {
    if (this.#o.current.plan.service.reload) this.#follow(this.#o.current.files);
  }

  /**
   * Reads and applies the configuration, after the change that is on its way. Resolves when that is done. `asked`:
   * somebody waits for an answer, also when nothing changed.
   */
  request(asked = false): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#again = true;
    this.#asked ||= asked;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Resolves when nothing is being applied any more. */
  async stop(): Promise<void> {
    this.#closed = true;
    this.#watch.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      await this.#once();
    }
  }

  async #once(): Promise<void> {
    const { service, log } = this.#o;
    const asked = this.#asked;
    this.#asked = false;
    const next = this.#read();
    if (next === undefined) {
      this.#o.usable?.(false);
      return;
    }
    this.#tell(next.notices);
    try {
      const { needsRestart, kept, started, stopped } = await service.reload(next.plan);
      this.#o.applied(service.plan);
      this.#o.usable?.(true);
      if (started + stopped === 0) log[asked ? "info" : "debug"](UNCHANGED, { kept });
      else log.info("configuration applied", { kept, started, stopped });
      this.#tellRestart(needsRestart);
    } catch (error) {
      this.#o.usable?.(false);
      log.error("a component refused the new configuration; the one before goes on", {
        details: error instanceof Error ? oneLine([error.message]) : "unknown",
      });
    }
    this.#follow(next.plan.service.reload ? next.files : []);
  }

  #read(): ReadConfig | undefined {
    try {
      return this.#o.read();
    } catch (error) {
      const problems = error instanceof ConfigError ? error.problems : ["it cannot be read"];
      this.#o.log.error("the new configuration is not usable; the one before goes on", {
        problems: problems.length,
        details: oneLine(problems),
      });
      return undefined;
    }
  }

  /** Only where the list changed: following begins with reading the files again. */
  #follow(files: readonly string[]): void {
    if (files.join("\0") === this.#files) return;
    this.#files = files.join("\0");
    this.#watch.follow(files);
  }

  #tell(notices: readonly Notice[]): void {
    for (const { key, hint } of notices) {
      if (this.#told.has(key)) continue;
      this.#told.add(key);
      this.#o.log.warn("a deprecated setting is used", { setting: key, hint });
    }
  }

  #tellRestart(settings: readonly string[]): void {
    for (const setting of settings) {
      if (this.#told.has(`restart ${setting}`)) continue;
      this.#told.add(`restart ${setting}`);
      this.#o.log.warn("a changed setting needs a restart; until then the value before stands", { setting });
    }
  }
}

function oneLine(texts: readonly string[]): string {
  return texts.join("; ").replaceAll(/\s+/g, " ");
}
