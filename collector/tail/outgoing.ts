import type { Clock, Logger, ReceiverHost } from "#component/component.ts";
import { errorCode } from "#component/error-code.ts";
import type { SourceRecord } from "#component/record.ts";
import { type DropReason, emptyUnit, type Position, type Unit } from "#component/unit.ts";

/** A commit costs a sync of the disk, so a backlog shares it: among so many records, or for so long. */
const MAX_RECORDS = 2_000;
const MAX_AGE_MS = 1_000;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 30_000;

export interface OutgoingOptions {
  host: ReceiverHost;
  clock: Clock;
  log: Logger;
  /** Adds the positions that go with what was read since the last call. */
  takePositions(into: Map<string, Position | null>): void;
  scope: Unit["scope"];
  /** Requests that are begun and not complete. */
  open(): number;
}

/** Gathers what was read into units and makes each durable before the next one. */
export class Outgoing {
  readonly #o: OutgoingOptions;
  #unit: Unit;
  #begunAtMs: number;
  #stopped = false;
  #givenUp = false;
  #wake: () => void = () => {};

  constructor(options: OutgoingOptions) {
    this.#o = options;
    this.#unit = emptyUnit(options.scope);
    this.#begunAtMs = options.clock.now();
  }

  emit(record: SourceRecord): void {
    this.#unit.records.push(record);
  }

  drop(reason: DropReason, by = 1): void {
    if (by > 0) this.#unit.drops.set(reason, (this.#unit.drops.get(reason) ?? 0) + by);
  }

  count(name: string, by = 1): void {
    if (by > 0) this.#unit.counts.set(name, (this.#unit.counts.get(name) ?? 0) + by);
  }

  get isFull(): boolean {
    return this.#unit.records.length >= MAX_RECORDS || this.#o.clock.now() - this.#begunAtMs >= MAX_AGE_MS;
  }

  /** Stores what was gathered. When the disk refuses, tries again without end: nothing else is read meanwhile. */
  async flush(): Promise<void> {
    if (this.#givenUp) return;
    const unit = this.#seal();
    this.#begunAtMs = this.#o.clock.now();
    if (unit === undefined) return;
    let delayMs = FIRST_RETRY_MS;
    let cause: string | undefined;
    for (;;) {
      const failed = await this.#submit(unit);
      if (failed === undefined) break;
      if (this.#stopped) {
        // Later positions would step over what this unit held.
        this.#givenUp = true;
        return;
      }
      this.#say(unit, failed, cause);
      cause = failed;
      await this.#pause(delayMs);
      delayMs = Math.min(LONGEST_RETRY_MS, delayMs * 2);
    }
    if (cause !== undefined) this.#o.log.info("what was read could be stored: reading goes on");
    this.#begunAtMs = this.#o.clock.now();
  }

  /** The cause, when the unit could not be stored. */
  async #submit(unit: Unit): Promise<string | undefined> {
    try {
      await this.#o.host.submit(unit);
      return undefined;
    } catch (error) {
      return errorCode(error);
    }
  }

  /** Once per cause, not at every try. */
  #say(unit: Unit, cause: string, before: string | undefined): void {
    if (cause === before) return;
    const fields = { records: unit.records.length, cause };
    this.#o.log.warn("what was read cannot be stored: reading waits and goes on by itself", fields);
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#o.clock.after(delayMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  /** From now on a refused unit is given up: its lines are read again at the next start. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  #seal(): Unit | undefined {
    const unit = this.#unit;
    this.#o.takePositions(unit.positions);
    if (
      unit.positions.size === 0 &&
      unit.records.length === 0 &&
      unit.drops.size === 0 &&
      unit.counts.size === 0
    )
      return undefined;
    unit.open = this.#o.open();
    this.#unit = emptyUnit(this.#o.scope);
    return unit;
  }
}
