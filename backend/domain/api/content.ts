import * as z from "zod";
import { VIAS } from "../event.ts";
import { SessionAnswer } from "./reports.ts";
import { Moment } from "./fields.ts";
import { defineRoutes } from "./spec.ts";

const Count = z.int().nonnegative();
const Known = Count.nullable();

const Text = z.object({
  /** `stored` was not asked for; `unreadable` is gone from its place, or its key is. */
  state: z.enum(["none", "stored", "shown", "unreadable"]),
  /** UTF-16 units. */
  chars: Count,
  /** Of `shown`: exactly as the machine sent it. To be shown as text alone, never as markup. */
  value: z.string().nullable(),
});
/** 32 hex digits; "" when unknown. */
const Turn = z.string();

const Item = z.discriminatedUnion("kind", [
  /** Its time is given in whole minutes. */
  z.object({ kind: z.literal("prompt"), turn: Turn, at: Moment, text: Text }),
  z.object({
    kind: z.literal("request"),
    turn: Turn,
    at: Moment,
    /** Of Cursor, the one that was selected: which one answered, it does not say. */
    model: z.string(),
    /** The tool that was used. */
    source: z.string(),
    /** Which of the tool's own sources told of it; "" when unknown. */
    via: z.enum(VIAS),
    origin: z.string(),
    /** Tokens. Unknown is null, never 0. Input is all of it, cache included. */
    input: Known,
    cacheRead: Known,
    cacheWrite: Known,
    output: Known,
    /** Whole picodollars (1e-12 USD) at list prices; null without a price. */
    listValue: z.string().nullable(),
    /** False while no line of the request had a final count. */
    final: z.boolean(),
  }),
  z.object({ kind: z.literal("completion"), turn: Turn, at: Moment, model: z.string(), text: Text }),
]);

export const SessionId = z.string().regex(/^[0-9a-f]{32}$/);
const TimelineCursor = z
  .string()
  .regex(/^\d{1,12}\.[0-9a-f]{32}\.[01]\.\d{1,12}\.[012]\.[0-9a-f]{32}$/)
  .transform((text) => {
    const [begin, part = "", rank, at, kind, uid = ""] = text.split(".");
    return { begin: Number(begin), part, rank: Number(rank), at: Number(at), kind: Number(kind), uid };
  });

/** What people wrote and were answered, where a team and its developer let that be kept. */
export const contentRoutes = defineRoutes({
  "GET /api/sessions/:session/timeline": {
    summary:
      "One session in the order of its turns, up to 200 items a page. With `text=yes` prompts and answers too: each page of texts is in the trail before it is answered.",
    access: { who: "member", role: "admin" },
    params: z.object({ session: SessionId }),
    query: z.strictObject({ cursor: TimelineCursor.optional(), text: z.literal("yes").optional() }),
    answer: z.object({
      session: SessionAnswer,
      /** In the whole session: prompts and answers whose text is kept. */
      texts: Count,
      items: z.array(Item),
      next: z.string().nullable(),
    }),
    refusals: { not_found: 404, cross_origin: 403 },
  },
});
