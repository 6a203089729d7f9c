import type { Logger } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import { type Matcher, type Place, type ScopeConfig, scopeMatcher } from "#component/scope.ts";
import type { DropReason, Unit } from "#component/unit.ts";
import { Exclusions } from "./exclusions.ts";
import { FileVersion } from "./file-version.ts";
import { GitOrigins } from "./git-origin.ts";
import { type Pause, pauseAt, pausesFile, readPauses } from "./pauses.ts";

export interface AdmissionOptions {
  /** Folder of the user's own list and of the pauses. */
  configDir: string;
  home: { os: "darwin" | "linux" | "win32"; homeDir: string };
  now: () => number;
  log: Logger;
  /** Whether records are to say which repository they belong to, for the gate to hash. */
  namesProjects?: () => boolean;
}

type Screen = (unit: Unit) => Unit;

/** What may be followed at all: asked before a record meets anything else. Both files count from the next unit on. */
export class Admission {
  readonly #o: AdmissionOptions;
  readonly #exclusions: Exclusions;
  readonly #pausesFile: FileVersion;
  readonly #origins: GitOrigins;
  #pauses: readonly Pause[] = [];
  #isFailing = false;

  /** Throws when one of the files cannot be read: without them nothing may pass. */
  constructor(options: AdmissionOptions) {
    const { configDir, home, now } = options;
    this.#o = options;
    this.#exclusions = new Exclusions(configDir, home);
    this.#pausesFile = new FileVersion(pausesFile(configDir));
    this.#origins = new GitOrigins(now);
    this.#readPauses();
  }

  /** The pause that the user is in. */
  get pause(): Pause | undefined {
    this.refresh();
    return pauseAt(this.#pauses, this.#o.now());
  }

  /** The last pause that has ended. */
  get lastPause(): Pause | undefined {
    return this.#pauses.findLast(({ untilMs }) => untilMs <= this.#o.now());
  }

  /** Reads what the user changed. What cannot be read changes nothing, and is said once. */
  refresh(): void {
    const isRead = [() => this.#exclusions.refresh(), () => this.#readPauses()].map((read) => {
      try {
        read();
        return true;
      } catch {
        return false;
      }
    });
    const isFailing = isRead.includes(false);
    if (isFailing && !this.#isFailing) {
      this.#o.log.warn(
        "the user's list of exclusions or pauses cannot be read; the last one that could counts",
      );
    }
    this.#isFailing = isFailing;
  }

  /** True where the user's own list, as it is now, names the folder, or may name it: nobody knows which it is. */
  isExcluded(cwd: string | undefined): boolean {
    this.refresh();
    return !this.#exclusions.isEmpty && this.#exclusions.matches(this.#place(cwd));
  }

  /** Moves a unit's records that may not be followed to its drops. The unit given is not changed. */
  screen(scope: ScopeConfig | undefined): Screen {
    const follows = scope === undefined ? () => true : scopeMatcher(scope, this.#o.home);
    const isWide = scope === undefined || (scope.include === undefined && scope.exclude.length === 0);
    return (unit) => {
      if (unit.records.length === 0) return unit;
      this.refresh();
      const isAllTaken = isWide && this.#exclusions.isEmpty && this.#pauses.length === 0;
      const taken = isAllTaken ? unit : this.#screened(unit, follows);
      return this.#o.namesProjects?.() === true ? this.#named(taken) : taken;
    };
  }

  #named(unit: Unit): Unit {
    const records = unit.records.map((record) => {
      const origin = record.cwd === undefined ? undefined : this.#origins.of(record.cwd);
      return origin === undefined ? record : { ...record, local: { ...record.local, origin } };
    });
    return { ...unit, records };
  }

  #screened(unit: Unit, follows: Matcher): Unit {
    const drops = new Map(unit.drops);
    const byFolder = new Map<string | undefined, boolean>();
    const records = unit.records.filter((record) => {
      const reason = this.#reason(record, follows, byFolder);
      if (reason !== undefined) drops.set(reason, (drops.get(reason) ?? 0) + 1);
      return reason === undefined;
    });
    return records.length === unit.records.length ? unit : { ...unit, records, drops };
  }

  #reason(
    { cwd, lastTimeMs }: SourceRecord,
    follows: Matcher,
    byFolder: Map<string | undefined, boolean>,
  ): DropReason | undefined {
    let isFollowed = byFolder.get(cwd);
    if (isFollowed === undefined) {
      const place = this.#place(cwd);
      isFollowed = follows(place) && !this.#exclusions.matches(place);
      byFolder.set(cwd, isFollowed);
    }
    if (!isFollowed) return "out_of_scope";
    return pauseAt(this.#pauses, lastTimeMs) === undefined ? undefined : "paused";
  }

  #place(cwd: string | undefined): Place {
    return { cwd, remote: () => (cwd === undefined ? undefined : this.#origins.of(cwd)) };
  }

  #readPauses(): void {
    if (!this.#pausesFile.isChanged()) return;
    try {
      this.#pauses = readPauses(this.#o.configDir);
    } catch (error) {
      this.#pausesFile.forget();
      throw error;
    }
  }
}
