import { createHash, createPublicKey, verify as verifySignature } from "node:crypto";
import { signedBytes } from "#proto/agent-api.ts";
import { chainText, exportText } from "#proto/audit-chain.ts";
import type { ReadEntry, ReadExport } from "./read-export.ts";

export type ProblemKind =
  /** The entry, its hash or the hash before it is not as it was written. */
  | "changed"
  /** Entries from `seq` to `until` are missing. */
  | "removed"
  /** The entry stands behind one that was written after it. */
  | "moved"
  /** A second entry with that number, or one with a number that the trail does not have. */
  | "inserted"
  /** The line is no entry, or stands behind the end. */
  | "strange"
  /** The last line is missing, or names another last entry. */
  | "cut_off"
  /** The signature is not over this export. */
  | "signature"
  /** Signed by the key of somebody else. */
  | "key";

export interface Problem {
  kind: ProblemKind;
  /** Of the file; 0 for what is not there. */
  line: number;
  seq?: number;
  until?: number;
}

export interface Verified {
  team: string;
  entries: number;
  /** Numbers of the first and last entry that the export should have. */
  first: number;
  last: number;
  /** SHA-256 of the key that signed it, hex; "" where nothing is signed. */
  fingerprint: string;
  problems: Problem[];
}

/** Every entry that was changed, removed, moved or inserted since it was written. */
export function verify(read: ReadExport, wanted?: string): Verified {
  const { head, entries, end } = read;
  const hashes = new Map([[head.after.seq, head.after.hash]]);
  const strange = read.strange.map((line): Problem => ({ kind: "strange", line }));
  const known = new Map<number, ReadEntry>();
  const order = orderProblems(read, known);
  for (const [seq, { hash }] of known) hashes.set(seq, hash);
  const last = end?.seq ?? Array.from(known.keys()).reduce((a, b) => Math.max(a, b), head.after.seq);
  const fingerprint = end === undefined ? "" : sha256(Buffer.from(end.key, "hex"));
  return {
    team: head.team,
    entries: entries.length,
    first: head.after.seq + 1,
    last,
    fingerprint,
    problems: [
      ...strange,
      ...order,
      ...missing(head.after.seq + 1, last, known),
      ...changed(head.team, known, hashes),
      ...endProblems(read, hashes),
      ...(end !== undefined && wanted !== undefined && wanted !== fingerprint
        ? [{ kind: "key" as const, line: read.endLine }]
        : []),
    ].toSorted((a, b) => (a.seq ?? Infinity) - (b.seq ?? Infinity) || a.line - b.line),
  };
}

function orderProblems({ head, entries, end }: ReadExport, known: Map<number, ReadEntry>): Problem[] {
  const problems: Problem[] = [];
  let highest = head.after.seq;
  for (const entry of entries) {
    const { line, row } = entry;
    const outside = row.seq <= head.after.seq || row.seq > (end?.seq ?? Infinity);
    if (outside || known.has(row.seq)) {
      problems.push({ kind: "inserted", line, seq: row.seq });
      continue;
    }
    known.set(row.seq, entry);
    if (row.seq < highest) problems.push({ kind: "moved", line, seq: row.seq });
    highest = Math.max(highest, row.seq);
  }
  return problems;
}

function missing(first: number, last: number, known: ReadonlyMap<number, unknown>): Problem[] {
  const problems: Problem[] = [];
  const present = [...known.keys()].toSorted((a, b) => a - b);
  let expected = first;
  for (const seq of [...present, last + 1]) {
    if (seq > expected) problems.push({ kind: "removed", line: 0, seq: expected, until: seq - 1 });
    expected = seq + 1;
  }
  return problems;
}

/** What follows a removed entry cannot be checked, and is no problem of its own. */
function changed(
  team: string,
  known: ReadonlyMap<number, ReadEntry>,
  hashes: ReadonlyMap<number, string>,
): Problem[] {
  const problems: Problem[] = [];
  for (const { line, row, hash } of known.values()) {
    const previous = hashes.get(row.seq - 1);
    if (previous === undefined || sha256(chainText(team, row, previous)) === hash) continue;
    problems.push({ kind: "changed", line, seq: row.seq });
  }
  return problems;
}

function endProblems(
  { head, end, endLine: line }: ReadExport,
  hashes: ReadonlyMap<number, string>,
): Problem[] {
  if (end === undefined) return [{ kind: "cut_off", line: 0 }];
  const problems: Problem[] = [];
  const last = hashes.get(end.seq);
  if (last !== undefined && last !== end.hash) problems.push({ kind: "cut_off", line });
  const text = signedBytes("talos-audit-export-1", new TextEncoder().encode(exportText(head, end)));
  const x = Buffer.from(end.key, "hex").toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const isSigned = verifySignature(null, text, key, Buffer.from(end.signature, "hex"));
  return isSigned ? problems : [...problems, { kind: "signature", line }];
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
