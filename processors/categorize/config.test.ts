import { describe, expect, it } from "vitest";
import { CategorizeConfig } from "./config.ts";

const CANARY = "canary-77";

const problems = (input: object) =>
  CategorizeConfig.safeParse(input).error?.issues.map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  ) ?? [];

describe("Ollama is asked on this computer alone", () => {
  it.each([
    "http://localhost:11434",
    "http://localhost",
    "http://127.0.0.1:11434",
    "http://127.9.8.7:1",
    "http://2130706433:11434",
    "http://[::1]:11434",
  ])("%s is this computer", (endpoint) => {
    expect(problems({ provider: "ollama", endpoint })).toEqual([]);
  });

  it.each([
    "https://localhost:11434",
    "https://ollama.com",
    "http://ollama.com",
    "http://192.168.1.7:11434",
    "http://0.0.0.0:11434",
    "http://10.0.0.1:11434",
    "http://localhost.example.com:11434",
    "http://localhost.:11434",
    "http://127.0.0.1.example.com",
    "http://[::ffff:127.0.0.1]:11434",
    "http://[fe80::1]:11434",
    "http://localhost:11434/proxy",
    `http://${CANARY}@localhost:11434`,
    "ftp://localhost:11434",
    "localhost:11434",
    "",
  ])("%s is not", (endpoint) => {
    expect(problems({ provider: "ollama", endpoint })).toHaveLength(1);
  });
});

it.each([
  "gpt-oss:120b-cloud",
  "qwen3-coder:480b-cloud",
  "kimi-k2:cloud",
  "x-CLOUD",
  "a b",
  "",
  "../x",
  "-m",
])("refuses the model %j", (model) => {
  expect(problems({ provider: "ollama", model })).toHaveLength(1);
});

it.each(["llama3.1:8b", "qwen2.5", "registry.example/team/model:7b-q4_K_M", "cloudy:1b"])(
  "accepts the model %s",
  (model) => {
    expect(problems({ provider: "ollama", model })).toEqual([]);
  },
);

it.each<[object, RegExp]>([
  [{ provider: "cloud" }, /^endpoint: is needed/],
  [{ provider: "cloud", endpoint: "https://x.example" }, /^token: is needed/],
  [{ provider: "auto", endpoint: "https://x.example" }, /^token: is needed/],
  [{ provider: "auto", endpoint: "http://x.example", token: CANARY }, /^endpoint: http:\/\/ is refused/],
  [{ provider: "cloud", endpoint: "http://x.example", token: CANARY }, /^endpoint: http:\/\/ is refused/],
  [{ provider: "cloud", endpoint: "https://x.example", token: `${CANARY}\n` }, /^token: must be printable/],
  [{ headers: { Authorization: CANARY } }, /^headers: must not hold/],
  [{ headers: { "user-agent": CANARY } }, /^headers.user-agent/],
  [{ timeout: "0s" }, /^timeout/],
  [{ timeout: "11m" }, /^timeout/],
  [{ provider: "openai" }, /^provider/],
  [{ provider: "ollama", cloud_fallback: true }, /cloud_fallback/],
])("refuses %o, and repeats no value", (input, says) => {
  const [problem = ""] = problems(input);
  expect(problem).toMatch(says);
  expect(problem).not.toContain(CANARY);
});

it("asks nobody unless told to", () => {
  expect(CategorizeConfig.parse({})).toMatchObject({
    provider: "rules",
    model: "llama3.1:8b",
    pause_on_battery: true,
  });
});
