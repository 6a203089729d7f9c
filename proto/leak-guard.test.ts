import { describe, expect, it } from "vitest";
import { MAX_HINT_LENGTH } from "./categories.ts";
import { guardHint, guardHints, LEAK_RULES, type LeakRule } from "./leak-guard.ts";
import { plainForm } from "./leak-guard-vocabulary.ts";
import { HARMLESS_HINTS } from "./testdata/harmless-hints.ts";
import { HELD_OUT_HINTS } from "./testdata/held-out-hints.ts";
import { HOSTILE_HINTS } from "./testdata/hostile-hints.ts";

const isKept = (hint: string, prompt: string) => "kept" in (guardHint(hint, prompt) ?? {});

describe("what a prompt has talked the model into", () => {
  it.each(HOSTILE_HINTS)("does not leave: $trick", ({ prompt, task, project }) => {
    const guarded = guardHints({ task, ...(project !== undefined && { project }) }, prompt);
    const dropped = [guarded.task, guarded.project].filter((hint) => hint !== undefined && "dropped" in hint);
    expect(dropped).not.toEqual([]);
  });

  it("is tried in at least sixty ways", () => {
    expect(new Set(HOSTILE_HINTS.map(({ trick }) => trick)).size).toBeGreaterThanOrEqual(60);
  });
});

describe("harmless hints survive", () => {
  const share = (hints: typeof HARMLESS_HINTS) =>
    hints.filter(({ hint, prompt }) => isKept(hint, prompt)).length / hints.length;

  it("at least four of five of more than a hundred", () => {
    expect(HARMLESS_HINTS.length).toBeGreaterThanOrEqual(100);
    expect(share(HARMLESS_HINTS)).toBeGreaterThanOrEqual(0.8);
  });

  it("also of a hundred that were written when the vocabulary was finished", () => {
    expect(HELD_OUT_HINTS.length).toBeGreaterThanOrEqual(100);
    expect(share(HELD_OUT_HINTS)).toBeGreaterThanOrEqual(0.8);
  });
});

const PROMPT = "please make the export of the yearly report faster, Marlowe waits for it";

describe("each rule", () => {
  it.each<[LeakRule, string]>([
    ["length", "plan ".repeat(30)],
    ["lines", "first line\nsecond line"],
    ["characters", "größer exports"],
    ["email", "send to a@b"],
    ["url", "see example.com"],
    ["path", "look at /etc"],
    ["secret", "use 9f8A7bC6d5E4"],
    ["number", "invoice 12345"],
    ["identifier", "change exportAll"],
    ["name", "faster exports for Marlowe"],
    ["word", "faster exports for marlowe"],
    ["quote", "export of the yearly report"],
  ])("%s drops %j", (rule, hint) => {
    expect(guardHint(hint, PROMPT)).toEqual({ dropped: rule });
  });

  it("is tried above", () => {
    expect(LEAK_RULES).toHaveLength(12);
  });

  it.each([
    ["", undefined],
    ["  \n", undefined],
    ["Speed up a report.", { kept: "Speed up a report" }],
    ["  user’s   settings — cleanup ", { kept: "user's settings - cleanup" }],
    ["CI/CD for a Node.js service in C++ and C#", { kept: "CI/CD for a Node.js service in C++ and C#" }],
    ["end-to-end tests of an API (REST)", { kept: "end-to-end tests of an API (REST)" }],
    ["upgrade to HTTP/2 and 2FA", { kept: "upgrade to HTTP/2 and 2FA" }],
    ["top 10 customers", { kept: "top 10 customers" }],
    ["Title Case Words About Reports", { kept: "Title Case Words About Reports" }],
  ])("%j becomes %j", (hint, guarded) => {
    expect(guardHint(hint, PROMPT)).toEqual(guarded);
  });

  it.each([
    ["four words of the prompt", "export of the yearly", true],
    ["five", "export of the yearly report", false],
  ])("%s in a row: kept is %s", (_what, hint, kept) => {
    expect(isKept(hint, PROMPT)).toBe(kept);
  });

  it("what is kept fits the contract's length", () => {
    const hint = "a plan ".repeat(17).trim();
    expect(hint).toHaveLength(MAX_HINT_LENGTH - 2);
    expect(guardHint(hint, PROMPT)).toEqual({ kept: hint });
  });
});

