import type { LedgerRead, LedgerRequest, ReceiptState } from "../../ledger/requests.ts";
import type { Flaw, Problem } from "../../ledger/reader.ts";

/** More are counted, not listed. */
const LISTED = 20;
const RECEIPTS: Record<ReceiptState, string> = { signed: "✓", unpinned: "✓ unpinned", wrong: "✗", none: "" };

/** A table, the oldest first. */
export function listText(requests: readonly LedgerRequest[], { problems, missed }: LedgerRead): string {
  const rows = requests.map(({ n, sent, answered, receipt }) => [
    String(n),
    new Date(sent.at).toISOString().replace(/\.\d+Z$/, "Z"),
    sent.destination,
    `${sent.method} ${sent.path}`,
    String(sent.bytes),
    String(sent.records ?? ""),
    sent.mode ?? "",
    outcomeOf(answered),
    RECEIPTS[receipt],
  ]);
  const head = ["n", "time", "destination", "request", "bytes", "records", "mode", "outcome", "receipt"];
  const lines = aligned([head, ...rows]);
  if (missed > 0) lines.push(`${missed} requests left and could not be kept`);
  if (problems.length > 0)
    lines.push("The ledger is not as it was written: `talos ledger verify` says where.");
  return `${lines.join("\n")}\n`;
}

function outcomeOf(answered: LedgerRequest["answered"]): string {
  if (answered === undefined) return "unknown";
  const { outcome, status, rejected = 0 } = answered;
  const rest = rejected > 0 ? `, ${rejected} records refused` : "";
  return status === undefined ? outcome : `${outcome} (${status}${rest})`;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) =>
        at === 4 || at === 5 || at === 0 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

export function verifiedText(read: LedgerRead, headProblem: string | undefined): string {
  const { entries, first, last, head, problems, requests, missed } = read;
  const by = (state: ReceiptState) => requests.filter(({ receipt }) => receipt === state).length;
  const lines = [
    `${entries} entries, ${first} to ${last}: ${requests.length} requests, ${by("signed") + by("unpinned")} with a receipt`,
    ...(missed > 0 ? [`${missed} requests left and could not be kept`] : []),
    ...(by("unpinned") > 0
      ? [`${by("unpinned")} receipts are by a key that this machine had not pinned`]
      : []),
    ...(entries > 0 ? [`head ${last}:${head}`] : []),
    ...problems.slice(0, LISTED).map(sentence),
    ...(headProblem === undefined ? [] : [headProblem]),
  ];
  if (problems.length > LISTED) lines.push(`… and ${problems.length - LISTED} more`);
  const isIntact = problems.length === 0 && headProblem === undefined;
  return `${lines.join("\n")}\n\n${isIntact ? "intact" : "not as it was written"}\n`;
}

function sentence({ n, until = n, flaw }: Problem): string {
  const which = flaw === "head" ? "" : until === n ? `entry ${n}: ` : `entries ${n} to ${until}: `;
  return which + WORDS[flaw];
}

const WORDS: Record<Flaw, string> = {
  changed: "changed since it was written",
  removed: "missing",
  moved: "stands where another was written",
  unchained: "does not follow the one before",
  body: "the kept body is not the one that left",
  head: "the note of where the ledger ends was changed or removed",
  receipt: "the receipt does not prove that this request arrived",
};
