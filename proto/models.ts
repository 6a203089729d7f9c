/** Model names that vendors publish: the only ones that leave a machine. Every other one is `custom`. */

const ANTHROPIC = [
  "claude-fable-5-2",
  "claude-fable-5-1",
  "claude-fable-5",
  "claude-mythos-5-1",
  "claude-mythos-5",
  "claude-opus-5-5",
  "claude-opus-5",
  "claude-opus-4-8",
  "claude-opus-4-7",
  "claude-opus-4-6",
  "claude-opus-4-5",
  "claude-opus-4-5-20251101",
  "claude-opus-4-1",
  "claude-opus-4-1-20250805",
  "claude-opus-4",
  "claude-opus-4-0",
  "claude-opus-4-20250514",
  "claude-sonnet-5-5",
  "claude-sonnet-5",
  "claude-sonnet-4-6",
  "claude-sonnet-4-5",
  "claude-sonnet-4-5-20250929",
  "claude-sonnet-4",
  "claude-sonnet-4-0",
  "claude-sonnet-4-20250514",
  "claude-haiku-5-5",
  "claude-haiku-4-5",
  "claude-haiku-4-5-20251001",
  "claude-3-7-sonnet",
  "claude-3-7-sonnet-20250219",
  "claude-3-5-sonnet",
  "claude-3-5-sonnet-20241022",
  "claude-3-5-sonnet-20240620",
  "claude-3-5-haiku",
  "claude-3-5-haiku-20241022",
  "claude-3-opus",
  "claude-3-opus-20240229",
  "claude-3-sonnet",
  "claude-3-sonnet-20240229",
  "claude-3-haiku",
  "claude-3-haiku-20240307",
] as const;

const OPENAI = [
  "gpt-5.5",
  "gpt-5.4",
  "gpt-5.4-mini",
  "gpt-5.4-nano",
  "gpt-5.3-codex",
  "gpt-5.3-codex-spark",
  "gpt-5.2",
  "gpt-5.2-codex",
  "gpt-5.2-pro",
  "gpt-5.1",
  "gpt-5.1-codex",
  "gpt-5.1-codex-max",
  "gpt-5.1-codex-mini",
  "gpt-5",
  "gpt-5-chat",
  "gpt-5-codex",
  "gpt-5-codex-mini",
  "gpt-5-mini",
  "gpt-5-nano",
  "gpt-5-pro",
  "gpt-oss-120b",
  "gpt-oss-20b",
  "gpt-4.1",
  "gpt-4.1-mini",
  "gpt-4.1-nano",
  "gpt-4o",
  "gpt-4o-mini",
  "gpt-4",
  "gpt-4-turbo",
  "gpt-3.5-turbo",
  "codex-mini-latest",
  "o1",
  "o1-mini",
  "o1-pro",
  "o3",
  "o3-mini",
  "o3-pro",
  "o4-mini",
] as const;

const GEMINI = [
  "gemini-3.1-pro",
  "gemini-3.1-pro-preview",
  "gemini-3-pro",
  "gemini-3-pro-preview",
  "gemini-3-flash",
  "gemini-3-flash-preview",
  "gemini-2.5-pro",
  "gemini-2.5-flash",
  "gemini-2.5-flash-lite",
  "gemini-2.0-flash",
  "gemini-1.5-pro",
  "gemini-1.5-flash",
] as const;

const OTHERS = {
  cursor: ["default", "auto", "composer-1", "composer-1.5", "composer-2", "cursor-small"],
  x_ai: ["grok-4", "grok-4-fast", "grok-4.1-fast", "grok-code-fast-1", "grok-3", "grok-3-mini"],
  deepseek: ["deepseek-chat", "deepseek-reasoner", "deepseek-v3", "deepseek-v3.1", "deepseek-r1"],
  moonshot_ai: ["kimi-k2", "kimi-k2-thinking", "kimi-k2.5"],
} as const;

/** Who answers a request, by the names of the GenAI conventions; `cursor` where its choice is not known. */
export const PROVIDERS = [
  "anthropic",
  "aws.bedrock",
  "azure.ai.inference",
  "azure.ai.openai",
  "cursor",
  "deepseek",
  "gcp.gemini",
  "gcp.gen_ai",
  "gcp.vertex_ai",
  "mistral_ai",
  "moonshot_ai",
  "openai",
  "x_ai",
] as const;
export type Provider = (typeof PROVIDERS)[number];

