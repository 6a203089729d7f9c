import type { SourceRecord } from "#component/record.ts";

type Attributes = Pick<SourceRecord, "attributes">;

/** Behind the name of a model that was selected, where the tool does not say which one answered. */
export const SELECTED = " (selected)";

/** What a request calls its model, for people. */
export function modelLabel({ attributes }: Attributes): string {
  const answered = attributes.get("gen_ai.response.model");
  if (answered !== undefined) return String(answered);
  const selected = attributes.get("gen_ai.request.model");
  return selected === undefined ? "unknown" : `${String(selected)}${SELECTED}`;
}

/** False where the tool wrote no token counts: they are not known then, and not 0. */
export function isCounted({ attributes }: Attributes): boolean {
  const names = ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"];
  return names.every((name) => attributes.has(name));
}

/** False where the tool wrote how much input there was, and not how much of it was cached: that has no price. */
export function isSplit({ source, attributes }: Pick<SourceRecord, "source" | "attributes">): boolean {
  return source !== "cursor" || attributes.has("gen_ai.usage.cache_read.input_tokens");
}
