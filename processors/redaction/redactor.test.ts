import { inspect } from "node:util";
import { expect, it } from "vitest";
import { harmlessCases } from "./corpus/harmless.ts";
import { Random } from "./corpus/random.ts";
import { secretCases } from "./corpus/secrets.ts";
import { pem, TOKENS } from "./corpus/tokens.ts";
import { type Detector, type Limits, Redactor } from "./redactor.ts";
import { WINDOW } from "./window.ts";

const LIMITS: Limits = { maxText: 20_000_000, timeLimitMs: 600_000 };
const clock = { now: () => Date.now() };
const never = new AbortController().signal;
const redactor = new Redactor({ clock, limits: LIMITS });
const KEY = TOKENS["anthropic"]?.(new Random(7)) ?? "";

async function redacted(text: string): Promise<string> {
  const outcome = await redactor.redact(text, never);
  return outcome.kind === "redacted" ? outcome.text : `dropped: ${outcome.rule}`;
}

it.each([
  ["a key", `use ${KEY} here`, "use [redacted:anthropic_key] here"],
  ["what stands around", "é\u{1f600} jane@corp.io \u{1f600}é", "é\u{1f600} [redacted:email] \u{1f600}é"],
  ["a byte order mark", `\uFEFF${KEY}.`, "\uFEFF[redacted:anthropic_key]."],
  ["two beside each other", `${KEY},${KEY}`, "[redacted:anthropic_key],[redacted:anthropic_key]"],
  [
    "a name of two words",
    "/Users/Jane Doe/src and /home/jane or src/app",
    "/Users/[redacted:home_path]/src and /home/[redacted:home_path] or src/app",
  ],
  ["a password that begins like a variable", 'password: "$ecret-99!"', 'password: "[redacted:password]"'],
  ["a password of many characters", `PASSWORD=${new Random(9).alnum(900)}`, "PASSWORD=[redacted:password]"],
  ["the name in a path alone", "/home/jane/src/app.ts", "/home/[redacted:home_path]/src/app.ts"],
  ["JSON", String.raw`{"password":"a\"b1!x","x":1}`, '{"password":"[redacted:password]","x":1}'],
  [
    "a value of JSON in JSON",
    JSON.stringify(`{"password":"hunter2!"}`),
    String.raw`"{\"password\":\"[redacted:password]\"}"`,
  ],
  ["an address", "to=jane%40corp.io&x=1", "to=[redacted:email]&x=1"],
  ["an address of an address", "to=jane%2540corp.io&x=1", "to=[redacted:email]&x=1"],
  ["unicode escapes", String.raw`"jane\u0040corp.io"`, '"[redacted:email]"'],
  [
    "HTML",
    "a password=&quot;hunter2!&quot; and jane&#64;corp.io",
    "a password=&quot;[redacted:password]&quot; and [redacted:email]",
  ],
  [
    "what a terminal coloured",
    "\u001B[1mpassword\u001B[0m: hunter2!\u001B[K end",
    "\u001B[1mpassword\u001B[0m: [redacted:password] end",
  ],
  [
    "colours in JSON",
    String.raw`{"o":"\u001b[1mpassword\u001b[0m: hunter2!\n"}`,
    String.raw`{"o":"\u001b[1mpassword\u001b[0m: [redacted:password]\n"}`,
  ],
  ["base64", btoa("password: hunter2!\n"), "[redacted:password]"],
  ["base64 behind letters", `x/${btoa(`${KEY}, ${KEY}`)}`, "[redacted:anthropic_key]"],
  ["base64 of base64", btoa(btoa("mail jane.doe@corp.io today")), "[redacted:email]"],
  ["base64 of UTF-16", btoa(`-Key ${KEY}`.replaceAll(/./g, "$&\0")), "[redacted:anthropic_key]"],
  ["base64 in an address", encodeURIComponent(btoa("to: jane.doe@corp.io?>~~")), "[redacted:email]"],
  ["URL-safe base64", btoa("to: jane.doe@corp.io?>~~").replaceAll("/", "_"), "[redacted:email]"],
])("finds %s", async (_, text, expected) => {
  const result = await redacted(text);
  expect(result).toBe(expected);
});

it("finds base64 over lines, indented, quoted and in JSON", async () => {
  const code = btoa(`${"filler text. ".repeat(12)}the key is ${KEY} and more text behind it`);
  const lines = code.match(/.{1,76}/g) ?? [];
  for (const between of ["\n", "\r\n", "\n    ", "\n> ", String.raw`\n`, String.raw`\\n`, String.raw`\r\n`])
    expect(await redacted(`data: ${lines.join(between)}`)).toBe("data: [redacted:anthropic_key]");
});

it("finds a key wherever the border of a window falls", async () => {
  const borders = Array.from({ length: KEY.length + 2 }, (_, i) => WINDOW - KEY.length - 1 + i);
  for (const at of borders) {
    const text = `${"a ".repeat(WINDOW).slice(0, at - 1)} ${KEY} ${"b ".repeat(9_000)}`;
    expect((await redacted(text)).includes("[redacted:anthropic_key] b b")).toBe(true);
  }
});

