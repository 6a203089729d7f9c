import { type MetricName, telemetryLabel } from "#proto/egress-telemetry.ts";
import type { DestinationBalance, Status } from "#state/types.ts";
import { isPendingLane, withoutLane } from "../service/text-lanes.ts";

export interface Observation {
  metric: MetricName;
  value: number;
  labels: Record<string, string>;
}

export interface Moment {
  nowMs: number;
  memoryBytes: number;
  lagBytes: number;
  /** Ids of the exporters as configured: only their place is told. */
  exporters: readonly string[];
}

/** What a state says, as metrics. Every label comes from a closed list. */
export function observe(status: Status, moment: Moment): Observation[] {
  const { balance, counters } = status;
  const found: Observation[] = [
    plain("accepted", balance.accepted),
    plain("open", balance.open),
    plain("readBytes", counters["receiver_read_bytes"] ?? 0),
    plain("files", status.filesFollowed),
    plain("memory", moment.memoryBytes),
    plain("lag", moment.lagBytes),
  ];
  if (status.lastCommitAtMs !== undefined) {
    found.push(plain("sinceCommit", seconds(moment.nowMs - status.lastCommitAtMs)));
  }
  found.push(...reasons(balance.dropped).map(([reason, value]) => withReason("dropped", value, reason, {})));
  found.push(...redactions(counters));
  for (const destination of balance.destinations) found.push(...destinationOf(destination, status, moment));
  return merged(found);
}

function destinationOf(balance: DestinationBalance, status: Status, moment: Moment): Observation[] {
  const { exporter } = balance;
  const labels = labelsOf(exporter, moment.exporters);
  const state = status.destinations.find((each) => each.exporter === exporter);
  const at = (metric: MetricName, value: number): Observation => ({ metric, value, labels });
  const oldestMs = state?.queued.oldestMs;
  return [
    at("sent", balance.acknowledged),
    at("rejected", balance.rejected),
    at("queued", balance.queued),
    at("parked", balance.parked),
    at("queuedBytes", state?.queued.bytes ?? 0),
    at("owed", state?.owed ?? 0),
    at("oldest", oldestMs === undefined ? 0 : seconds(moment.nowMs - oldestMs)),
    ...purged(exporter, status.counters).map(([reason, value]) =>
      withReason("purged", value, reason, labels),
    ),
  ];
}

/** The exporter's own name may say who the customer is, so only its type and its place are told. */
function labelsOf(queue: string, exporters: readonly string[]): Record<string, string> {
  const exporter = withoutLane(queue);
  const [type, place, kind] = isPendingLane(queue)
    ? ["none", "none", "unread"]
    : [
        exporter.split("/")[0] ?? "",
        String(exporters.indexOf(exporter) + 1),
        exporter === queue ? "numbers" : "content",
      ];
  return {
    "talos.exporter.type": telemetryLabel("talos.exporter.type", type),
    "talos.destination": telemetryLabel("talos.destination", place),
    "talos.queue": telemetryLabel("talos.queue", kind),
  };
}

/** What has the same labels is one number: of two the library would send the last. */
function merged(observations: readonly Observation[]): Observation[] {
  const byLabels = new Map<string, Observation>();
  for (const each of observations) {
    const name = JSON.stringify([each.metric, each.labels]);
    const { value } = byLabels.get(name) ?? { value: 0 };
    const both = each.metric === "oldest" ? Math.max(value, each.value) : value + each.value;
    byLabels.set(name, { ...each, value: both });
  }
  return [...byLabels.values()];
}

function plain(metric: MetricName, value: number): Observation {
  return { metric, value, labels: {} };
}

function withReason(
  metric: MetricName,
  value: number,
  reason: string,
  labels: Record<string, string>,
): Observation {
  return { metric, value, labels: { ...labels, "talos.reason": reason } };
}

/** Reasons that the table does not name are one. */
function reasons(counts: Readonly<Record<string, number>>): [reason: string, value: number][] {
  const sums = new Map<string, number>();
  for (const [given, value] of Object.entries(counts)) {
    const reason = telemetryLabel("talos.reason", given);
    sums.set(reason, (sums.get(reason) ?? 0) + value);
  }
  return [...sums];
}

function purged(exporter: string, counters: Status["counters"]): [reason: string, value: number][] {
  const own = Object.entries(counters).flatMap(([name, value]) => {
    const [kind, reason = ""] = name.slice(0, -exporter.length - 1).split(":");
    return name.endsWith(`/${exporter}`) && kind === "purged" ? [[reason, value] as const] : [];
  });
  return reasons(Object.fromEntries(own));
}

function redactions(counters: Status["counters"]): Observation[] {
  const prefix = "processor_redaction_";
  const sums = new Map<string, number>();
  for (const [name, value] of Object.entries(counters)) {
    if (!name.startsWith(prefix)) continue;
    const rule = telemetryLabel("talos.rule", name.slice(prefix.length));
    sums.set(rule, (sums.get(rule) ?? 0) + value);
  }
  return Array.from(sums, ([rule, value]) => ({ metric: "redacted", value, labels: { "talos.rule": rule } }));
}

function seconds(ms: number): number {
  return Math.max(0, Math.round(ms / 1_000));
}
