import { validator } from "hono/validator";
import type * as z from "zod";
import { Refusal } from "./refusal.ts";

/** The checked body. What is wrong with it stays here: the answer is a constant code. */
export function json<S extends z.ZodType>(schema: S) {
  return validator("json", (value) => parse(schema, value, "invalid_body"));
}

function parse<S extends z.ZodType>(schema: S, value: unknown, code: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Refusal(400, code);
  return parsed.data;
}
