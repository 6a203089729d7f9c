import { linesIn } from "#tail/range-text.ts";
import { answerText, askedText, lineOf } from "./transcript-line.ts";
import type { TranscriptTurn } from "./turn.ts";

/** What was asked, as a person typed it. Undefined when it cannot be read. */
export function promptIn(file: string, { from, to }: TranscriptTurn): string | undefined {
  for (const text of linesIn(file, from, to)) {
    const line = lineOf(text);
    if (line?.kind === "asked") return askedText(line.message) || undefined;
  }
  return undefined;
}

/** What the agent wrote to the person: without thinking, tool calls and what they gave. */
export function answerIn(file: string, { from, to }: TranscriptTurn): string | undefined {
  const parts = linesIn(file, from, to).flatMap((text) => {
    const line = lineOf(text);
    return line?.kind === "answer" ? [answerText(line.message)] : [];
  });
  return parts.filter((part) => part !== "").join("\n\n") || undefined;
}
