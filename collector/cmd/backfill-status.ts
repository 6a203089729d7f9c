import {
  type BackfillProgress,
  type BackfillRequest,
  readBackfillProgress,
  readBackfillRequest,
} from "../service/backfill-files.ts";
import { number } from "./usage-text.ts";

export interface UnderWay {
  state: "asked" | BackfillProgress["state"];
  /** 0 to 1. */
  share: number;
  records: number;
  waitsFor: "pause" | "destination" | undefined;
}

/** The backfill that is not delivered yet. */
export function backfillUnderWay(stateDir: string): UnderWay | undefined {
  const request = readBackfillRequest(stateDir);
  if (request === undefined) return undefined;
  const progress = readBackfillProgress(stateDir);
  if (progress?.id !== request.id) return { state: "asked", share: 0, records: 0, waitsFor: undefined };
  const { state, records, waitsFor } = progress;
  return { state, share: backfillShare(progress, request), records, waitsFor };
}

/** What `talos status` says of it. */
export function backfillNote(underWay: UnderWay): string {
  const percent = Math.floor(underWay.share * 100);
  return `Backfill: ${percent} %, ${recordsNote(underWay)}. \`talos backfill\` shows it.`;
}

export function backfillShare({ state, bytes }: BackfillProgress, { totalBytes }: BackfillRequest): number {
  if (state !== "reading") return 1;
  return totalBytes === 0 ? 0 : Math.min(0.99, bytes / totalBytes);
}

export function recordsNote({ records, waitsFor }: Pick<UnderWay, "records" | "waitsFor">): string {
  const waits = { pause: " · waits: paused", destination: " · as fast as it is taken" };
  return `${number(records)} new records${waitsFor === undefined ? "" : waits[waitsFor]}`;
}
