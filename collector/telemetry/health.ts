import type { Status } from "#state/types.ts";

/** Closed list: nothing else is ever in the answer. */
export type Trouble =
  | "state_unreadable"
  | "not_balanced"
  | "destination_parked"
  | "destination_retrying"
  | "primary_full"
  | "destination_detached";

export interface Health {
  status: "ok" | "degraded" | "failing";
  troubles: Trouble[];
}

/** What makes a watcher act: waiting for a destination is normal for a laptop, being refused is not. */
const FAILING: ReadonlySet<Trouble> = new Set([
  "state_unreadable",
  "not_balanced",
  "destination_parked",
  "primary_full",
]);

/** `isFull`: whether the exporter is primary somewhere and its queue at its limit. */
export function healthOf(status: Status | undefined, isFull: (exporter: string) => boolean): Health {
  if (status === undefined) return { status: "failing", troubles: ["state_unreadable"] };
  const troubles = new Set<Trouble>();
  if (!status.balance.balanced) troubles.add("not_balanced");
  for (const { exporter, health, detached } of status.destinations) {
    if (health?.state === "parked") troubles.add("destination_parked");
    if (health?.state === "retrying") troubles.add("destination_retrying");
    if (detached) troubles.add("destination_detached");
    if (isFull(exporter)) troubles.add("primary_full");
  }
  const isFailing = [...troubles].some((trouble) => FAILING.has(trouble));
  return { status: isFailing ? "failing" : troubles.size > 0 ? "degraded" : "ok", troubles: [...troubles] };
}
