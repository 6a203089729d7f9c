import type { EventName, SourceRecord } from "#component/record.ts";
import type { Unit } from "#component/unit.ts";
import type { OptIn } from "#proto/egress.ts";
import type { Clock, Platform } from "#component/component.ts";
import { Admission } from "../../service/admission.ts";
import { readInMemory } from "../../service/memory-reader.ts";
import type { Plan } from "../../service/plan.ts";

export interface FoundRecord {
  receiver: string;
  scope: Unit["scope"];
  record: SourceRecord;
}

/** What there is on this machine. */
export interface Found {
  total: ReadonlyMap<EventName, number>;
  /** Left out by this machine's own rules. */
  left: ReadonlyMap<string, number>;
  /** Of each tool and event the newest ones, the oldest first. */
  newest: FoundRecord[];
}

export interface FindOptions {
  plan: Plan;
  platform: Platform;
  clock: Clock;
  sinceMs: number;
  untilMs: number;
  limit: number;
  optIns: ReadonlySet<OptIn>;
}

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Reads this machine's logs in memory, with their texts: each mode then takes out what it does not read. */
export async function findRecords(options: FindOptions): Promise<Found> {
  const { plan, platform, clock, sinceMs, untilMs, limit, optIns } = options;
  const admission = new Admission({
    configDir: plan.configDir,
    home: platform,
    now: () => clock.now(),
    log: SILENT,
    namesProjects: () => optIns.has("project_identity"),
  });
  const newest = new Map<string, Map<string, FoundRecord>>();
  const keys = new Map<EventName, Set<string>>();
  const left = new Map<string, number>();
  await readInMemory({
    receivers: plan.receivers,
    platform,
    clock,
    sinceMs,
    untilMs,
    stateDir: plan.stateDir,
    text: () => ({ completions: true, sinceMs }),
    screen({ factory, config }, unit) {
      const screened = admission.screen(factory.scope?.(config))(unit);
      for (const reason of ["out_of_scope", "paused"] as const) {
        const more = (screened.drops.get(reason) ?? 0) - (unit.drops.get(reason) ?? 0);
        if (more > 0) left.set(reason, (left.get(reason) ?? 0) + more);
      }
      return screened;
    },
    found(key, record, from) {
      keys.set(record.eventName, (keys.get(record.eventName) ?? new Set()).add(key));
      const kind = `${record.source} ${record.eventName}`;
      const held = newest.get(kind) ?? new Map<string, FoundRecord>();
      newest.set(kind, held.set(key, { ...from, record }));
      if (held.size > limit * 2 + 64) keepNewest(held, limit);
    },
  });
  for (const held of newest.values()) keepNewest(held, limit);
  return {
    total: new Map(Array.from(keys, ([event, all]) => [event, all.size])),
    left,
    newest: [...newest.values()].flatMap((held) => [...held.values()]).toSorted(byTime),
  };
}

/** Texts are long: only those that will be looked at stay in memory. */
function keepNewest(held: Map<string, FoundRecord>, limit: number): void {
  const sorted = [...held].toSorted(([, a], [, b]) => byTime(b, a));
  for (const [key] of sorted.slice(limit)) held.delete(key);
}

function byTime(a: FoundRecord, b: FoundRecord): number {
  return a.record.timeMs - b.record.timeMs;
}
