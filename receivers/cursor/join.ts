import type { DatabaseTurn, TranscriptTurn, Turn } from "./turn.ts";

/** What was asked may wait before it is worked on. Two turns taken for one lose nothing; one taken for two is wrong. */
const SLACK_MS = 10 * 60_000;

/**
 * Puts together what two sources tell of one conversation. Each may lack turns: a transcript those before transcripts
 * were written, a database those that were taken back. A turn's place is the later one of its two places, because
 * both can only lack turns; so a place is never given twice.
 */
export function join(transcript: readonly TranscriptTurn[], database: readonly DatabaseTurn[]): Turn[] {
  const turns: Turn[] = [];
  const isEven = transcript.length === database.length;
  let t = 0;
  let d = 0;
  while (t < transcript.length || d < database.length) {
    const told = transcript[t];
    const stored = database[d];
    const side = isEven && told !== undefined ? "both" : sideOf(told, stored);
    const ordinal = Math.max(
      (turns.at(-1)?.ordinal ?? -1) + 1,
      side === "database" ? -1 : t,
      side === "transcript" ? -1 : d,
    );
    const turn: Turn = { ordinal };
    if (side !== "database" && told !== undefined) turn.transcript = told;
    if (side !== "transcript" && stored !== undefined) turn.database = stored;
    turns.push(turn);
    if (side !== "database") t += 1;
    if (side !== "transcript") d += 1;
  }
  return turns;
}

/** Which of the two comes first; both, where nothing says that they are two. */
function sideOf(
  told: TranscriptTurn | undefined,
  stored: DatabaseTurn | undefined,
): "transcript" | "database" | "both" {
  if (told === undefined) return "database";
  if (stored === undefined) return "transcript";
  // A file that was copied tells times that are too late.
  if (!told.isDated || Number.isNaN(stored.startMs)) return "both";
  if (stored.startMs < told.earliestMs - SLACK_MS) return "database";
  if (stored.startMs > told.latestMs + SLACK_MS) return "transcript";
  return "both";
}