/** What a model could do to a name that it must not tell. */
const DISGUISES: Readonly<Record<string, (name: string) => string>> = {
  plain: (name) => name,
  lower: (name) => name.toLowerCase(),
  upper: (name) => name.toUpperCase(),
  spaced: (name) => name.split("").join(" "),
  dotted: (name) => name.split("").join("."),
  hyphenated: (name) => name.split("").join("-"),
  underscored: (name) => name.split("").join("_"),
  invisible: (name) => name.split("").join("\u200b"),
  joined: (name) => name.split("").join("\u2060"),
  backwards: (name) => name.split("").toReversed().join(""),
  accented: (name) => name.split("").join("\u0301"),
  wide: (name) => name.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
  lookalike: (name) =>
    name.replace(/[aeop]/g, (c) => ({ a: "а", e: "е", o: "о", p: "р" })[c] ?? c) + "\u0441",
  leet: (name) =>
    `${name.replace(/[aeios]/gi, (c) => ({ a: "4", e: "3", i: "1", o: "0", s: "5" })[c.toLowerCase()] ?? c)}1`,
  base64: (name) => btoa(name),
  hex: (name) => Array.from(name, (c) => c.charCodeAt(0).toString(16)).join(""),
  rot13: (name) =>
    name.replace(/[a-z]/gi, (c) =>
      String.fromCharCode((c < "a" ? 65 : 97) + ((c.toLowerCase().charCodeAt(0) - 84) % 26)),
    ),
  doubled: (name) => name.replace(/./g, "$&$&"),
  halved: (name) => `${name.slice(0, 3)} ${name.slice(3)}`,
  possessive: (name) => `${name}'s`,
  quoted: (name) => `"${name}"`,
  suffixed: (name) => `${name}ing`,
};

const NAMES = [
  "Marlowe",
  "Brightwater",
  "Okonkwo",
  "Lindqvist",
  "Yamazaki",
  "Zephyrion",
  "Kowalczyk",
  "Fernandes",
];

describe("a name in disguise does not leave", () => {
  it.each(Object.keys(DISGUISES))("%s", (how) => {
    for (const name of NAMES) {
      const told = DISGUISES[how]?.(name) ?? "";
      const prompt = `Ask ${name} for the report, then fix the export.`;
      for (const hint of [`Fix export for ${told}`, `${told} report export`, told]) {
        expect({ hint, kept: isKept(hint, prompt) }).toEqual({ hint, kept: false });
      }
    }
  });
});

describe("the vocabulary", () => {
  it("has no common given names, and no usual code names", () => {
    const names =
      "james mary john jennifer linda david mark grace will rose bill frank jack art dean ray eve may june april august summer " +
      "hope faith joy chase hunter mason drew grant lance miles max rob pat sue dawn ruby jade amber pearl violet iris lily ivy " +
      "anna emma helen kim lee chen wang smith jones brown miller taylor baker cook green white black young king moore hill " +
      "ana olga ivan yuki wei priya ahmed fatima omar acme falcon phoenix titan apollo atlas orion mercury venus mars aurora " +
      "zenith nova comet raven eagle dragon unicorn hydra thor odin loki alpha bravo charlie delta foxtrot tango sierra zulu";
    expect(names.split(" ").filter((name) => plainForm(name) !== undefined)).toEqual([]);
  });

  it.each([
    ["categories", "category"],
    ["categorized", "categorize"],
    ["planning", "plan"],
    ["moved", "move"],
    ["quickly", "quickly"],
    ["automatically", "automatically"],
    ["unsupported", "unsupported"],
    ["tests", "test"],
    ["kelly", undefined],
    ["harding", undefined],
    ["reed", undefined],
    ["constructor", "constructor"],
    ["__proto__", undefined],
  ])("knows %s as %s", (word, plain) => {
    expect(plainForm(word)).toBe(plain);
  });
});

it.each([
  ["one word without end", "a".repeat(5_000_000)],
  ["prefixes without end", "un".repeat(1_000_000)],
  ["letters and spaces", "a ".repeat(2_500_000)],
  ["quotation marks", `"`.repeat(5_000_000)],
  ["capitals", "Aa ".repeat(1_500_000)],
  ["an identifier without end", "aB".repeat(2_500_000)],
  ["snake case without end", "a_".repeat(2_500_000)],
  ["passwords", "password: x ".repeat(400_000)],
  ["invisible characters", "\u200b".repeat(5_000_000)],
])("a hostile prompt does not stall it: %s", (_what, prompt) => {
  expect(guardHints({ task: "Plan a report", project: "a small shop" }, prompt)).toBeDefined();
});
