import * as z from "zod";
import { nearest } from "./nearest.ts";
import type { Origin } from "./tree.ts";

export type ConfigPath = readonly (string | number)[];

export interface ConfigProblem {
  path: ConfigPath;
  message: string;
  /** Where it stands, when that is not where the path's value comes from. */
  origin?: Origin;
}

/** The user's configuration cannot be used. Carries every problem found, not just the first. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[], file?: string) {
    const of = file === undefined ? "" : ` in ${file}`;
    super(`invalid configuration${of}:\n${problems.map((p) => `  ${p}`).join("\n")}`);
    this.problems = problems;
  }
}

/** Parses `input`; each problem gets its full path in the file. Returns undefined after adding problems. */
export function parseInto<S extends z.ZodType>(
  problems: ConfigProblem[],
  schema: S,
  input: unknown,
  at: ConfigPath,
): z.output<S> | undefined {
  const result = schema.safeParse(input ?? {});
  if (result.success) return result.data;
  for (const issue of result.error.issues) problems.push(...problemsOf(issue, schema, at));
  return undefined;
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType, at: ConfigPath): ConfigProblem[] {
  const path = issue.path.filter((part) => typeof part !== "symbol");
  if (issue.code === "invalid_key") {
    return issue.issues.map(({ message }) => ({ path: [...at, ...path], message }));
  }
  if (issue.code !== "unrecognized_keys") return [{ path: [...at, ...path], message: issue.message }];
  const known = keysAt(schema, path);
  return issue.keys.map((key) => {
    const guess = nearest(key, known);
    const hint = guess === undefined ? "" : `; did you mean "${guess}"?`;
    return { path: [...at, ...path, key], message: `unknown setting${hint}` };
  });
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
}

function keysAt(schema: z.ZodType, path: ConfigPath): string[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- zod's own output, read only for hints
  let node = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema | undefined;
  for (const part of path) {
    const deeper: JsonSchema | boolean | undefined =
      typeof part === "number" ? node?.items : (node?.properties?.[part] ?? node?.additionalProperties);
    node = typeof deeper === "object" ? deeper : undefined;
  }
  return Object.keys(node?.properties ?? {});
}