/** What a model that no vendor publishes is called. */
export const CUSTOM_MODEL = "custom";

const VENDORS: ReadonlyMap<string, Provider> = new Map([
  ...ANTHROPIC.map((id) => [id, "anthropic"] as const),
  ...OPENAI.map((id) => [id, "openai"] as const),
  ...GEMINI.map((id) => [id, "gcp.gemini"] as const),
  ...OTHERS.cursor.map((id) => [id, "cursor"] as const),
  ...OTHERS.x_ai.map((id) => [id, "x_ai"] as const),
  ...OTHERS.deepseek.map((id) => [id, "deepseek"] as const),
  ...OTHERS.moonshot_ai.map((id) => [id, "moonshot_ai"] as const),
]);

export const PUBLISHED_MODELS: readonly string[] = [...VENDORS.keys()];

/** Longer names are nobody's: not worth the work of taking them apart. */
const MAX_RAW_LENGTH = 256;

/**
 * The published id of a model, without the prefixes and suffixes of deployments, or `custom`.
 * Only whole names match: `claude-sonnet-5-5` is never taken for `claude-sonnet-5`.
 */
export function normalizeModel(raw: string): string {
  if (raw.length > MAX_RAW_LENGTH) return CUSTOM_MODEL;
  const id = raw.trim().toLowerCase();
  if (VENDORS.has(id)) return id;
  for (const candidate of candidates(undeployed(id))) if (VENDORS.has(candidate)) return candidate;
  return CUSTOM_MODEL;
}

/** Names the same model may be published under, the most exact one first. */
function candidates(id: string): string[] {
  const plain = id.replace(/(?:-(?:thinking|minimal|low|medium|high|xhigh))+$/, "");
  const dashed = plain.startsWith("claude-") ? plain.replaceAll(".", "-") : plain;
  // Cursor writes `claude-4.5-sonnet` for what its vendor calls `claude-sonnet-4-5`.
  const turned = dashed.replace(/^claude-([4-9](?:-\d)?)-([a-z]+)(?=$|-\d{8}$)/, "claude-$2-$1");
  return [id, plain, dashed, turned].flatMap((name) => [name, undated(name)]);
}

/** Strips what says where a model runs, for whom, and with which window, but not which model it is. */
function undeployed(id: string): string {
  const tuned = /^ft:([^:]+):/.exec(id)?.[1] ?? id;
  return tuned
    .slice(tuned.lastIndexOf("/") + 1)
    .replace(/\[1m\]$/, "")
    .replace(/:(?:thinking|beta|free)$/, "")
    .replace(/^(?:[a-z]{2,6}(?:-[a-z]{3})?\.)?(?:anthropic|openai|deepseek|moonshot)\./, "")
    .replace(/-v\d(?::\d{1,2}(?::\d{1,4}k)?)?$/, "")
    .replace(/@(?:default|latest)$/, "")
    .replace(/@(\d{8})$/, "-$1");
}

function undated(id: string): string {
  return id.replace(/-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, "");
}

/** Who answers, as far as the shape of a raw model name shows it. */
export function providerOf(raw: string): Provider | undefined {
  if (raw.length > MAX_RAW_LENGTH) return undefined;
  const id = raw.trim().toLowerCase();
  if (isBedrock(id)) return "aws.bedrock";
  if (/@(?:\d{8}|default|latest)(?:\[1m\])?$|^vertex_ai\/|(?:^|\/)publishers\//.test(id))
    return "gcp.vertex_ai";
  if (/^azure(?:_ai)?\//.test(id)) return "azure.ai.openai";
  return VENDORS.get(normalizeModel(id)) ?? family(id);
}

function isBedrock(id: string): boolean {
  return (
    /^arn:aws[a-z-]*:bedrock:|^bedrock\//.test(id) ||
    /^(?:[a-z]{2,6}(?:-[a-z]{3})?\.)?(?:anthropic|openai|deepseek|moonshot)\./.test(id) ||
    /^claude-[a-z0-9-]+-v\d:\d/.test(id)
  );
}

/** By the vendor's naming alone, for models published after this list was written. */
function family(id: string): Provider | undefined {
  if (/^(?:anthropic\/)?claude-/.test(id)) return "anthropic";
  if (/^(?:openai\/|ft:)?(?:gpt-|o\d|codex-)/.test(id)) return "openai";
  if (/^(?:google\/)?gemini-/.test(id)) return "gcp.gemini";
  return undefined;
}
