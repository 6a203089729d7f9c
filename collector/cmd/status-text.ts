import type { DestinationBalance, DestinationStatus, Status } from "#state/types.ts";
import type { PolicySource } from "#proto/agent-api.ts";
import type { ModeInForce } from "../service/modes.ts";
import { queueTitle } from "../service/text-lanes.ts";

export interface TextOptions {
  nowMs: number;
  color: boolean;
  /** Undefined where no configuration says what is in force. */
  mode?: ModeInForce | undefined;
  /** This machine belongs to a team. */
  isEnrolled?: boolean;
}

const KEY_SOURCES = {
  keychain: "in the system's keychain",
  memory: "in memory: after a restart the transcripts are read again instead",
  file: "in a file beside the state",
};

/** `talos status` as people read it. Two equations, and for each whether it holds. */
export function renderStatus(status: Status, options: TextOptions): string {
  const { balance } = status;
  const paint = painter(options.color);
  const lines = [
    headline(status, options, paint),
    ...(options.mode === undefined ? [] : [modeLine(options.mode)]),
    ...(options.isEnrolled === true ? ["Your own page of the team shows it too: `talos account`"] : []),
    "",
    `${number(balance.read)} read = ${number(balance.accepted)} accepted + ${dropped(balance.dropped)} + ${number(balance.open)} open   ${verdict(readBalances(status), paint)}`,
    "",
    "records spooled = acknowledged + rejected + parked + queued + purged, for each destination:",
    table(balance.destinations, paint),
    ...status.destinations.flatMap((destination) => healthLines(destination, options, paint)),
    "",
    `files followed ${number(status.filesFollowed)} · outbox key ${status.keySource === undefined ? "unknown" : KEY_SOURCES[status.keySource]}`,
  ];
  return `${lines.join("\n")}\n`;
}

const SET_BY: Record<PolicySource, string> = {
  default: "by the default configuration",
  user: "by your configuration",
  managed: "by managed policy",
  server: "by the team",
  consent: "by what is accepted on this machine",
};

/** Of all who have a say the strictest is named: `talos consent` tells more. */
function modeLine({ mode, setBy, isFresh }: ModeInForce): string {
  const waits = isFresh ? "" : "; the team's configuration has expired: no text is read or sent";
  return `Privacy mode: ${mode}, set ${SET_BY[setBy]}${waits}`;
}

type Paint = (text: string, kind: "good" | "bad" | "dim") => string;

function painter(color: boolean): Paint {
  const codes = { good: 32, bad: 31, dim: 2 };
  return (text, kind) => (color ? `\u001B[${codes[kind]}m${text}\u001B[0m` : text);
}

function headline({ running, pid, startedAtMs }: Status, { nowMs }: TextOptions, paint: Paint): string {
  if (!running) return `Talos Auditor: ${paint("not running", "bad")}; start it with \`talos run\``;
  const since = startedAtMs === undefined ? "" : `, for ${span(nowMs - startedAtMs)}`;
  return `Talos Auditor: ${paint("running", "good")} (process ${pid ?? "?"}${since})`;
}

function readBalances({ balance }: Status): boolean {
  const drops = Object.values(balance.dropped).reduce((sum, count) => sum + count, 0);
  return balance.read === balance.accepted + drops + balance.open;
}

function dropped(reasons: Record<string, number>): string {
  const entries = Object.entries(reasons).filter(([, count]) => count > 0);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  const detail = entries
    .map(([reason, count]) => `${number(count)} ${reason.replaceAll("_", " ")}`)
    .join(", ");
  return `${number(total)} dropped${detail === "" ? "" : ` (${detail})`}`;
}

function verdict(holds: boolean, paint: Paint): string {
  return holds ? paint("balanced", "good") : paint("NOT BALANCED", "bad");
}

function table(destinations: readonly DestinationBalance[], paint: Paint): string {
  const head = ["destination", "spooled", "acknowledged", "rejected", "parked", "queued", "purged"];
  const rows = destinations.map((d) => [
    queueTitle(d.exporter),
    ...[d.spooled, d.acknowledged, d.rejected, d.parked, d.queued, d.purged].map(number),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const render = (row: string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return [
    `  ${paint(render(head), "dim")}`,
    ...rows.map((row, i) => `  ${render(row)}  ${verdict(destinations[i]?.balanced ?? false, paint)}`),
  ].join("\n");
}

function healthLines(destination: DestinationStatus, { nowMs }: TextOptions, paint: Paint): string[] {
  const { health, queued, detached, owed } = destination;
  const exporter = queueTitle(destination.exporter);
  const lines: string[] = [];
  if (detached) {
    const what = `over its limit, detached; ${number(owed)} records follow once its queue is half empty`;
    lines.push(`  ${exporter}: ${paint(what, "bad")}`);
  }
  if (queued.oldestMs !== undefined)
    lines.push(`  ${exporter}: the oldest waits for ${span(nowMs - queued.oldestMs)}`);
  if (health?.lastDeliveredMs !== undefined) {
    lines.push(`  ${exporter}: last delivered ${span(nowMs - health.lastDeliveredMs)} ago`);
  }
  if (health?.state === "retrying" || health?.state === "parked") {
    const when = health.retryAtMs === undefined ? "" : `, next try in ${span(health.retryAtMs - nowMs)}`;
    lines.push(`  ${exporter}: ${paint(health.lastProblem ?? "failing", "bad")}${when}; nothing is lost`);
  }
  return lines;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

/** A span as people say it: the largest unit that fits, at least 0 s. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
