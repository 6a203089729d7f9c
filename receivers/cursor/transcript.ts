import path from "node:path";
import type { TailedFile } from "#tail/tailed-file.ts";
import { askedMs, lineOf, pathsIn } from "./transcript-line.ts";
import { isConversationId, type TranscriptTurn } from "./turn.ts";
import type { WorkingFolders } from "./working-folder.ts";

/** Cursor writes the minute in which something was asked. */
const MINUTE_MS = 60_000;

/** What is known of a transcript's earlier lines. */
export interface TranscriptContext {
  turns: TranscriptTurn[];
  /** False: the file was not read in this run, and turns are counted from its start. */
  isLoaded: boolean;
  /** What stands before was read in an earlier run, or is history. */
  resumeAt: number;
  /** Milliseconds since the Unix epoch, UTC: what is behind `resumeAt` was written later than this. */
  newSinceMs: number;
}

export function noContext(): TranscriptContext {
  return { turns: [], isLoaded: false, resumeAt: 0, newSinceMs: 0 };
}

export type TranscriptFile = TailedFile<TranscriptContext>;

/** What a transcript's path tells. The name of its project's folder holds the user's path: it is only compared. */
export interface TranscriptPlace {
  conversation: string;
  /** The conversation that began this one; undefined for those of people. */
  parent: string | undefined;
  /** "" when the path names none. */
  folderName: string;
}

export function placeOf(file: string): TranscriptPlace | undefined {
  const names = file.split(/[/\\]/);
  const conversation = (names.at(-1) ?? "").replace(/\.jsonl$/, "");
  if (!isConversationId(conversation)) return undefined;
  const above = names.lastIndexOf("agent-transcripts");
  const isSubagent = names.at(-2) === "subagents";
  return {
    conversation,
    parent: isSubagent ? (names.at(-3) ?? "") : undefined,
    folderName: above > 0 ? (names[above - 1] ?? "") : "",
  };
}

/** Between these moments, a stretch of lines was written. */
export interface Written {
  earliestMs: number;
  latestMs: number;
  /** The file was seen without them before. */
  isDated: boolean;
}

export interface LineCounts {
  lines: number;
  malformed: number;
  unknown: number;
}

/** Adds lines, in their order, to the turns of their file. Holds no text longer than a line lives. */
export class TranscriptReader {
  readonly #folders: WorkingFolders;
  readonly counts: LineCounts = { lines: 0, malformed: 0, unknown: 0 };

  constructor(folders: WorkingFolders) {
    this.#folders = folders;
  }

  line(text: string, range: { from: number; to: number }, file: TranscriptFile, written: Written): void {
    this.counts.lines += 1;
    const line = lineOf(text);
    if (line === undefined) {
      if (text.trim() !== "") this.counts.malformed += 1;
      return;
    }
    const { turns } = file.context;
    const last = turns.at(-1);
    if (line.kind === "asked") {
      if (last !== undefined) last.ended = true;
      turns.push(begun(range, written, askedMs(line.message)));
      return;
    }
    if (line.kind === "other") this.counts.unknown += 1;
    if (last === undefined) return;
    if (line.kind === "ended") last.ended = true;
    if (line.kind === "answer") {
      last.answered = true;
      this.#learn(file, line.message);
    }
    last.to = range.to;
    last.lastMs = Math.max(last.earliestMs, written.latestMs);
  }

  #learn(file: TranscriptFile, message: Parameters<typeof pathsIn>[0]): void {
    const folderName = placeOf(file.path)?.folderName ?? "";
    if (folderName === "" || !this.#folders.lacks(folderName)) return;
    for (const inside of pathsIn(message)) this.#folders.learnFrom(folderName, path.normalize(inside));
  }
}

function begun(
  range: { from: number; to: number },
  written: Written,
  minuteMs: number | undefined,
): TranscriptTurn {
  // A minute that cannot be is no better than none.
  const isKnown = minuteMs !== undefined && minuteMs < written.latestMs + MINUTE_MS;
  const earliestMs = isKnown ? minuteMs : written.earliestMs;
  const latestMs = isKnown ? Math.min(minuteMs + MINUTE_MS - 1, written.latestMs) : written.latestMs;
  const latest = Math.max(earliestMs, latestMs);
  const isDated = isKnown || written.isDated;
  return { ...range, earliestMs, latestMs: latest, isDated, lastMs: latest, answered: false, ended: false };
}
