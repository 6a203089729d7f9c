import * as z from "zod";
import { type ExportHead, exportText } from "#proto/audit-chain.ts";
import { signedBytes } from "#proto/agent-api.ts";
import { toHex } from "#proto/hex.ts";
import type { auditRoutes } from "../domain/api/audit.ts";
import { auditActor, type AuditMetadata } from "../domain/audit.ts";
import type { ApiKeyActor, MemberActor } from "../domain/actor.ts";
import { valueOf } from "../domain/build-report.ts";
import { formatDay } from "../domain/calendar.ts";
import type { Keyring } from "../domain/keyring.ts";
import { Day, isOrdered } from "../domain/range.ts";
import type { Labels } from "../domain/report-rows.ts";
import { type Format, linesOf, MEDIA_TYPES, type TableRow, titleOf } from "../domain/table-text.ts";
import { audited } from "../store/audit.ts";
import { type TrailEnds, trailEnds } from "../store/audit-heads.ts";
import { readEntries } from "../store/audit-trail.ts";
import { readUsage, signForTeam, type UsageRow } from "../store/exports.ts";
import { readLabels } from "../store/labels.ts";
import { refuseOtherSites } from "./context.ts";
import { Refusal } from "./refusal.ts";
import type { Handlers } from "./route-table.ts";
import { teamOf } from "./team.ts";

const PAGE = 1000;
const ENTRY = ["seq", "at", "actorKind", "actorId", "actorLabel", "action", "target", "metadata", "hash"];
const USAGE = [
  "day",
  "developer",
  "developerLabel",
  "project",
  "projectLabel",
  "model",
  "origin",
  "source",
  "requests",
  "prompts",
  "partialRequests",
  "input",
  "cacheRead",
  "cacheWrite5m",
  "cacheWrite1h",
  "output",
  "webSearches",
  "listValuePicodollars",
  "unpricedRequests",
  "unpricedTokens",
  "uncountedRequests",
  "selectedRequests",
];

const Days = z.object({ from: Day, to: Day }).refine(isOrdered);

type ExportRoutes = Pick<typeof auditRoutes, "GET /api/audit/export" | "GET /api/export/usage">;

/** Whole tables, read page by page while they are sent. Each export is in the trail before its first byte. */
export const downloads: Handlers<ExportRoutes> = {
  "GET /api/audit/export": async ({ c, db, actor, query: { format }, settings, nowMs }) => {
    refuseOtherSites(c);
    const team = await teamOf(db, actor.team);
    await noteExport(db, actor, { kind: "audit", format }, nowMs);
    const ends = await trailEnds(db, team.id);
    const head: ExportHead = {
      type: "talos-audit-1",
      team: team.publicId,
      exportedAt: nowMs,
      after: { seq: ends.baseSeq, hash: ends.baseHash },
    };
    const rows = entryPages(db, team.id, ends);
    if (format === "csv") return download("audit", format, lines(format, rows, ENTRY));
    const end = await endOf(db, team.id, { kms: settings.KMS_KEY, head, ends });
    return download("audit", format, framed(head, lines(format, rows, ENTRY), end));
  },
  "GET /api/export/usage": async ({ c, db, actor, query, nowMs }) => {
    refuseOtherSites(c);
    const range = Days.safeParse(query);
    if (!range.success) throw new Refusal(400, "invalid_query");
    const { format } = query;
    await noteExport(db, actor, { kind: "usage", format, from: query.from, to: query.to }, nowMs);
    const labels = await readLabels(db, actor.team);
    return download("usage", format, lines(format, usagePages(db, actor.team, range.data, labels), USAGE));
  },
};

async function noteExport(
  db: D1Database,
  actor: MemberActor | ApiKeyActor,
  metadata: AuditMetadata,
  nowMs: number,
): Promise<void> {
  await audited(db, actor.team, { actor: auditActor(actor), action: "export", metadata }, nowMs, []);
}

async function* entryPages(db: D1Database, team: number, ends: TrailEnds): AsyncGenerator<TableRow[]> {
  for (let after = ends.baseSeq; ;) {
    const page = await readEntries(db, team, { after, upTo: ends.seq, limit: PAGE });
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.seq;
    yield page.map((entry) => ({ ...entry }));
  }
}

async function* usagePages(
  db: D1Database,
  team: number,
  { from, to }: { from: number; to: number },
  labels: Labels,
): AsyncGenerator<TableRow[]> {
  for (let day = from; day <= to; day += 1) {
    const rows = await readUsage(db, team, day);
    const groups = Map.groupBy(rows, (row) =>
      [row.developer, row.project, row.model, row.origin, row.source].join("\0"),
    );
    yield [...groups.values()].map((group) => usageRow(group, labels));
  }
}

function usageRow(group: readonly UsageRow[], labels: Labels): TableRow {
  const [{ day, developer, project, model, origin, source } = NOTHING] = group;
  const { listValue, ...measures } = valueOf(group).measures();
  return {
    day: formatDay(day),
    developer,
    developerLabel: labels.developers.get(developer) ?? "",
    project,
    projectLabel: labels.projects.get(project) ?? "",
    model,
    origin,
    source,
    prompts: group.reduce((sum, row) => sum + row.prompts, 0),
    ...measures,
    listValuePicodollars: listValue,
  };
}
const NOTHING = { day: 0, developer: "", project: "", model: "", origin: "", source: "" };

async function* lines(
  format: Format,
  pages: AsyncGenerator<TableRow[]>,
  columns: readonly string[],
): AsyncGenerator<string> {
  yield titleOf(format, columns);
  for await (const page of pages) yield linesOf(format, page, columns);
}

/** The end names the last entry and is signed, so that an export that was cut off shows it. */
async function endOf(
  db: D1Database,
  team: number,
  { kms, head, ends: { seq, hash } }: { kms: Keyring; head: ExportHead; ends: TrailEnds },
) {
  const text = new TextEncoder().encode(exportText(head, { seq, hash }));
  const { signature, key } = await signForTeam(db, kms, team, signedBytes("talos-audit-export-1", text));
  return { type: "end", seq, hash, key: toHex(key), signature: toHex(signature) };
}

async function* framed(head: object, body: AsyncGenerator<string>, end: object): AsyncGenerator<string> {
  yield `${JSON.stringify(head)}\n`;
  yield* body;
  yield `${JSON.stringify(end)}\n`;
}

function download(name: string, format: Format, texts: AsyncGenerator<string>): Response {
  const stream = new ReadableStream<string>({
    async pull(controller) {
      const { done, value } = await texts.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await texts.return(undefined);
    },
  });
  const headers = {
    "content-type": MEDIA_TYPES[format],
    "content-disposition": `attachment; filename="talos-${name}.${format}"`,
  };
  return new Response(stream.pipeThrough(new TextEncoderStream()), { headers });
}
