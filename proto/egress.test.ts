import { describe, expect, it } from "vitest";
import type { AttributeRule, Mode, OptIn } from "./egress.ts";
import {
  admits,
  attributeRule,
  checkRecord,
  checkResource,
  checkScope,
  contractName,
  MODES,
  modeOf,
  PROMISES,
  RECORDS,
  RESOURCE,
  ruleFor,
  SCOPE_NAMES,
  strictest,
} from "./egress.ts";
import type { KeyValue, LogRecord } from "./logs.ts";

const REQUEST = "gen_ai.client.inference.operation.details";
const HEX32 = "0123456789abcdef".repeat(2);
const HEX64 = HEX32.repeat(2);
const SECOND = 1_000_000_000n;
const NOW = 1_763_942_400n * SECOND; // a whole minute

const every: [string, AttributeRule][] = [...RECORDS.flatMap((rule) => rule.attributes), ...RESOURCE].map(
  (rule) => [rule.name, rule],
);

const text = (key: string, stringValue: string): KeyValue => ({ key, value: { stringValue } });
const int = (key: string, intValue: number | bigint): KeyValue => ({ key, value: { intValue } });

const request = (...more: KeyValue[]): LogRecord => ({
  timeUnixNano: NOW + SECOND,
  eventName: REQUEST,
  attributes: [
    text("log.record.uid", HEX32),
    text("gen_ai.operation.name", "chat"),
    text("gen_ai.provider.name", "anthropic"),
    text("talos.source", "claude_code"),
    ...more,
  ],
});
const prompt = (...more: KeyValue[]): LogRecord => ({
  timeUnixNano: NOW,
  eventName: "talos.prompt",
  attributes: [text("log.record.uid", HEX32), text("talos.source", "cursor"), ...more],
});

const fullRequest = request(
  text("gen_ai.request.model", "claude-opus-5"),
  text("gen_ai.response.model", "custom"),
  text("gen_ai.conversation.id", HEX32),
  int("gen_ai.usage.input_tokens", 120_000),
  int("gen_ai.usage.output_tokens", 0),
  int("gen_ai.usage.cache_read.input_tokens", 1),
  int("gen_ai.usage.cache_write.input_tokens", 1),
  int("gen_ai.usage.cache_creation.input_tokens", 1),
  int("talos.usage.cache_write_5m_tokens", 1),
  int("talos.usage.cache_write_1h_tokens", 0),
  int("talos.usage.web_search_requests", 2),
  text("talos.usage.speed", "fast"),
  text("talos.usage.service_tier", "priority"),
  text("talos.usage.inference_geo", "us"),
  { key: "talos.usage.partial", value: { boolValue: true } },
  text("talos.usage.provenance", "measured"),
  text("talos.request.origin", "subagent"),
  text("talos.turn.id", HEX32),
  text("talos.source.version", "2.1.240"),
  text("talos.source.via", "transcript"),
  text("talos.cwd.hash", HEX64),
);

