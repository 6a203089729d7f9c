import * as z from "zod";
import { AGENT_COUNTERS, type AgentCounter } from "#proto/agent-api.ts";
import type { Status } from "#state/types.ts";
import type { EnrolmentFolder } from "./folder.ts";

type AgentCounters = Record<AgentCounter, number>;

/** These stand for what is now, and not for what has happened. */
const LEVELS: ReadonlySet<AgentCounter> = new Set(["parked", "queued"]);

const Count = z.int().nonnegative();
const Baseline = z.object({
  read: Count,
  accepted: Count,
  dropped: Count,
  acknowledged: Count,
  rejected: Count,
  parked: Count,
  queued: Count,
}) satisfies z.ZodType<AgentCounters>;

/** What is the team's own. */
interface Queues {
  counts: readonly string[];
  texts: readonly string[];
}

/**
 * What the team's backend is told of the balance: numbers alone, of the queues that are its own. What waits or is refused
 * is told of counts alone, because members see it and nobody is to see whose texts are sent.
 */
export function countersOf({ balance }: Pick<Status, "balance">, { counts, texts }: Queues): AgentCounters {
  const of = (queues: readonly string[], name: "acknowledged" | "rejected" | "parked" | "queued") =>
    balance.destinations
      .filter(({ exporter }) => queues.includes(exporter))
      .reduce((total, destination) => total + destination[name], 0);
  return {
    read: balance.read,
    accepted: balance.accepted,
    dropped: Object.values(balance.dropped).reduce((total, count) => total + count, 0),
    acknowledged: of([...counts, ...texts], "acknowledged"),
    rejected: of(counts, "rejected"),
    parked: of(counts, "parked"),
    queued: of(counts, "queued"),
  };
}

/** What was counted before this machine was enrolled is nobody's business: the first call remembers it. */
export function sinceEnrolment(folder: EnrolmentFolder, counters: AgentCounters): AgentCounters {
  const parsed = Baseline.safeParse(json(folder.readFile("baseline.json")));
  const before = parsed.success ? parsed.data : keepBaseline(folder, counters);
  // A lost state begins to count anew.
  const isRestarted = AGENT_COUNTERS.some((name) => !LEVELS.has(name) && counters[name] < before[name]);
  const entries = AGENT_COUNTERS.map((name) => {
    const isWhole = LEVELS.has(name) || isRestarted;
    return [name, isWhole ? counters[name] : counters[name] - before[name]] as const;
  });
  if (isRestarted)
    keepBaseline(folder, Baseline.parse(Object.fromEntries(AGENT_COUNTERS.map((n) => [n, 0]))));
  return Baseline.parse(Object.fromEntries(entries));
}

function keepBaseline(folder: EnrolmentFolder, counters: AgentCounters): AgentCounters {
  folder.writeFile("baseline.json", `${JSON.stringify(counters)}\n`);
  return counters;
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
