import { MODES } from "#proto/egress.ts";
import { type Kind, KINDS, type Way } from "../../proof/canaries.ts";
import type { Judged } from "../../proof/judge.ts";
import type { Proof } from "../../proof/prove.ts";

const WIDTHS = [43, 7, 8, 8] as const;
const HEAD = ["planted", "off", "local", "cloud", "full"];
const MOST_LINES = 20;

/** What a way is called in a cell of the table. */
const WORDS: Record<Way, string> = {
  records: "sent",
  categorize: "asked",
  model: "local",
  other: "sent",
  file: "kept",
  log: "logged",
};
const ORDER: readonly Way[] = ["records", "categorize", "model", "file"];

const kinds = Object.keys(KINDS).filter((name): name is Kind => Object.hasOwn(KINDS, name));

export function isProved({ modes }: Proof): boolean {
  return (
    modes.length === MODES.length && modes.every(({ leaks, missing }) => leaks.length + missing.length === 0)
  );
}

/** `talos prove` as people read it: 80 columns. */
export function renderProof(proof: Proof, seconds: number): string {
  const { planted, modes, requests, bytes, files } = proof;
  const counts = (kind: Kind) => planted.all.filter((canary) => canary.kind === kind).length;
  const rows = [
    HEAD,
    ...kinds.map((kind) => [
      `${String(counts(kind)).padStart(3)} ${KINDS[kind]}`,
      ...modes.map((judged) => cellOf(judged, kind)),
    ]),
  ];
  const lines = [
    `${planted.all.length} things planted in invented sessions of Claude Code and Cursor,`,
    "made for this run. The collector ran on them in each mode: off,",
    "categorize_local, categorize_cloud, full. Where they were found again in what",
    "came out of it and what it left:",
    "",
    ...rows.map(line),
    "",
    "-      nowhere: in no request, no file and no log line",
    "local  in a question to the model on this computer",
    "asked  in a question to the team's backend for a category (/v1/categorize)",
    "sent   in records, as the mode says; secrets in them are replaced",
    "kept   by the recorder of Cursor's hooks, in a folder of this user alone",
    "",
    `Looked through ${requests} requests (${bytes.toLocaleString("en-US")} bytes), ${files} files and all log lines:`,
    "as they are, inflated, and for base64, hex, URL-encoding and UTF-16.",
    "",
    ...verdict(proof, seconds),
  ];
  return `${lines.join("\n")}\n`;
}

function cellOf({ permitted, leaks }: Judged, kind: Kind): string {
  const leaked = leaks.filter((leak) => leak.kind === kind).length;
  if (leaked > 0) return `LEAKED ${leaked}`;
  const ways = ORDER.filter((way) => permitted.get(kind)?.has(way) === true);
  return ways.length === 0 ? "-" : ways.map((way) => WORDS[way]).join(", ");
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0))
    .join("")
    .trimEnd();
}

function verdict(proof: Proof, seconds: number): string[] {
  if (isProved(proof)) return [`Proved in ${seconds.toFixed(1)} s: nothing survived that should not.`];
  const leaks = proof.modes.flatMap(({ mode, leaks: found }) =>
    found.map(
      ({ what, way, where }) => `${mode}: ${what} ${placeOf(way)}${where === "" ? "" : ` (${where})`}`,
    ),
  );
  const missing = proof.modes.flatMap(({ mode, missing: absent }) =>
    absent.map((what) => `${mode}: ${what}`),
  );
  return [
    ...listed("Survived, and should not have:", leaks),
    ...listed("Did not arrive, so that the rest proves nothing:", missing),
    "NOT PROVED. Please report this: SECURITY.md says how.",
  ];
}

function placeOf(way: Way): string {
  const places: Record<Way, string> = {
    records: "in a record",
    categorize: "in a question for a category",
    model: "in a question to the local model",
    other: "in a request to elsewhere",
    file: "in a file",
    log: "in the log",
  };
  return places[way];
}

function listed(title: string, lines: readonly string[]): string[] {
  const all = [...new Set(lines)];
  if (all.length === 0) return [];
  const more = all.length - MOST_LINES;
  return [
    title,
    ...all.slice(0, MOST_LINES).map((each) => `  ${each}`),
    ...(more > 0 ? [`  … and ${more} more; --json prints all`] : []),
    "",
  ];
}

export function proofJson(proof: Proof, seconds: number): string {
  const { planted, modes, requests, bytes, files } = proof;
  const count = (kind: Kind) => planted.all.filter((canary) => canary.kind === kind).length;
  const report = {
    proved: isProved(proof),
    seconds: Math.round(seconds * 10) / 10,
    planted: Object.fromEntries(kinds.map((kind) => [kind, count(kind)])),
    looked_through: { requests, bytes, files },
    modes: Object.fromEntries(
      modes.map(({ mode, permitted, leaks, missing }) => [
        mode,
        {
          permitted: Object.fromEntries(
            [...permitted].map(([kind, ways]) => [kind, Object.fromEntries(ways)]),
          ),
          leaks,
          missing,
        },
      ]),
    ),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
