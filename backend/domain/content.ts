import * as z from "zod";

const DAY_S = 86_400;

/** A text as it arrived. It is in memory only, until it is sealed. */
export interface TextRecord {
  kind: "prompt" | "completion";
  /** 32 hex digits, like the session. */
  uid: string;
  session: string;
  /** 32 hex digits; "" when unknown. */
  turn: string;
  /** Seconds since the Unix epoch, UTC. */
  at: number;
  /** That wrote a completion; "" when unknown. */
  model: string;
  text: string;
}

const Id = z.string().regex(/^[0-9a-f]{32}$/);

/** Which text lies where: what is queued and stored in place of it. */
export const ContentSchema = z.strictObject({
  kind: z.enum(["prompt", "completion"]),
  uid: Id,
  session: Id,
  turn: z.string().regex(/^(?:[0-9a-f]{32})?$/),
  at: z.int().positive(),
  model: z.string().max(100),
  /** UTF-16 units. */
  chars: z.int().positive(),
  /** Seconds since the Unix epoch, UTC; null is for ever. */
  expiresAt: z.int().positive().nullable(),
});
export type Content = z.infer<typeof ContentSchema>;

/** A text with whose it is: the database's own number. */
export interface PlacedContent extends Content {
  developer: number;
}

/** Of the object that holds the text. Ids of ours and keyed hashes: it tells nothing. `team` is the public id. */
export function contentName(team: string, { session, uid }: Pick<Content, "session" | "uid">): string {
  return `${contentPrefix(team)}${session}/${uid}`;
}

export function contentPrefix(team: string): string {
  return `content/${team}/`;
}

/** What a sealed text is bound to: its team, its place and how it was made. */
export function contentContext(team: string, name: string): string {
  return ["talos content", team, name, "1"].join("\0");
}

/** Seconds since the Unix epoch, UTC; null is for ever. 0 days are for ever. */
export function expiryOf(at: number, retentionDays: number): number | null {
  return retentionDays === 0 ? null : at + retentionDays * DAY_S;
}
