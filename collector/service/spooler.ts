import type { Delivery, Processor } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import type { Unit } from "#component/unit.ts";
import type { Mode } from "#proto/egress.ts";
import type { KeyValue } from "#proto/logs.ts";
import type { StateStore } from "#state/store.ts";
import type { Commit, NewBatch } from "#state/types.ts";
import { Batcher } from "./batcher.ts";
import type { Counters } from "./counters.ts";
import { type Accepted, decide, grows, skipReason } from "./decision.ts";
import type { Gate } from "./gate.ts";
import { contentLane } from "./text-lanes.ts";
import { outcomeOf, type Resolution } from "./text-outcome.ts";
import { defer, lanesOf, mayDefer, queuesOf, settleLanes, withoutText } from "./text-routing.ts";

export interface Destination {
  exporter: string;
  delivery: Delivery;
  /** Of the mode that is in force when a text was worked on; `off` for everything else. */
  gate(mode: Mode): Gate;
  /** False while the destination's queue is over its limit. */
  hasRoom(): boolean;
}

export interface Pipeline {
  name: string;
  receivers: ReadonlySet<string>;
  processors: Processor[];
  destinations: Destination[];
  /** As it is configured: what is in force may be stricter. */
  mode: Mode;
  resource(mode: Mode): KeyValue[];
  /** Where records with a text wait. Without it a text goes no further. */
  texts?: TextRoute;
}

export interface TextRoute {
  /** The queue's id. */
  lane: string;
  /** True for a record whose text may be read now. */
  takes(record: SourceRecord): boolean;
  /** False while too many texts wait: a record then goes on without its text. */
  hasRoom(): boolean;
}

/** How a unit is spooled that does not come from a live receiver. */
export interface Spooling {
  /** Whose open records these are. */
  as: string;
  /** The only destination that gets records now; the others are owed what is new to them. */
  to: string | undefined;
}

/** A record that a pipeline's processors let through. */
export interface Passed {
  record: SourceRecord;
  accepted: Accepted;
}

export interface Draft {
  accepted: Accepted[];
  batches: NewBatch[];
  counters: Map<string, number>;
  refilled: Commit["refilled"];
  owed: NonNullable<Commit["owed"]>;
  withheld: NonNullable<Commit["withheld"]>;
  to: string | undefined;
}

/** Turns a receiver's unit into one commit: decides what is new, runs each pipeline, gates, and stores. */
export class Spooler {
  readonly #store: StateStore;
  #pipelines: readonly Pipeline[];
  readonly #counters: Counters;
  readonly #open = new Map<string, number>();

  readonly #stored: (batches: readonly NewBatch[]) => void;

  /** `stored` sees the batches of each commit, after it. */
  constructor(
    store: StateStore,
    pipelines: readonly Pipeline[],
    counters: Counters,
    stored: (batches: readonly NewBatch[]) => void = () => {},
  ) {
    this.#store = store;
    this.#pipelines = pipelines;
    this.#counters = counters;
    this.#stored = stored;
  }

  /** From the next unit on, records take these ways. */
  reroute(pipelines: readonly Pipeline[]): void {
    this.#pipelines = pipelines;
  }

  /** The receiver is gone: what it had begun is read again by whoever reads those files next. */
  forget(receiver: string): void {
    this.#open.delete(receiver);
  }

  /** Throws when the disk refuses: then nothing of the unit is stored, and its counts wait. */
  spool(receiver: string, unit: Unit, how?: Spooling): readonly SourceRecord[] {
    const draft: Draft = {
      accepted: [],
      batches: [],
      counters: new Map(),
      refilled: [],
      owed: [],
      withheld: [],
      to: how?.to,
    };
    this.#decide(unit, draft);
    const pipelines = this.#pipelines.filter(({ receivers }) => receivers.has(receiver));
    const shared = pipelines.length > 1;
    for (const pipeline of pipelines) this.#run(pipeline, unit, draft, shared);
    this.#skipUnrouted(pipelines, draft);
    this.#commit(how?.as ?? receiver, unit, draft);
    return draft.accepted.map(({ record }) => record);
  }

