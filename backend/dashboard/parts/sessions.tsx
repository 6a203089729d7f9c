import { useState } from "preact/hooks";
import type { SessionRow } from "../../domain/report.ts";
import type { Role } from "../../domain/role.ts";
import { formatMoment } from "../day.ts";
import type { SessionList } from "../feed.ts";
import { formatCount, formatDuration, formatRatio } from "../format.ts";
import { hitRatioOf } from "../tokens.ts";
import { labelOf, SELECTED } from "../words.ts";
import { Definition } from "./definition.tsx";
import { Link } from "./link.tsx";
import { Tokens } from "./tokens.tsx";
import { ListValue } from "./value.tsx";

interface Props {
  list: SessionList;
  role: Role;
  total: number;
  timeZone: string;
  onMore: () => Promise<void>;
}

const AT_FIRST = 12;
const PER_CLICK = 50;

export function Sessions({ list, role, total, timeZone, onMore }: Props) {
  const [shown, setShown] = useState(AT_FIRST);
  const [loading, setLoading] = useState(false);
  const rows = list.rows.slice(0, shown);
  const mayOpen = role === "admin" || role === "owner";
  const more = async () => {
    setShown(shown + PER_CLICK);
    if (list.next === null || list.rows.length >= shown + PER_CLICK) return;
    setLoading(true);
    await onMore();
    setLoading(false);
  };
  return (
    <section class="card sessions" aria-labelledby="sessions-title">
      <h2 id="sessions-title">Sessions</h2>
      <p class="fine">
        Newest first, in {timeZone} time. {formatCount(rows.length)} of{" "}
        {formatCount(Math.max(total, rows.length))} shown.
      </p>
      <div class="scroll" role="region" aria-label="Sessions, table" tabIndex={0}>
        <table class="stacks">
          <Head />
          <tbody>
            {rows.map((row) => (
              <Row key={row.id} row={row} timeZone={timeZone} mayOpen={mayOpen} />
            ))}
          </tbody>
        </table>
      </div>
      {(list.next !== null || rows.length < list.rows.length) && (
        <button type="button" class="button more" disabled={loading} onClick={() => void more()}>
          {loading ? "Loading…" : "Show older sessions"}
        </button>
      )}
    </section>
  );
}

function Head() {
  return (
    <thead>
      <tr>
        <th scope="col">Start</th>
        <th scope="col">Developer</th>
        <th scope="col">Project</th>
        <th scope="col" class="figure">
          Length
        </th>
        <th scope="col" class="figure">
          <span class="head-with-info">
            Active, estimated
            <Definition term="active time">
              <span class="sentence">
                The gaps between requests and prompts added up, each counted as five minutes at most. An
                estimate: reading and thinking leave no trace.
              </span>
            </Definition>
          </span>
        </th>
        <th scope="col" class="figure">
          Requests
        </th>
        <th scope="col" class="figure">
          Tokens
        </th>
        <th scope="col" class="figure">
          Cache hits
        </th>
        <th scope="col" class="figure">
          List value
        </th>
        <th scope="col">Tool and models</th>
      </tr>
    </thead>
  );
}

function Row({ row, timeZone, mayOpen }: { row: SessionRow; timeZone: string; mayOpen: boolean }) {
  const start = formatMoment(row.startedAt, timeZone);
  return (
    <tr data-key={row.id}>
      <th scope="row">{mayOpen ? <Link href={`/sessions/${row.id}`}>{start}</Link> : start}</th>
      <td data-label="Developer">
        <span class="clipped" title={row.developer.label}>
          {row.developer.label}
        </span>
      </td>
      <td data-label="Project">
        <span class="clipped" title={row.project?.label}>
          {row.project?.label || "unknown"}
        </span>
      </td>
      <td data-label="Length" class="figure">
        {formatDuration(row.endedAt - row.startedAt)}
      </td>
      <td data-label="Active, estimated" class="figure">
        {formatDuration(row.activeMs)}
      </td>
      <td data-label="Requests" class="figure">
        {formatCount(row.requests)}
      </td>
      <td data-label="Tokens" class="figure">
        <Tokens of={row} />
      </td>
      <td data-label="Cache hits" class="figure">
        {formatRatio(hitRatioOf(row))}
      </td>
      <td data-label="List value" class="figure strong">
        <ListValue of={row} />
      </td>
      <td data-label="Tool and models" class="models">
        {row.sources.map((key) => labelOf("source", { key, label: key })).join(", ")}:{" "}
        {row.models.map((key) => labelOf("model", { key, label: key })).join(", ")}
        {row.selectedRequests > 0 && (
          <span class="quiet" title={SELECTED.meaning}>
            {" "}
            ({SELECTED.label})
          </span>
        )}
      </td>
    </tr>
  );
}