describe("the table", () => {
  it.each(every)("%s has a meaning, a type with limits, and modes", (_name, rule) => {
    expect(rule.meaning).toMatch(/^[A-Z].*\.$/s);
    expect(rule.modes.length).toBeGreaterThan(0);
    const closed = rule.values !== undefined || rule.pattern?.source.match(/^\^.*\$$/s) !== undefined;
    const limits: Record<AttributeRule["type"], boolean> = {
      string: closed && (rule.maxLength ?? 0) > 0,
      int: rule.min === 0 && (rule.max ?? 0) > 0,
      double: rule.min === 0 && rule.max === 1,
      bool: true,
    };
    expect(limits[rule.type]).toBe(true);
  });

  it.each(every)("%s keeps a word of the promise, or is an exception with a reason", (_name, rule) => {
    const kept = (PROMISES as readonly string[]).includes(rule.promise);
    expect(kept || rule.promise === "exception").toBe(true);
    expect(rule.reason !== undefined).toBe(rule.promise === "exception");
    expect(rule.reason ?? "Has none.").toMatch(/^[A-Z].*\.$/s);
  });

  it("keeps each word of the promise that is an attribute", () => {
    const kept = new Set(every.map(([, rule]) => rule.promise));
    expect([...kept].toSorted()).toEqual([
      "exception",
      "model names",
      "token counts",
      "working directory hash",
    ]);
  });

  it("names an attribute once per record and mode, and gives all modes of a closed list that it admits", () => {
    for (const rule of RECORDS) {
      for (const mode of MODES) {
        const names = rule.attributes.filter(({ modes }) => modes.includes(mode)).map(({ name }) => name);
        expect(new Set(names).size, `${rule.eventName} in ${mode}`).toBe(names.length);
      }
    }
    for (const [name, rule] of every) {
      for (const value of rule.values ?? []) expect(`${name} ${admits(rule, value)}`).toBe(`${name} true`);
    }
  });

  it("lets nothing leave that a looser mode of the same record refuses, except the way of categorizing", () => {
    for (const rule of RECORDS) {
      for (const { name, modes } of rule.attributes) {
        if (name === "talos.category.method") continue;
        expect(modes).toEqual(MODES.slice(MODES.indexOf(modes[0] as Mode)));
      }
    }
  });

  it("has no body outside `full`", () => {
    expect(RECORDS.flatMap((rule) => rule.body?.modes ?? [])).toEqual(["full", "full"]);
  });

  it("names exactly these attributes in mode off", () => {
    const inOff = (eventName: string): string[] =>
      (ruleFor(eventName)?.attributes ?? [])
        .filter((rule) => rule.modes.includes("off") && rule.optIn === undefined)
        .map((rule) => rule.name)
        .toSorted();
    expect(inOff(REQUEST)).toEqual(fullRequest.attributes.map(({ key }) => key).toSorted());
    expect(inOff("talos.prompt")).toEqual([
      "gen_ai.conversation.id",
      "log.record.uid",
      "talos.cwd.hash",
      "talos.source",
      "talos.source.version",
      "talos.turn.id",
    ]);
    expect(ruleFor("talos.completion")?.modes).toEqual(["full"]);
    expect(RESOURCE.map(({ name }) => name)).toEqual([
      "service.name",
      "service.version",
      "service.instance.id",
      "talos.privacy.mode",
    ]);
  });
});

describe("admits into mode off", () => {
  const inOff = every.filter(([, rule]) => rule.modes.includes("off"));
  const CANARIES = [
    "Fix the login bug for Ada",
    "refactor",
    "word",
    "CANARY-7f3a",
    "/home/ada/secret-project",
    "C:\\Users\\ada\\work",
    "src/app.ts",
    "ada@example.com",
    "ada",
    "123e4567-e89b-12d3-a456-426614174000",
    "msg_01XFDUDYJgAACzvnptvVoYEL",
    "req_011CSHoEeqs5C35K2UUqR7Fy",
    "sk-ant-api03-abcdef",
    "192.168.1.1",
    "example.com",
    "https://example.com/x",
    "git@github.com:acme/secret.git",
    "us.anthropic.claude-opus-5-v1:0",
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/x",
    "ft:gpt-4o:acme::x",
    `${HEX32}\n`,
    ` ${HEX32}`,
    HEX32.toUpperCase(),
    "1.2.3 fix the bug",
    "1.2.3-fix-the-bug",
    "1.2.3+acme",
    "standard ",
    "",
    "\u0000",
    "é",
    "x".repeat(10_000),
  ];

  it.each(inOff)("%s: no text of a person, path, address, local id or deployment", (_name, rule) => {
    expect(CANARIES.filter((canary) => admits(rule, canary))).toEqual([]);
  });

  it.each(inOff)("%s: no number that is negative, broken, fractional or absurd", (_name, rule) => {
    const numbers = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40, 2 ** 53, 10n];
    expect(numbers.filter((number) => admits(rule, number))).toEqual([]);
    expect(admits(rule, false)).toBe(false);
  });
});