  #commit(receiver: string, unit: Unit, draft: Draft): void {
    const waiting = this.#counters.take();
    const counters = draft.counters;
    for (const counts of [waiting, unit.counts]) for (const [name, by] of counts) add(counters, name, by);
    const open = this.#openWith(receiver, unit.open);
    try {
      this.#store.commit({
        unit: { ...unit, open },
        emitted: draft.accepted
          .filter(({ kind }) => kind !== "refill")
          .map(({ key, record }) => ({ key, weight: record.weight, lastTimeMs: record.lastTimeMs })),
        refilled: draft.refilled,
        owed: draft.owed,
        withheld: draft.withheld,
        batches: draft.batches,
        counters,
      });
    } catch (error) {
      this.#counters.restore(waiting);
      throw error;
    }
    this.#open.set(receiver, unit.open);
    this.#stored(draft.batches);
  }

  /** Open records of all receivers, as they are once this unit is stored. */
  #openWith(receiver: string, open: number): number {
    let total = open;
    for (const [other, count] of this.#open) if (other !== receiver) total += count;
    return total;
  }

  #decide(unit: Unit, { accepted, counters }: Draft): void {
    const byKey = new Map<string, SourceRecord>();
    let duplicates = 0;
    for (const record of unit.records) {
      const key = this.#store.recordKey(record);
      const earlier = byKey.get(key);
      if (earlier !== undefined) duplicates += 1;
      if (earlier === undefined || grows(earlier.weight, record.weight)) byKey.set(key, record);
    }
    const known = this.#store.known([...byKey.keys()]);
    for (const [key, record] of byKey) {
      const decision = decide(record.weight, known.get(key));
      if (decision === undefined) duplicates += 1;
      else accepted.push({ record, key, ...decision });
    }
    add(counters, "read", unit.records.length);
    add(counters, "dropped:duplicate", duplicates);
    add(counters, "accepted", accepted.length);
    for (const [reason, count] of unit.drops) {
      add(counters, "read", count);
      add(counters, `dropped:${reason}`, count);
    }
  }

  #run(pipeline: Pipeline, unit: Unit, draft: Draft, shared: boolean): void {
    const keys = new Map<SourceRecord, Accepted>();
    let records = draft.accepted.map((accepted) => {
      const record = shared ? cloneRecord(accepted.record) : accepted.record;
      keys.set(record, accepted);
      return record;
    });
    for (const processor of pipeline.processors) records = processor.process(records);
    const passed = records.flatMap((record) => {
      const accepted = keys.get(record);
      return accepted === undefined ? [] : [{ record, accepted }];
    });
    const { kept, deferred } = this.#divert(pipeline, unit, passed, draft);
    for (const destination of pipeline.destinations) {
      const { exporter } = destination;
      const skip = (reason: string, by: number) => add(draft.counters, `skipped:${reason}/${exporter}`, by);
      const own = deferred.filter((destinations) => destinations.includes(exporter)).length;
      skip("filtered", draft.accepted.length - passed.length);
      skip("text", own);
      skip("had_it", deferred.length - own);
      skip("text_dropped", passed.length - kept.length - deferred.length);
      this.#toDestination(pipeline, destination, { unit, kept, draft, skip });
    }
  }

  /** Puts records whose text is to be worked on aside. The others go on without theirs. */
  #divert(
    pipeline: Pipeline,
    { scope }: Unit,
    passed: readonly Passed[],
    draft: Draft,
  ): { kept: Passed[]; deferred: (readonly string[])[] } {
    const kept: Passed[] = [];
    const deferred: (readonly string[])[] = [];
    let noRoom = 0;
    for (const each of passed) {
      const verdict = each.record.body === undefined ? "no" : mayDefer(pipeline, each, draft);
      if (verdict === "yes") {
        deferred.push(defer(pipeline, scope, each, draft));
        continue;
      }
      if (verdict === "no_room") noRoom += 1;
      delete each.record.body;
      if (each.record.eventName === "talos.completion") settleLanes(pipeline, each.accepted, draft);
      else kept.push(withoutText(pipeline, each, draft));
    }
    this.#countLanes(pipeline, draft, { deferred, noRoom });
    return { kept, deferred };
  }

  #countLanes(
    pipeline: Pipeline,
    { accepted, counters }: Draft,
    { deferred, noRoom }: { deferred: readonly (readonly string[])[]; noRoom: number },
  ): void {
    const { lane } = lanesOf(pipeline);
    if (lane === undefined) return;
    const without = accepted.length - deferred.length;
    add(counters, `spooled/${lane}`, deferred.length);
    add(counters, `skipped:no_room/${lane}`, noRoom);
    add(counters, `skipped:no_text/${lane}`, without - noRoom);
    for (const { exporter } of pipeline.destinations) {
      const content = contentLane(exporter);
      const own = deferred.filter((destinations) => destinations.includes(exporter)).length;
      add(counters, `skipped:deferred/${content}`, own);
      add(counters, `skipped:had_it/${content}`, deferred.length - own);
      add(counters, `skipped:no_text/${content}`, without);
    }
  }

  #toDestination(
    pipeline: Pipeline,
    destination: Destination,
    work: {
      unit: Unit;
      kept: Passed[];
      draft: Draft;
      skip: (reason: string, by: number) => void;
    },
  ): void {
    const { exporter, delivery } = destination;
    const gate = destination.gate("off");
    const room = work.kept.length === 0 || destination.hasRoom();
    const batcher = new Batcher(exporter, {
      pipeline: pipeline.name,
      resource: pipeline.resource("off"),
      scope: work.unit.scope,
    });
    const isAsked = work.draft.to === undefined || work.draft.to === exporter;
    for (const { record, accepted } of work.kept) {
      const refused = skipReason(accepted, exporter, delivery);
      if (refused === undefined && !isAsked) {
        work.skip("not_asked", 1);
        work.draft.withheld.push({ key: accepted.key, exporter });
        continue;
      }
      const reason = refused ?? (room ? undefined : "queue_full");
      if (reason !== undefined) work.skip(reason, 1);
      else if (gate.pass(record, batcher.writer)) batcher.passed(record, accepted.key);
      else work.skip("egress_blocked", 1);
      if (refused === undefined && !room) {
        const { fileKey, from } = record.range;
        work.draft.owed.push({ key: accepted.key, exporter, fileKey, from });
      } else if (accepted.owed.includes(exporter)) work.draft.refilled.push({ key: accepted.key, exporter });
    }
    const { batches, records } = batcher.finish();
    work.draft.batches.push(...batches);
    add(work.draft.counters, `spooled/${exporter}`, records);
  }

  /** Exporters whose pipelines this receiver does not feed: the balance of each counts every record. */
  #skipUnrouted(routed: readonly Pipeline[], { accepted, counters }: Draft): void {
    const fed = new Set(routed.flatMap(queuesOf));
    for (const queue of this.#pipelines.flatMap(queuesOf)) {
      if (!fed.has(queue)) add(counters, `skipped:not_routed/${queue}`, accepted.length);
      fed.add(queue);
    }
  }

  /**
   * Stores what came of a text, and that it waits no longer, in one commit. A record that is left no content goes to
   * the queues of all others. Throws when the disk refuses: then it waits on.
   */
  resolve(name: string, resolution: Resolution): void {
    const key = this.#store.recordKey(resolution.envelope.record);
    const { batches, counters } = outcomeOf(this.#pipelines, name, resolution, key);
    const waiting = this.#counters.take();
    for (const [counter, by] of waiting) add(counters, counter, by);
    const unit = { positions: new Map(), open: this.#openWith("", 0) };
    try {
      const settled = resolution.row;
      this.#store.commit({ unit, emitted: [], refilled: [], batches, counters, settled });
    } catch (error) {
      this.#counters.restore(waiting);
      throw error;
    }
    this.#stored(batches);
  }
}

function cloneRecord(record: SourceRecord): SourceRecord {
  return { ...record, local: { ...record.local }, attributes: new Map(record.attributes) };
}

function add(counters: Map<string, number>, name: string, by: number): void {
  if (by !== 0) counters.set(name, (counters.get(name) ?? 0) + by);
}
