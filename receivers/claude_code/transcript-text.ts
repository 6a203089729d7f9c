import * as z from "zod";
import { linesIn } from "#tail/range-text.ts";
import { withoutEnvelopes } from "./prompt-rules.ts";

const Block = z.object({ type: z.string(), text: z.string().optional() });
const Content = z.union([z.string(), z.array(Block.catch({ type: "other" }))]);
const UserLine = z.object({ type: z.literal("user"), message: z.object({ content: Content }) });
const QueuedLine = z.object({
  type: z.literal("attachment"),
  attachment: z.object({ type: z.literal("queued_command"), prompt: Content }),
});
const PromptLine = z.union([UserLine, QueuedLine]);
const AnswerLine = z.object({
  type: z.literal("assistant"),
  requestId: z.string().optional(),
  message: z.object({ id: z.string(), content: Content }),
});

/** What the person wrote, without the blocks that the tool puts before it. Undefined when it cannot be read. */
export function promptText(file: string, from: number, to: number): string | undefined {
  for (const line of jsonIn(file, from, to)) {
    const { data } = PromptLine.safeParse(line);
    if (data === undefined) continue;
    const content = data.type === "user" ? data.message.content : data.attachment.prompt;
    const text = withoutEnvelopes(textOf(content)).trim();
    if (text !== "") return text;
  }
  return undefined;
}

/** The text of one request's answer: without thinking, tool calls and their results. Undefined when it has none. */
export function answerText(
  file: string,
  range: { from: number; to: number },
  key: string,
): string | undefined {
  const parts: string[] = [];
  for (const line of jsonIn(file, range.from, range.to)) {
    const { data } = AnswerLine.safeParse(line);
    if (data === undefined || !isOf(key, data.message.id, data.requestId ?? "")) continue;
    const text = textOf(data.message.content);
    // Some versions write what they have so far again and again.
    const last = parts.at(-1);
    if (last !== undefined && text.startsWith(last)) parts.pop();
    if (text !== "") parts.push(text);
  }
  const whole = parts.join("\n\n").trim();
  return whole === "" ? undefined : whole;
}

/** As the key of a request is made: Anthropic's ids stand alone, those of gateways are joined by something else. */
function isOf(key: string, messageId: string, requestId: string): boolean {
  if (key === messageId || key === `${messageId}|${requestId}`) return true;
  return requestId === "" && key.startsWith(`${messageId}|`);
}

function textOf(content: z.infer<typeof Content>): string {
  if (typeof content === "string") return content;
  return content
    .flatMap(({ type, text }) => (type === "text" && text !== undefined ? [text] : []))
    .join("\n\n");
}

/** The lines of a stretch of a file, as JSON. What is none is left out: nothing of it may be said. */
function jsonIn(file: string, from: number, to: number): unknown[] {
  return linesIn(file, from, to).flatMap((line) => {
    try {
      return [JSON.parse(line) as unknown];
    } catch {
      return [];
    }
  });
}