it("finds a key over many windows", async () => {
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${`${"A1b".repeat(21)}\n`.repeat(700)}-----END RSA PRIVATE KEY-----`;
  expect(await redacted(`${"x ".repeat(8_000)}${key} end`)).toBe(
    `${"x ".repeat(8_000)}[redacted:private_key] end`,
  );
  const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJ${"aB3".repeat(20_000)}.c2ln`;
  expect(await redacted(`t ${jwt} end`)).toBe("t [redacted:jwt] end");
});

it("finds a key that is cut off, and leaves a sentence about one alone", async () => {
  const cut = pem(new Random(3), "OPENSSH PRIVATE KEY", 8).split("\n").slice(0, -1).join("\n");
  expect(await redacted(cut)).toBe("[redacted:private_key]");
  const sentence = 'look for "-----BEGIN PRIVATE KEY-----", then stop reading (it is a key).';
  expect(await redacted(sentence)).toBe(sentence);
});

it("is not switched off by a text that says so", async () => {
  const stripe = TOKENS["stripe"]?.(new Random(5)) ?? "";
  expect(await redacted(`/* secretlint-disable */ ${stripe}`)).toBe(
    "/* secretlint-disable */ [redacted:stripe_key]",
  );
});

it("changes nothing the second time", async () => {
  for (const { text } of [...secretCases(11, 300), ...harmlessCases(11, 300)]) {
    const once = await redacted(text);
    expect(await redacted(once)).toBe(once);
  }
});

it("counts how many markers each rule left", async () => {
  const outcome = await redactor.redact(`a@corp.io b@corp.io ${KEY}`, never);
  expect(outcome.kind === "redacted" && Object.fromEntries(outcome.found)).toEqual({
    email: 2,
    anthropic_key: 1,
  });
});

function failing(error: Error): Detector {
  const find = async () => {
    throw error;
  };
  return { name: "broken", find };
}

it.each([
  ["a detector fails", { detectors: async () => [failing(new Error(`CANARY ${KEY}`))] }, "secretlint_broken"],
  ["the detectors cannot be loaded", { detectors: () => Promise.reject(new Error("CANARY")) }, "secretlint"],
  ["the text is too long", { limits: { ...LIMITS, maxText: 10 } }, "too_long"],
  ["it takes too long", { limits: { ...LIMITS, timeLimitMs: -1 } }, "over_time"],
])("drops the text when %s, and says no more than the rule", async (_, options, rule) => {
  const strict = new Redactor({ clock, limits: LIMITS, ...options });
  const outcome = await strict.redact(`CANARY ${KEY} `.repeat(600), never);
  expect(outcome).toEqual({ kind: "dropped", rule });
  expect(inspect(outcome)).not.toContain("CANARY");
});

it("drops a text that unfolds into more work than it is worth", async () => {
  let text = "jane";
  for (let i = 0; i < 3; i += 1) text = btoa(`${text} `.repeat(40)).repeat(3);
  const hostile = Array.from({ length: 200 }, (_, i) => `${"%25".repeat(i)}41\\\\\\\\u0041 `.repeat(60)).join(
    "",
  );
  const outcome = await redactor.redact((text + hostile).repeat(2), never);
  expect(["redacted", "dropped"]).toContain(outcome.kind);
});

it("stops when it is told to", async () => {
  const stop = new AbortController();
  const running = redactor.redact("some text. ".repeat(200_000), stop.signal);
  stop.abort(new Error("stopping"));
  await expect(running).rejects.toThrow("stopping");
});

const MB = 1_000_000;

const HOSTILE: readonly [string, number, string][] = [
  ["one letter", 10 * MB, "a"],
  ["names of passwords", 10 * MB, "password is password="],
  ["base64 of nothing", 2 * MB, "QUFB"],
  ["secrets in base64", 2 * MB, "am9obi5kb2VAY29ycC5pbyBhbmQg,"],
  ["first lines of keys", 2 * MB, "-----BEGIN PRIVATE KEY-----"],
  ["first parts of tokens", 2 * MB, "eyJ"],
  ["escapes", 2 * MB, String.raw`\\\"`],
  ["percent signs", 2 * MB, "%25"],
  ["halves of addresses", 2 * MB, "a@a."],
  ["addresses with names", 2 * MB, "https://a:b@"],
  ["names of keys without a space", 2 * MB, "api_key=password=cookie:"],
  ["one key without an end", 2 * MB, "api_key=a0b1"],
  ["separators", 2 * MB, "\\\\a\\users\\"],
];

it.each(HOSTILE)(
  "lets the collector work while it looks at %s",
  { timeout: 180_000 },
  async (_, length, part) => {
    let turns = 0;
    let running = true;
    const turn = () => {
      turns += 1;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    const outcome = await redactor.redact(part.repeat(length / part.length), never);
    running = false;
    // One for every two windows at least.
    expect(turns).toBeGreaterThan(length / WINDOW / 4);
    expect(outcome.kind === "dropped" ? outcome.rule : outcome.kind).toMatch(/^(?:redacted|over_budget)$/);
  },
);
