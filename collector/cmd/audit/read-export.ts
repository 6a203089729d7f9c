import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import * as z from "zod";
import type { AuditRow, ExportEnd, ExportHead } from "#proto/audit-chain.ts";

/** A file that is no export of a trail. */
export class NoExportError extends Error {
  override readonly name = "NoExportError";
}

export interface ReadEntry {
  /** Of the file, from 1. */
  line: number;
  row: AuditRow;
  hash: string;
}

/** An export as the file has it: nothing of it is checked yet but its shape. */
export interface ReadExport {
  head: ExportHead;
  /** In the file's order. */
  entries: ReadEntry[];
  end: ExportEnd | undefined;
  /** 0 where there is none. */
  endLine: number;
  /** Lines that are neither, or stand behind the end. */
  strange: number[];
}

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const Seq = z.int().nonnegative();
const Head = z.strictObject({
  type: z.literal("talos-audit-1"),
  team: z.string().regex(/^tm_[0-9a-f]{24}$/),
  exportedAt: z.int(),
  after: z.strictObject({ seq: Seq, hash: Hash }),
});
const Entry = z.strictObject({
  seq: z.int().positive(),
  at: z.int(),
  actorKind: z.string(),
  actorId: z.string(),
  actorLabel: z.string(),
  action: z.string(),
  target: z.string(),
  metadata: z.string(),
  hash: Hash,
});
const End = z.strictObject({
  type: z.literal("end"),
  seq: Seq,
  hash: Hash,
  key: Hash,
  signature: z.string().regex(/^[0-9a-f]{128}$/),
});

export async function readExport(file: string): Promise<ReadExport> {
  let head: ExportHead | undefined;
  const read: Omit<ReadExport, "head"> = { entries: [], end: undefined, endLine: 0, strange: [] };
  let line = 0;
  const lines = createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Infinity });
  for await (const text of lines) {
    line += 1;
    if (head === undefined) head = headOf(text);
    else readLine(text, line, read);
  }
  if (head === undefined) throw new NoExportError("the file is empty");
  return { head, ...read };
}

function headOf(text: string): ExportHead {
  const head = Head.safeParse(parse(text));
  if (head.success) return head.data;
  if (text.startsWith("seq,")) {
    throw new NoExportError(
      "a CSV file is for spreadsheets and cannot be verified: export the trail as NDJSON",
    );
  }
  throw new NoExportError("the first line is not that of an exported trail");
}

function readLine(text: string, line: number, read: Omit<ReadExport, "head">): void {
  const value = read.end === undefined ? parse(text) : undefined;
  const entry = Entry.safeParse(value);
  if (entry.success) {
    const { hash, ...row } = entry.data;
    read.entries.push({ line, row, hash });
    return;
  }
  const end = End.safeParse(value);
  if (end.success) [read.end, read.endLine] = [end.data, line];
  else read.strange.push(line);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
