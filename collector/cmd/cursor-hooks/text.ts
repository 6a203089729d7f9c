import type { Change } from "./change.ts";
import type { HooksStatus, LevelStatus } from "./status.ts";

/** What was done to a file, or would be. */
export function changeText(
  change: Change,
  { verb, dryRun }: { verb: "install" | "remove"; dryRun: boolean },
): string {
  const { file, changed, deleted, backup, diff } = change;
  if (!changed)
    return verb === "install" ? `${file}: installed as it should be.` : `${file}: there is nothing of ours.`;
  const lines = dryRun
    ? [`${file}: this would change; nothing is written.`, ...diff]
    : [`${file}: ${done(verb, deleted)}.`];
  if (!dryRun && backup !== undefined) lines.push(`It was kept as it was before in ${backup}.`);
  if (!dryRun && verb === "install") lines.push("Restart Cursor if it does not take them by itself.");
  return lines.join("\n");
}

function done(verb: "install" | "remove", deleted: boolean): string {
  if (verb === "install") return "Cursor now tells the collector what each turn used";
  return deleted ? "deleted, for nothing else was in it" : "ours are taken out, all else is as it was";
}

export function statusText(status: HooksStatus, nowMs: number): string {
  const { levels, twice, claudeCodeHooks, folder, spool } = status;
  const lines = levels.flatMap(levelLines);
  if (twice)
    lines.push("Both levels record: each turn is told twice and counted once. One of them is enough.");
  if (claudeCodeHooks > 0) {
    const them = "Cursor may run them, too. What they say is never taken for Cursor's own.";
    lines.push(`Claude Code has ${claudeCodeHooks} hooks on this computer: ${them}`);
  }
  lines.push("");
  if (spool === undefined) return [...lines, `Nothing is recorded: there is no ${folder}.`, ""].join("\n");
  const { lines: turns, bytes, lastMs, dropped, hasKey } = spool;
  lines.push(
    lastMs === undefined
      ? "Nothing waits, and nothing was recorded since the collector last tidied up."
      : `Last recorded ${agoText(nowMs - lastMs)} ago; ${turns} lines (${bytes} bytes) are there, those of today until tomorrow.`,
  );
  if (!hasKey) lines.push("The collector has put no key there yet: working directories are not recorded.");
  const drops = Object.entries(dropped).filter(([, count]) => count > 0);
  for (const [reason, count] of drops) lines.push(`Dropped, ${DROPS[reason] ?? reason}: ${count}.`);
  return `${lines.join("\n")}\n`;
}

const DROPS: Record<string, string> = {
  full: "because too much waits or the disk is full",
  foreign: "because it was not Cursor's own",
  malformed: "because it could not be read",
};

const STATES: Record<LevelStatus["state"], string> = {
  no_file: "not installed",
  absent: "not installed (the file holds others' hooks)",
  installed: "installed",
  partly: "installed in part: `talos cursor-hooks install` puts it right",
  unreadable: "cannot be told",
};

function levelLines({ level, file, state, reason, missing, otherFolder }: LevelStatus): string[] {
  const why = reason === undefined ? "" : `: ${reason}`;
  return [
    `${level === "user" ? "Yours" : "Managed"}  ${file}  ${STATES[state]}${why}`,
    ...missing.map(
      (path) => `  ${path} is not there: nothing is recorded; run \`talos cursor-hooks install\` again`,
    ),
    ...(otherFolder === undefined
      ? []
      : [`  it records to ${otherFolder}, which this collector does not read`]),
  ];
}

function agoText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3_600)} hours`;
}
