import * as z from "zod";
import { readDocument } from "#config/document.ts";
import { ConfigError, type ConfigProblem, parseInto } from "#config/errors.ts";

const value = z.union([z.string(), z.number(), z.boolean()]);
const line = z.union([z.string(), z.record(z.string(), z.unknown())]);

const Expectation = z.strictObject({
  event: z.string().optional().describe("The record's event name."),
  time: z.string().optional().describe("The record's time, as `2026-10-01T08:00:00.000Z`."),
  attributes: z.record(z.string(), value).default({}).describe("Attributes it has; it may have others."),
  absent: z.array(z.string()).default([]).describe("Attributes it does not have, or `body`."),
});
export type Expectation = z.output<typeof Expectation>;

/** Below the receiver's folder, and nowhere else: `s1/subagents/agent-a.jsonl`. */
const FileName = z
  .string()
  .regex(
    /^(?!\.{1,2}(?:\/|$))[\w.-]+(?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)*$/,
    "expected a name such as `s1/agent.jsonl`",
  );

/** Not a union, whose problems would be told without their place. */
const one = { lines: z.array(line).optional(), file: z.string().optional() };
const isOne = (given: object) => Object.keys(given).length === 1;
const File = z.strictObject(one).refine(isOne, { error: "expected either `lines` or `file`" });

/** What one receiver reads: one file of lines, a copy of a file, or several of both by name. */
const Input = z
  .strictObject({ ...one, files: z.record(FileName, File).optional() })
  .refine(isOne, { error: "expected one of `lines`, `file` and `files`" });
export type Input = z.output<typeof Input>;

const Case = z.strictObject({
  name: z.string().min(1),
  first_start: z.iso.datetime({ offset: true }).optional(),
  input: z.record(z.string(), Input),
  exporter: z.string().optional(),
  expect: z.strictObject({
    records: z.array(Expectation).optional(),
    count: z.union([z.int().nonnegative(), z.record(z.string(), z.int().nonnegative())]).optional(),
    drops: z.record(z.string(), z.int().nonnegative()).optional(),
  }),
});
export type Case = z.output<typeof Case>;

const TestFile = z.strictObject({
  config: z.union([z.string(), z.array(z.string()).min(1), z.record(z.string(), z.unknown())]),
  env: z.record(z.string(), z.string()).default({}),
  tests: z.array(Case).min(1),
});
export type TestFile = z.output<typeof TestFile>;

/** Throws ConfigError with every problem of the file. */
export function parseTestFile(text: string, file: string): TestFile {
  const document = readDocument(text, file);
  const problems: ConfigProblem[] = [];
  const parsed = parseInto(problems, TestFile, document.value, []);
  if (parsed === undefined)
    throw new ConfigError(
      problems.map(({ path, message }) => `${path.join(".")}: ${message}`),
      file,
    );
  return parsed;
}
