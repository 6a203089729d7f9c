import { validator } from "hono/validator";
import type * as z from "zod";
import { Refusal } from "./refusal.ts";

/** The checked query. What is wrong with it stays here: the answer is a constant code. */
export function query<S extends z.ZodType>(schema: S) {
  return validator("query", (value) => parse(schema, value, "invalid_query"));
}

export function param<S extends z.ZodType>(schema: S) {
  return validator("param", (value) => parse(schema, value, "invalid_path"));
}

export function json<S extends z.ZodType>(schema: S) {
  return validator("json", (value) => parse(schema, value, "invalid_body"));
}

function parse<S extends z.ZodType>(schema: S, value: unknown, code: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Refusal(400, code);
  return parsed.data;
}
