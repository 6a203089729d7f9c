import * as z from "zod";
import { CategorySchema, preferred } from "./category.ts";
import { ContentSchema } from "./content.ts";

/** 16 bytes as hex, or nothing when unknown. */
const Id = z.string().regex(/^(?:[0-9a-f]{32})?$/);
const Name = z.string().max(100);
const Tokens = z.int().nonnegative().nullable();

/** Which of a tool's own sources told of a request, the ones that tell more behind the others; "" when unknown. */
export const VIAS = ["", "transcript", "database", "hook", "otlp"] as const;
export type Via = (typeof VIAS)[number];

/** One AI request or human prompt, as it is queued and stored: checked by the contract, without any text. */
export const EventSchema = z.strictObject({
  kind: z.enum(["request", "prompt"]),
  /** `log.record.uid`. The same record has the same uid on every read. */
  uid: z.string().regex(/^[0-9a-f]{32}$/),
  /** Seconds since the Unix epoch, UTC. */
  at: z.int().positive(),
  session: Id,
  turn: Id,
  project: z.string().regex(/^(?:[0-9a-f]{64})?$/),
  model: Name,
  source: Name,
  via: z.enum(VIAS).default(""),
  origin: Name,
  /** Empty for standard. */
  speed: Name,
  /** Empty for standard. */
  tier: Name,
  /** Empty for global. */
  geo: Name,
  /** Tokens, cache included. Unknown is null, never 0. */
  input: Tokens,
  cacheRead: Tokens,
  /** All cache writes. */
  cacheWrite: Tokens,
  /** The part of the writes that lives one hour; null when the split is unknown. */
  cacheWrite1h: Tokens,
  output: Tokens,
  searches: Tokens,
  /** False while no line of the request had a final count. */
  final: z.boolean(),
  /** Of a prompt, where its machine sent one. */
  category: CategorySchema.exactOptional(),
});
export type Event = z.infer<typeof EventSchema>;

/** What the api hands to the consumer. */
export const MessageSchema = z
  .strictObject({
    v: z.literal(1),
    /** Names the message's inbox row where there is an inbox. */
    id: z.uuid(),
    team: z.int().positive(),
    developer: z.int().positive(),
    events: z.array(EventSchema),
    /** Where texts are that were put away. Never the texts. */
    contents: z.array(ContentSchema).exactOptional(),
    /** How long categories are kept, as the developer accepted it, in days; 0 is for ever. */
    retentionDays: z.int().nonnegative().exactOptional(),
  })
  .refine(({ events, contents = [] }) => events.length + contents.length > 0);
export type Message = z.infer<typeof MessageSchema>;

/** An event with what the consumer adds. */
export interface PlacedEvent extends Event {
  developer: number;
  /** Days since 1970-01-01 of the date in the team's time zone. */
  day: number;
  /** When its category goes: seconds since the Unix epoch, UTC; null is never. */
  expiresAt: number | null;
}

/**
 * Two versions of one record: the earlier time, a model that has a name of its own, and of everything else the greater.
 * Whatever the order and however often versions arrive, the result is the same. The SQL of `store/ingest.ts` is this
 * rule again.
 */
export function merge(a: PlacedEvent, b: PlacedEvent): PlacedEvent {
  const category = preferred(a.category, b.category);
  return {
    kind: a.kind === "request" ? a.kind : b.kind,
    uid: a.uid,
    at: Math.min(a.at, b.at),
    day: Math.min(a.day, b.day),
    developer: Math.min(a.developer, b.developer),
    session: greater(a.session, b.session),
    turn: greater(a.turn, b.turn),
    project: greater(a.project, b.project),
    model: moreTelling(a.model, b.model),
    source: greater(a.source, b.source),
    via: VIAS.indexOf(a.via) > VIAS.indexOf(b.via) ? a.via : b.via,
    origin: greater(a.origin, b.origin),
    speed: greater(a.speed, b.speed),
    tier: greater(a.tier, b.tier),
    geo: greater(a.geo, b.geo),
    input: larger(a.input, b.input),
    cacheRead: larger(a.cacheRead, b.cacheRead),
    cacheWrite: larger(a.cacheWrite, b.cacheWrite),
    cacheWrite1h: larger(a.cacheWrite1h, b.cacheWrite1h),
    output: larger(a.output, b.output),
    searches: larger(a.searches, b.searches),
    final: a.final || b.final,
    ...(category !== undefined && { category }),
    expiresAt: earlier(a, b),
  };
}

/** Every uid once, repeats merged. */
export function fold(events: Iterable<PlacedEvent>): PlacedEvent[] {
  const byUid = new Map<string, PlacedEvent>();
  for (const event of events) {
    const known = byUid.get(event.uid);
    byUid.set(event.uid, known === undefined ? event : merge(known, event));
  }
  return [...byUid.values()];
}

/** By UTF-16 units, which for these ASCII names is SQLite's order too. */
function greater(a: string, b: string): string {
  return a > b ? a : b;
}

/** Words in the place of a model's name. Another source of the same request may know the name. */
export const NO_MODELS = ["auto", "custom", "default"] as const;
const NAMELESS: ReadonlySet<string> = new Set(["", ...NO_MODELS]);

function moreTelling(a: string, b: string): string {
  if (NAMELESS.has(a) === NAMELESS.has(b)) return greater(a, b);
  return NAMELESS.has(a) ? b : a;
}

function larger(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.max(a, b);
}

/** Of those that have a category. */
function earlier(a: PlacedEvent, b: PlacedEvent): number | null {
  const given = [a, b].flatMap(({ category, expiresAt }) =>
    category === undefined || expiresAt === null ? [] : [expiresAt],
  );
  return given.length === 0 ? null : Math.min(...given);
}
