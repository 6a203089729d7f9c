import * as z from "zod";
import { parseDay } from "./calendar.ts";

/** The longest range that is answered, in days. */
const MAX_DAYS = 400;

/** Days since 1970-01-01, written `YYYY-MM-DD`. */
export const Day = z.string().transform((text, ctx) => {
  const parsed = parseDay(text);
  if (parsed !== undefined) return parsed;
  ctx.addIssue("expected a date such as 2026-11-24");
  return z.NEVER;
});

const bounds = { from: Day, to: Day };

export function isOrdered({ from, to }: { from: number; to: number }): boolean {
  return from <= to && to - from < MAX_DAYS;
}

export const ReportQuery = z
  .strictObject({
    ...bounds,
    by: z.enum(["model", "project", "developer", "origin", "source"]).default("model"),
  })
  .refine(isOrdered);

/** `<seconds>.<session>`: the last row of the page before. */
const cursor = z
  .string()
  .regex(/^\d{1,15}\.[0-9a-f]{32}$/)
  .transform((text) => {
    const [startedAt = "", id = ""] = text.split(".");
    return { startedAt: Number(startedAt), id };
  });

export const SessionsQuery = z.strictObject({ ...bounds, cursor: cursor.optional() }).refine(isOrdered);
