import { describe, expect, it } from "vitest";
import { posixEntry } from "../../../receivers/cursor/hooks/command.ts";
import { HooksFileError, isEmpty, oursIn, restored, withOurs, withoutOurs } from "./merge.ts";

const entry = posixEntry({ node: "/opt/node", recorder: "/opt/recorder.cjs", folder: "/state/cursor-hooks" });
const older = posixEntry({ node: "/old/node", recorder: "/old/recorder.cjs", folder: "" });

const OTHERS = [
  '{"version":1,"hooks":{}}',
  '{"version": 1, "hooks": {"stop": [{"command": "./a.sh"}]}}',
  '{\n  "version": 1,\n  "hooks": {\n    "stop": [\n      {\n        "command": "./a.sh",\n        "timeout": 3\n      },\n      { "command": "./b.sh" }\n    ],\n    "beforeReadFile": []\n  },\n  "their own": [1, {"x": "}]\\"\\\\"}]\n}\n',
  '{\r\n\t"hooks" :{\r\n\t\t"afterAgentResponse": [ {"command":"\u00fc, ] }"} ]\r\n\t},\r\n\t"version":1\r\n}',
  '\uFEFF{ "version": 1, "hooks": { "stop": [] } }',
  '{\n    "note": "no hooks yet"\n}',
];

describe.each(OTHERS)("beside %j", (text) => {
  it("ours comes once for each event, and everything else stays as it is written", () => {
    const after = withOurs(text, entry);
    expect(oursIn(after)).toEqual(
      new Map([
        ["stop", [entry.command]],
        ["afterAgentResponse", [entry.command]],
      ]),
    );
    expect(withOurs(after, entry)).toBe(after);
    let at = 0;
    // Character by character, what was there is still there in its order.
    for (const character of after) if (character === text[at]) at += 1;
    expect(at).toBe(text.length);
  });

  it("an older one of ours, or several, is replaced where it stands", () => {
    const before = withOurs(text, older);
    const doubled = before.replace(
      JSON.stringify(older.command),
      `${JSON.stringify(older.command)}}, {"command": ${JSON.stringify(older.command)}`,
    );
    for (const file of [before, doubled]) {
      const after = withOurs(file, entry);
      expect(JSON.parse(after.replace("\uFEFF", ""))).toEqual(
        JSON.parse(withOurs(text, entry).replace("\uFEFF", "")),
      );
    }
  });

  it("ours goes again without a trace", () => {
    expect(restored(text, withoutOurs(withOurs(text, entry)))).toBe(text);
    expect(oursIn(withoutOurs(withOurs(text, older)))).toEqual(new Map());
  });
});

it("a new file holds ours alone, and nothing is left of it", () => {
  const text = withOurs(undefined, entry);
  expect(JSON.parse(text)).toEqual({ version: 1, hooks: { stop: [entry], afterAgentResponse: [entry] } });
  expect(isEmpty(withoutOurs(text))).toBe(true);
});

it("what somebody added meanwhile stays", () => {
  const text = withOurs(undefined, entry).replace(
    '"stop": [',
    '"stop": [\n      { "command": "./mine.sh" },',
  );
  expect(JSON.parse(withoutOurs(text))).toEqual({ version: 1, hooks: { stop: [{ command: "./mine.sh" }] } });
});

it.each([
  ['{ "version": 1, // a comment\n "hooks": {} }', "not JSON"],
  ['{ "hooks": {}, }', "not JSON"],
  ["[]", "an object"],
  ["null", "an object"],
  ['{"version": 2, "hooks": {}}', "`version`"],
  ['{"hooks": []}', "`hooks`"],
  ['{"hooks": {"stop": {"command": "x"}}}', "`hooks`"],
  ['{"hooks": {"stop": ["x"]}}', "`hooks`"],
])("%j is left alone", (text, message) => {
  for (const change of [() => withOurs(text, entry), () => withoutOurs(text)]) {
    expect(change).toThrow(HooksFileError);
    expect(change).toThrow(message);
  }
});
