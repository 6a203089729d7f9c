import type { z } from "zod";
import { auditActor } from "../domain/audit.ts";
import type { contentRoutes } from "../domain/api/content.ts";
import { VIAS } from "../domain/event.ts";
import { listValueOf } from "../domain/timeline.ts";
import { audited } from "../store/audit.ts";
import { findContentKey } from "../store/content-keys.ts";
import { readTexts } from "../store/content.ts";
import { readLabels } from "../store/labels.ts";
import {
  countTexts,
  findSession,
  readTimeline,
  type TimelineCursor,
  type TimelineRow,
} from "../store/timeline.ts";
import type { Team } from "../store/teams.ts";
import { requireOwnPage } from "./context.ts";
import { Refusal } from "./refusal.ts";
import type { Handled, Handlers } from "./route-table.ts";
import { partsOf, toRow } from "./sessions.ts";
import { teamOf } from "./team.ts";

type Route = (typeof contentRoutes)["GET /api/sessions/:session/timeline"];
type Item = z.input<Route["answer"]>["items"][number];
type Text = Extract<Item, { kind: "prompt" }>["text"];

const PAGE = 200;
/** UTF-16 units of texts in a page, which is held in memory: far above what most pages have. */
const PAGE_CHARS = 2_000_000;

export const content: Handlers<typeof contentRoutes> = {
  "GET /api/sessions/:session/timeline": async (request) => {
    const { c, db, actor, params, query, nowMs } = request;
    const wantsText = query.text === "yes";
    // A link on another site must not make somebody read, which would be in the trail under their name.
    if (wantsText) requireOwnPage(c);
    const team = await teamOf(db, actor.team);
    const found = await findSession(db, team.id, params.session);
    if (found === undefined) throw new Refusal(404, "not_found");
    const of = { team: team.id, session: found.id };
    const read = await readTimeline(db, of, { after: query.cursor, limit: PAGE + 1 }, nowMs);
    const rows = read.slice(0, wantsText ? Math.min(PAGE, fitting(read)) : PAGE);
    const [parts, labels, texts] = await Promise.all([
      partsOf(db, team.id, [found], team.timeZone),
      readLabels(db, team.id),
      countTexts(db, of, nowMs),
    ]);
    const shown = wantsText
      ? await shownTexts(request, team, rows)
      : new Map<TimelineRow, string | undefined>();
    const last = read.length > rows.length ? rows.at(-1) : undefined;
    return {
      session: toRow(found, parts.get(found.id) ?? [], labels),
      texts,
      items: rows.map((row) => toItem(row, textOf(row, shown))),
      next: last === undefined ? null : cursorAt(last),
    };
  },
};

/** How many rows have texts that fit into one page; the first always does. */
function fitting(rows: readonly TimelineRow[]): number {
  let chars = 0;
  const tooMuch = rows.findIndex((row) => (chars += row.chars ?? 0) > PAGE_CHARS);
  return tooMuch === -1 ? rows.length : Math.max(1, tooMuch);
}

/** The texts of these rows. That they are read is in the trail before one of them is. */
async function shownTexts(
  { c, db, actor, params, settings, nowMs }: Handled<Route>,
  team: Team,
  rows: readonly TimelineRow[],
): Promise<Map<TimelineRow, string | undefined>> {
  const stored = rows.filter(({ chars }) => chars !== null);
  if (stored.length === 0) return new Map();
  const metadata = {
    developer: [...new Set(stored.map(({ developer }) => developer ?? ""))].toSorted().join(" "),
    prompts: stored.filter(({ kind }) => kind === PROMPT).length,
    completions: stored.filter(({ kind }) => kind === COMPLETION).length,
  };
  const entry = {
    actor: auditActor(actor),
    action: "content.read",
    target: params.session,
    metadata,
  } as const;
  await audited(db, team.id, entry, nowMs, []);
  const key = await findContentKey(c.env.CONTENT_KEYS, settings.KMS_KEY, team);
  const places = stored.map(({ uid }) => ({ session: params.session, uid }));
  const texts = await readTexts({ bucket: c.env.CONTENT, key, team: team.publicId }, places);
  const unreadable = texts.filter((text) => text === undefined).length;
  if (unreadable > 0) {
    console.error({
      msg: "texts cannot be read",
      code: "content_unreadable",
      team: team.id,
      texts: unreadable,
    });
  }
  return new Map(stored.map((row, index) => [row, texts[index]]));
}

function textOf(row: TimelineRow, shown: ReadonlyMap<TimelineRow, string | undefined>): Text {
  if (row.chars === null) return { state: "none", chars: 0, value: null };
  if (!shown.has(row)) return { state: "stored", chars: row.chars, value: null };
  const value = shown.get(row) ?? null;
  return { state: value === null ? "unreadable" : "shown", chars: row.chars, value };
}

const PROMPT = 0;
const COMPLETION = 2;

function toItem(row: TimelineRow, text: Text): Item {
  const { turn, model } = row;
  const at = row.at * 1000;
  if (row.kind === PROMPT) return { kind: "prompt", turn, at, text };
  if (row.kind === COMPLETION) return { kind: "completion", turn, at, model, text };
  const { origin, source, input, cache_read: cacheRead, cache_write: cacheWrite, output, final } = row;
  const listValue = listValueOf({ ...row, day: row.day ?? 0 });
  return {
    kind: "request",
    turn,
    at,
    model,
    source,
    via: VIAS[row.via] ?? "",
    origin,
    input,
    cacheRead,
    cacheWrite,
    output,
    listValue,
    final: final === 1,
  };
}

function cursorAt({ begin, part, rank, at, kind, uid }: TimelineCursor): string {
  return [begin, part, rank, at, kind, uid].join(".");
}
