import * as z from "zod";
import { linesIn } from "#tail/range-text.ts";
import { isHumanText, withoutEnvelopes, withoutReminders } from "./prompt-rules.ts";

const Block = z.object({ type: z.string(), text: z.string().optional() });
const Content = z.union([z.string(), z.array(Block.catch({ type: "other" }))]);
const UserLine = z.object({
  type: z.literal("user"),
  uuid: z.string(),
  message: z.object({ content: Content }),
});
const QueuedLine = z.object({
  type: z.literal("attachment"),
  uuid: z.string().optional(),
  attachment: z.object({
    type: z.literal("queued_command"),
    source_uuid: z.string().optional(),
    prompt: Content,
  }),
});
const PromptLine = z.union([UserLine, QueuedLine]);
const AnswerLine = z.object({
  type: z.literal("assistant"),
  requestId: z.string().optional(),
  message: z.object({ id: z.string(), content: Content }),
});

/**
 * What the person wrote, without what the tool puts around it: "" where that is nothing, as with a command of the tool.
 * `key` is the prompt's, because another file may have taken the place of the one that was read. Undefined when it
 * cannot be read.
 */
export function promptText(
  file: string,
  range: { from: number; to: number },
  key: string,
): string | undefined {
  for (const line of jsonIn(file, range.from, range.to)) {
    const { data } = PromptLine.safeParse(line);
    if (data === undefined || keyOf(data) !== key) continue;
    return writtenIn(data.type === "user" ? data.message.content : data.attachment.prompt);
  }
  return undefined;
}

function keyOf(line: z.infer<typeof PromptLine>): string {
  const uuid = line.type === "user" ? line.uuid : (line.attachment.source_uuid ?? line.uuid);
  return `prompt:${uuid ?? ""}`;
}

/** Each block by itself: reminders and notices also stand in blocks of their own, behind the prompt. */
function writtenIn(content: z.infer<typeof Content>): string {
  return textsOf(content)
    .map((text) => withoutEnvelopes(withoutReminders(text)).trim())
    .filter((text) => isHumanText(text))
    .join("\n\n");
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
  return textsOf(content).join("\n\n");
}

function textsOf(content: z.infer<typeof Content>): string[] {
  if (typeof content === "string") return [content];
  return content.flatMap(({ type, text }) => (type === "text" && text !== undefined ? [text] : []));
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
