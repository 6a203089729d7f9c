import { expect, it } from "vitest";
import { CUSTOM_MODEL, normalizeModel, PROVIDERS, providerOf, PUBLISHED_MODELS } from "./models.ts";

it("a published id stays what it is, dated ones too", () => {
  expect(PUBLISHED_MODELS.map(normalizeModel)).toEqual(PUBLISHED_MODELS);
});

it("normalises to a published id or `custom`, and normalising again changes nothing", () => {
  for (const raw of ["claude-4.5-sonnet-thinking", "us.anthropic.claude-opus-5-v1", "mine", "gpt-5-high"]) {
    const once = normalizeModel(raw);
    expect([...PUBLISHED_MODELS, CUSTOM_MODEL]).toContain(once);
    expect(normalizeModel(once)).toBe(once);
  }
});

it.each([
  // Windows
  ["claude-sonnet-5-5[1m]", "claude-sonnet-5-5"],
  ["claude-opus-4-5-20251101[1m]", "claude-opus-4-5-20251101"],
  // Bedrock
  ["anthropic.claude-opus-4-5-20251101-v1:0", "claude-opus-4-5-20251101"],
  ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"],
  ["us.anthropic.claude-sonnet-4-5-20250929-v1:0[1m]", "claude-sonnet-4-5-20250929"],
  ["global.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5-20251001"],
  ["apac.anthropic.claude-sonnet-4-20250514-v1:0", "claude-sonnet-4-20250514"],
  ["us-gov.anthropic.claude-3-5-sonnet-20240620-v1:0", "claude-3-5-sonnet-20240620"],
  ["eu.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"],
  ["anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet-20241022"],
  ["anthropic.claude-3-sonnet-20240229-v1:0:200k", "claude-3-sonnet-20240229"],
  [
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-5-v1:0",
    "claude-opus-5",
  ],
  [
    "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-4-1-20250805-v1:0",
    "claude-opus-4-1-20250805",
  ],
  ["arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6", "custom"],
  ["bedrock/us.anthropic.claude-opus-5-v1:0", "claude-opus-5"],
  // Vertex
  ["claude-sonnet-4-5@20250929", "claude-sonnet-4-5-20250929"],
  ["claude-opus-5@default", "claude-opus-5"],
  ["claude-opus-5-5@20260901", "claude-opus-5-5"],
  ["projects/acme-secret/locations/us-east5/publishers/anthropic/models/claude-opus-5", "claude-opus-5"],
  // Routers and tuned models
  ["anthropic/claude-opus-4.5", "claude-opus-4-5"],
  ["openrouter/anthropic/claude-sonnet-4.5:thinking", "claude-sonnet-4-5"],
  ["openai/gpt-5-codex", "gpt-5-codex"],
  ["ft:gpt-4o-mini-2024-07-18:acme-corp::AbC123", "gpt-4o-mini"],
  ["ft:acme-secret:acme-corp::AbC123", "custom"],
  // Dates that are not published strip to a base that is
  ["claude-sonnet-5-5-20991231", "claude-sonnet-5-5"],
  ["claude-haiku-4-5-20991231", "claude-haiku-4-5"],
  ["gpt-4.1-2025-04-14", "gpt-4.1"],
  ["claude-3-5-haiku-latest", "claude-3-5-haiku"],
  // Cursor's names
  ["claude-4-sonnet", "claude-sonnet-4"],
  ["claude-4.5-sonnet-thinking", "claude-sonnet-4-5"],
  ["claude-4.6-opus-high", "claude-opus-4-6"],
  ["claude-4.5-opus-high-thinking", "claude-opus-4-5"],
  ["gpt-5.1-codex-max-xhigh", "gpt-5.1-codex-max"],
  ["gpt-5-high", "gpt-5"],
  ["default", "default"],
  // Case and space
  [" Claude-Opus-5 ", "claude-opus-5"],
])("%s is %s", (raw, id) => {
  expect(normalizeModel(raw)).toBe(id);
});

it.each([
  "claude-sonnet-5-6",
  "claude-sonnet-55",
  "claude-opus-5-5-5",
  "claude-opus-5-acme",
  "claude-opus-5-20991231-acme",
  "claude-sonnet-6-20991231",
  "claude-opus-5x",
  "xclaude-opus-5",
  "acme.claude-opus-5",
  "gpt-5.9",
  "gpt-5-codex-acme",
  "my-internal-model",
  "<synthetic>",
  "/home/ada/models/llama.gguf",
  "ada@example.com",
  "claude-opus-5\nclaude-opus-5",
  "constructor",
  "__proto__",
  "",
  "claude-opus-5".padEnd(5000, "[1m]"),
])("%j is nobody's published id, and never a shorter one", (raw) => {
  expect(normalizeModel(raw)).toBe(CUSTOM_MODEL);
});

it("takes no longer for a hostile name", () => {
  for (const part of [
    "[1m]",
    "-v1:0",
    "@20250929",
    "us.anthropic.",
    "ft:",
    "/",
    "-20251101",
    ".",
    "\u0000",
  ]) {
    expect(normalizeModel(part.repeat(100_000))).toBe(CUSTOM_MODEL);
    expect(providerOf(part.repeat(100_000))).toBeUndefined();
  }
});

it.each([
  ["claude-opus-5", "anthropic"],
  ["claude-opus-9", "anthropic"],
  ["claude-sonnet-5-5[1m]", "anthropic"],
  ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws.bedrock"],
  ["anthropic.claude-opus-9-v1:0", "aws.bedrock"],
  ["arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3", "aws.bedrock"],
  ["arn:aws-us-gov:bedrock:us-gov-west-1:1:inference-profile/x", "aws.bedrock"],
  ["claude-sonnet-4-5@20250929", "gcp.vertex_ai"],
  ["claude-sonnet-4-5@20250929[1m]", "gcp.vertex_ai"],
  ["projects/p/locations/l/publishers/anthropic/models/claude-opus-5", "gcp.vertex_ai"],
  ["azure/gpt-5", "azure.ai.openai"],
  ["gpt-5.1-codex", "openai"],
  ["gpt-9", "openai"],
  ["ft:gpt-4o-mini-2024-07-18:acme::x", "openai"],
  ["gemini-2.5-pro", "gcp.gemini"],
  ["gemini-9-pro", "gcp.gemini"],
  ["grok-code-fast-1", "x_ai"],
  ["composer-1", "cursor"],
  ["default", "cursor"],
  ["my-internal-model", undefined],
  ["", undefined],
])("%s is answered by %s", (raw, provider) => {
  expect(providerOf(raw)).toBe(provider);
});

it("names only providers of the closed list", () => {
  expect(PROVIDERS).toEqual(expect.arrayContaining(PUBLISHED_MODELS.map(providerOf)));
});