describe("a record of the contract has no violation", () => {
  it.each<[string, LogRecord, Mode]>([
    ["a request with everything, off", fullRequest, "off"],
    ["a request with everything, full", fullRequest, "full"],
    ["a request with the least", request(), "off"],
    ["a prompt", prompt(text("talos.cwd.hash", HEX64)), "off"],
    ["an unset body", { ...prompt(), body: {} }, "off"],
    ["a categorized prompt", prompt(text("talos.category", "bugfix")), "categorize_local"],
    ["a method of its mode", prompt(text("talos.category.method", "ollama")), "categorize_local"],
    ["a hint", prompt(text("talos.task_hint", "größere Umbauten am Zahlungsweg")), "categorize_cloud"],
    ["a prompt's text", { ...prompt(), body: { stringValue: "two\nlines" } }, "full"],
    [
      "a completion",
      {
        timeUnixNano: NOW + SECOND,
        eventName: "talos.completion",
        attributes: [text("log.record.uid", HEX32)],
        body: { stringValue: "done" },
      },
      "full",
    ],
  ])("%s", (_what, record, mode) => {
    expect(checkRecord(record, mode)).toEqual([]);
  });
});

describe("a violation has a code, never a value", () => {
  it.each<[string, LogRecord, Mode, string[]]>([
    ["no event", { timeUnixNano: NOW, attributes: [] }, "off", ["event:other"]],
    ["a foreign event", { ...request(), eventName: "CANARY-event" }, "off", ["event:other"]],
    [
      "an event of a looser mode",
      { ...request(), eventName: "talos.completion" },
      "off",
      ["event:talos.completion"],
    ],
    ["no time", { ...request(), timeUnixNano: 0n }, "off", ["time"]],
    ["a time finer than seconds", { ...request(), timeUnixNano: NOW + 1n }, "off", ["time"]],
    ["a prompt's time finer than minutes", { ...prompt(), timeUnixNano: NOW + SECOND }, "off", ["time"]],
    ["a time beyond 2100", { ...request(), timeUnixNano: 9_000_000_000n * SECOND }, "off", ["time"]],
    ["an observed time", { ...request(), observedTimeUnixNano: 1n }, "off", ["observed_time"]],
    ["a severity", { ...request(), severityNumber: 9 }, "off", ["field:severity_number"]],
    ["a severity's text", { ...request(), severityText: "CANARY" }, "off", ["field:severity_text"]],
    [
      "dropped attributes",
      { ...request(), droppedAttributesCount: 1 },
      "off",
      ["field:dropped_attributes_count"],
    ],
    ["flags", { ...request(), flags: 1 }, "off", ["field:flags"]],
    ["a trace id", { ...request(), traceId: new Uint8Array(16) }, "off", ["field:trace_id"]],
    ["a span id", { ...request(), spanId: new Uint8Array(8) }, "off", ["field:span_id"]],
    ["a body in a request", { ...request(), body: { stringValue: "CANARY" } }, "full", ["body"]],
    ["an empty body in a request", { ...request(), body: { stringValue: "" } }, "off", ["body"]],
    [
      "a prompt's text before `full`",
      { ...prompt(), body: { stringValue: "CANARY" } },
      "categorize_cloud",
      ["body"],
    ],
    ["a body that is not text", { ...prompt(), body: { arrayValue: { values: [] } } }, "full", ["body"]],
    [
      "a body beyond the limit",
      { ...prompt(), body: { stringValue: "x".repeat(1_000_001) } },
      "full",
      ["body"],
    ],
    ["a foreign attribute", request(text("CANARY.key", "x")), "full", ["attribute:other"]],
    [
      "two foreign attributes",
      request(text("a", "x"), text("a", "x")),
      "off",
      ["attribute:other", "attribute:other"],
    ],
    [
      "an attribute of another record",
      request(text("talos.category", "docs")),
      "full",
      ["attribute:talos.category"],
    ],
    ["an attribute of the resource", request(text("service.name", "x")), "off", ["attribute:service.name"]],
    [
      "an attribute of a looser mode",
      prompt(text("talos.task_hint", "CANARY")),
      "off",
      ["attribute:talos.task_hint"],
    ],
    [
      "project identity that is off",
      request(text("talos.project.hash", HEX64)),
      "off",
      ["attribute:talos.project.hash"],
    ],
    [
      "activity that is off",
      request(int("talos.activity.lines_added", 1)),
      "off",
      ["attribute:talos.activity.lines_added"],
    ],
    [
      "a model that is not published",
      request(text("gen_ai.response.model", "CANARY")),
      "off",
      ["value:gen_ai.response.model"],
    ],
    ["an id that is not hex", request(text("talos.turn.id", "CANARY")), "off", ["value:talos.turn.id"]],
    [
      "a count as text",
      request(text("gen_ai.usage.input_tokens", "5")),
      "off",
      ["value:gen_ai.usage.input_tokens"],
    ],
    [
      "a negative count",
      request(int("gen_ai.usage.input_tokens", -1)),
      "off",
      ["value:gen_ai.usage.input_tokens"],
    ],
    [
      "an absurd count",
      request(int("gen_ai.usage.input_tokens", 2n ** 60n)),
      "off",
      ["value:gen_ai.usage.input_tokens"],
    ],
    [
      "a count as a double",
      request({ key: "gen_ai.usage.input_tokens", value: { doubleValue: 5 } }),
      "off",
      ["value:gen_ai.usage.input_tokens"],
    ],
    [
      "partial: false",
      request({ key: "talos.usage.partial", value: { boolValue: false } }),
      "off",
      ["value:talos.usage.partial"],
    ],
    ["an unset value", request({ key: "talos.turn.id", value: {} }), "off", ["value:talos.turn.id"]],
    [
      "an array",
      request({ key: "talos.turn.id", value: { arrayValue: { values: [] } } }),
      "off",
      ["value:talos.turn.id"],
    ],
    [
      "a second member beside a good one",
      request({
        key: "talos.turn.id",
        value: { stringValue: HEX32, bytesValue: new Uint8Array(1) },
      }),
      "off",
      ["value:talos.turn.id"],
    ],
    [
      "the same attribute twice",
      request(text("talos.turn.id", HEX32), text("talos.turn.id", HEX32)),
      "off",
      ["duplicate:talos.turn.id"],
    ],
    ["no id", { ...request(), attributes: request().attributes.slice(1) }, "off", ["missing:log.record.uid"]],
    ["a hint of two lines", prompt(text("talos.project_hint", "a\nb")), "full", ["value:talos.project_hint"]],
    [
      "a hint beyond 120 characters",
      prompt(text("talos.task_hint", "x".repeat(121))),
      "full",
      ["value:talos.task_hint"],
    ],
    ["an unknown category", prompt(text("talos.category", "CANARY")), "full", ["value:talos.category"]],
    [
      "the cloud's method where nothing left",
      prompt(text("talos.category.method", "haiku")),
      "categorize_local",
      ["value:talos.category.method"],
    ],
    [
      "a confidence above 1",
      prompt({ key: "talos.category.confidence", value: { doubleValue: 1.1 } }),
      "full",
      ["value:talos.category.confidence"],
    ],
    [
      "several at once",
      { ...request(text("x", "y")), flags: 1, timeUnixNano: 1n },
      "off",
      ["field:flags", "time", "attribute:other"],
    ],
  ])("%s", (_what, record, mode, codes) => {
    expect(checkRecord(record, mode)).toEqual(codes);
  });

  it("and each code is made of the contract's own names", () => {
    const canary: LogRecord = {
      timeUnixNano: 1n,
      observedTimeUnixNano: 1n,
      severityText: "CANARY",
      eventName: REQUEST,
      body: { stringValue: "CANARY" },
      attributes: [...fullRequest.attributes, ...fullRequest.attributes].flatMap(({ key }) => [
        text(key, "CANARY"),
        text(`CANARY.${key}`, "CANARY"),
      ]),
    };
    const codes = checkRecord(canary, "off");
    expect(codes.length).toBeGreaterThan(50);
    expect(codes.join(" ")).not.toContain("CANARY");
  });
});

