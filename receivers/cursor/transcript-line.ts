import * as z from "zod";

const Block = z
  .object({
    type: z.string().catch("other"),
    text: z.string().optional().catch(undefined),
    input: z.unknown().optional(),
  })
  .catch({ type: "other", input: undefined });
const Message = z.object({
  role: z.enum(["user", "assistant"]),
  message: z.object({ content: z.union([z.string(), z.array(Block)]) }),
});
const Ended = z.object({ type: z.literal("turn_ended") });

type Message = z.infer<typeof Message>;

export type TranscriptLine =
  | { kind: "asked" | "answer"; message: Message }
  | { kind: "ended" }
  /** A kind that this version does not know, or a result of a tool. */
  | { kind: "other" };

/** Undefined for what is not JSON, or has no shape that is known. */
export function lineOf(text: string): TranscriptLine | undefined {
  const value = parse(text);
  if (typeof value !== "object" || value === null) return undefined;
  const message = Message.safeParse(value);
  if (message.success) {
    if (message.data.role === "assistant") return { kind: "answer", message: message.data };
    return textOf(message.data).trim() === "" ? { kind: "other" } : { kind: "asked", message: message.data };
  }
  return { kind: Ended.safeParse(value).success ? "ended" : "other" };
}

/** The text blocks, without tool calls and what they gave. */
export function textOf({ message: { content } }: Message): string {
  if (typeof content === "string") return content;
  return content
    .flatMap(({ type, text }) => (type === "text" && text !== undefined ? [text] : []))
    .join("\n\n");
}

/** Paths in the arguments of tools. They stay in memory: what they name is compared, and forgotten. */
export function* pathsIn({ message: { content } }: Message): Generator<string> {
  if (typeof content === "string") return;
  for (const { type, input } of content) {
    if (type !== "tool_use" || typeof input !== "object" || input === null) continue;
    for (const value of Object.values(input)) {
      if (typeof value === "string" && value.length < 4_096 && /^(?:\/|[A-Za-z]:[\\/])/.test(value))
        yield value;
    }
  }
}

const QUERY = /<user_query>\n?([\s\S]*)<\/user_query>/;
const TIMESTAMP = /^\s*<timestamp>([^<]{1,80})<\/timestamp>/;
const WHEN =
  /([A-Z][a-z]{2,8} \d{1,2}, \d{4}),? (\d{1,2}:\d{2}(?::\d{2})? ?[AP]M)(?: \((?:UTC|GMT)(?:([+-])(\d{1,2})(?::?(\d{2}))?)?\))?/;

/** What a person typed: without the blocks that Cursor puts around it, whose ends it does not escape. */
export function askedText(message: Message): string {
  const text = textOf(message);
  const [, query] = QUERY.exec(text) ?? [];
  return (query ?? text.replace(TIMESTAMP, "")).trim();
}

/** An answer without the marks that stand where thinking was. */
export function answerText(message: Message): string {
  return textOf(message).replaceAll("[REDACTED]", "").trim();
}

/** Milliseconds since the Unix epoch, UTC, of the minute in which it was asked; undefined where no version wrote it. */
export function askedMs(message: Message): number | undefined {
  const [, stamp] = TIMESTAMP.exec(textOf(message)) ?? [];
  const [, day, time, sign, hours, minutes] = WHEN.exec(stamp ?? "") ?? [];
  // Of a time without its zone nobody knows when it was.
  if (stamp === undefined || day === undefined || time === undefined || !/\((?:UTC|GMT)/.test(stamp)) {
    return undefined;
  }
  const offsetMs = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000 * (sign === "-" ? -1 : 1);
  const ms = Date.parse(`${day} ${time.replace(/ ?([AP]M)/, " $1")} UTC`) - offsetMs;
  return ms > 0 && ms < 4e12 ? ms : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
