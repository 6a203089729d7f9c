import * as z from "zod";

/** A call to a model inside a request that the request's own counts do not include. */
export interface ExtraRequest {
  index: number;
  /** "" when unknown. */
  model: string;
  input: number;
  output: number;
  cacheWrite: number;
  cacheRead: number;
  write5m: number;
  write1h: number;
}

const count = z.int().nonnegative().catch(-1);
const Iteration = z.object({
  type: z.string().catch(""),
  model: z.string().catch(""),
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
  cache_creation: z
    .object({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count })
    .catch({ ephemeral_5m_input_tokens: -1, ephemeral_1h_input_tokens: -1 }),
});
const Iterations = z.array(Iteration.or(z.unknown().transform(() => undefined)));

/**
 * Advisors answer with a model of their own; compaction is left out of the sums; a fallback attempt that produced
 * output before another model took over is billed. Ordinary iterations are in the request's counts already.
 */
export function extraRequests(json: string, model: string): ExtraRequest[] {
  const parsed = Iterations.safeParse(parse(json));
  if (!parsed.success) return [];
  return parsed.data.flatMap((item, index) => {
    if (item === undefined || !isExtra(item, model)) return [];
    return [
      {
        index,
        model: item.model === "" && item.type === "compaction" ? model : item.model,
        input: item.input_tokens,
        output: item.output_tokens,
        cacheWrite: item.cache_creation_input_tokens,
        cacheRead: item.cache_read_input_tokens,
        write5m: item.cache_creation.ephemeral_5m_input_tokens,
        write1h: item.cache_creation.ephemeral_1h_input_tokens,
      },
    ];
  });
}

function isExtra(item: z.output<typeof Iteration>, model: string): boolean {
  if (item.input_tokens <= 0 && item.output_tokens <= 0) return false;
  if (item.type === "advisor_message" || item.type === "compaction") return true;
  return (
    item.type === "fallback_message" && item.output_tokens > 0 && item.model !== "" && item.model !== model
  );
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