describe("what a team turned on", () => {
  it.each<[OptIn, KeyValue]>([
    ["project_identity", text("talos.project.hash", HEX64)],
    ["activity", int("talos.activity.lines_added", 5)],
    ["activity", int("talos.activity.lines_removed", 5)],
  ])("%s lets its attribute leave, in mode off too", (optIn, attribute) => {
    expect(checkRecord(request(attribute), "off", new Set([optIn]))).toEqual([]);
    expect(checkRecord(request(attribute), "off")).toEqual([`attribute:${attribute.key}`]);
  });

  it("is checked like everything else", () => {
    const broken = request(text("talos.project.hash", "git@github.com:acme/secret.git"));
    expect(checkRecord(broken, "off", new Set(["project_identity"]))).toEqual(["value:talos.project.hash"]);
  });
});

describe("the resource and the scope", () => {
  const resource = [
    text("service.name", "talos-auditor"),
    text("service.version", "0.1.0"),
    text("service.instance.id", HEX32),
    text("talos.privacy.mode", "off"),
  ];

  it.each<[string, KeyValue[], string[]]>([
    ["all of it", resource, []],
    ["a host", [...resource, text("host.name", "adas-laptop")], ["attribute:other"]],
    ["a user", [...resource, text("user.email", "ada@example.com")], ["attribute:other"]],
    ["an attribute of a record", [...resource, text("talos.cwd.hash", HEX64)], ["attribute:talos.cwd.hash"]],
    ["another service", [text("service.name", "shop"), ...resource.slice(1)], ["value:service.name"]],
    [
      "a local id",
      resource.with(2, text("service.instance.id", "adas-laptop")),
      ["value:service.instance.id"],
    ],
    ["an unknown mode", resource.with(3, text("talos.privacy.mode", "none")), ["value:talos.privacy.mode"]],
    ["no mode", resource.slice(0, 3), ["missing:talos.privacy.mode"]],
    ["a name twice", [...resource, text("service.name", "talos-auditor")], ["duplicate:service.name"]],
  ])("a resource with %s", (_what, attributes, codes) => {
    expect(checkResource(attributes, "off")).toEqual(codes);
  });

  it.each([
    [{ name: SCOPE_NAMES[0], version: "0.1.0", attributes: [] }, undefined, []],
    [{ name: "CANARY", version: "0.1.0", attributes: [] }, undefined, ["scope:name"]],
    [{ name: SCOPE_NAMES[1], version: "CANARY", attributes: [] }, undefined, ["scope:version"]],
    [
      { name: SCOPE_NAMES[1], version: "0.1.0", attributes: [text("a", "b")] },
      undefined,
      ["scope:attributes"],
    ],
    [{ name: SCOPE_NAMES[1], version: "0.1.0", attributes: [] }, "https://example.com", ["field:schema_url"]],
  ])("the scope %j with schema %s", (scope, schemaUrl, codes) => {
    expect(checkScope(schemaUrl === undefined ? { scope } : { scope, schemaUrl })).toEqual(codes);
  });

  it("says which mode was applied", () => {
    expect(modeOf({ attributes: resource })).toBe("off");
    expect(modeOf({ attributes: [] })).toBeUndefined();
    expect(modeOf({ attributes: [text("talos.privacy.mode", "CANARY")] })).toBeUndefined();
    expect(modeOf({ attributes: [int("talos.privacy.mode", 1)] })).toBeUndefined();
  });
});

it("the strictest of several modes wins", () => {
  expect(strictest("full")).toBe("full");
  expect(strictest("full", "categorize_cloud", "categorize_local")).toBe("categorize_local");
  expect(strictest("off", "full")).toBe("off");
});

it("a name is counted as itself only where the contract has it", () => {
  expect(contractName("talos.cwd.hash")).toBe("talos.cwd.hash");
  expect(contractName("CANARY")).toBe("other");
});

it("a rule is found by record, name and mode", () => {
  expect(attributeRule(REQUEST, "talos.cwd.hash", "off")?.type).toBe("string");
  expect(attributeRule("talos.prompt", "talos.category", "off")).toBeUndefined();
  expect(attributeRule("talos.prompt", "talos.category", "full")?.values).toContain("bugfix");
  expect(attributeRule("CANARY", "talos.cwd.hash", "off")).toBeUndefined();
});
