import type { Me, Report } from "../../domain/report.ts";
import { go } from "../address.ts";
import type { Api } from "../api.ts";
import { Textures } from "../charts/textures.tsx";
import { daysBetween, formatDay, formatDays } from "../day.ts";
import type { Feed, FeedState } from "../feed.ts";
import { plural } from "../format.ts";
import { Breakdowns } from "../parts/breakdowns.tsx";
import { Link } from "../parts/link.tsx";
import { FailedPage, Message, SignedOut, StaleBanner } from "../parts/message.tsx";
import { Notes } from "../parts/notes.tsx";
import { Numbers } from "../parts/numbers.tsx";
import { RangePicker } from "../parts/range-picker.tsx";
import { Sessions } from "../parts/sessions.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { Trend } from "../parts/trend.tsx";
import { WorkMix } from "../parts/work-mix.tsx";
import { formatView, resolveRange } from "../range.ts";
import type { View } from "../range.ts";

interface Props {
  feed: Feed;
  state: FeedState;
  view: View;
  api: Api;
}

/** The first page: one of signed out, failed, loading, waiting for first data, or the numbers. */
export function Overview({ feed, state, view, api }: Props) {
  const { me, failure, report } = state;
  if (failure?.kind === "signed_out") return <SignedOut />;
  if (failure && !me) return <FailedPage failure={failure} onRetry={() => feed.retry()} />;
  if (!me) return <Skeleton />;
  const stale = failure && <StaleBanner failure={failure} onRetry={() => feed.retry()} />;
  if (!me.days)
    return (
      <>
        {stale}
        <NothingYet me={me} />
      </>
    );
  return (
    <>
      <Title state={state} me={me} view={view} />
      {stale}
      {!report ? <Skeleton /> : <Filled feed={feed} state={state} report={report} view={view} api={api} />}
    </>
  );
}

const onView = (view: View) => go(`/${formatView(view)}`);

function Title({ state, me, view }: Pick<Props, "state" | "view"> & { me: Me }) {
  const range = resolveRange(view.range, me.days) ?? state.range;
  if (!range || !me.days) return null;
  return (
    <div class="title">
      <div>
        <h1>Overview</h1>
        <p class="title-days">
          {formatDays(range.from, range.to)} · {plural(daysBetween(range.from, range.to), "day")} ·{" "}
          {me.team.timeZone}
        </p>
      </div>
      <RangePicker range={range} data={me.days} onChoose={(chosen) => onView({ ...view, range: chosen })} />
    </div>
  );
}

function Filled({ feed, state, report, view, api }: Props & { report: Report }) {
  if (report.totals.requests === 0) return <NothingHere report={report} me={state.me} />;
  return (
    <div class={state.busy ? "filled is-busy" : "filled"} aria-busy={state.busy}>
      <Textures />
      <Numbers report={report} />
      <Trend report={report} view={view} onView={onView} />
      <WorkMix
        key={`${report.range.from} ${report.range.to}`}
        report={report}
        mode={state.me?.mode ?? "off"}
        api={api}
      />
      <Breakdowns
        report={report}
        role={state.me?.viewer.role ?? "viewer"}
        api={api}
        onNamed={() => feed.refresh()}
      />
      {state.sessions && (
        <Sessions
          list={state.sessions}
          role={state.me?.viewer.role ?? "viewer"}
          total={report.totals.sessions}
          timeZone={report.range.timeZone}
          onMore={() => feed.loadMoreSessions()}
        />
      )}
      <Notes report={report} />
    </div>
  );
}

function NothingHere({ report, me }: { report: Report; me: Me | null }) {
  return (
    <section class="message card">
      <h2>Nothing in these days</h2>
      <p>No request was counted from {formatDays(report.range.from, report.range.to)}.</p>
      {me?.days && (
        <p>
          There is data from {formatDay(me.days.first)} to {formatDay(me.days.last)}.
        </p>
      )}
      <Link href="/" class="button primary">
        Show the newest 30 days
      </Link>
    </section>
  );
}

function NothingYet({ me }: { me: Me }) {
  return (
    <Message title="Ready for the first numbers">
      <p>
        Nothing has arrived for {me.team.name} yet. This page is listening: the first request appears here by
        itself, within seconds.
      </p>
      <ol class="steps">
        <li>
          Keep the collector running on the machines that count (<code>npm start</code> runs it on this one).
        </li>
        <li>
          Ask Claude Code or Cursor's agent something, in any folder. What was done before the collector first
          ran is not read unless you ask for it.
        </li>
        <li>
          Nothing after a minute? <code>talos status</code> says what was found, what waits and why.
        </li>
      </ol>
      <p class="fine waiting">
        <span class="dot" aria-hidden="true" /> Waiting for the first request
      </p>
    </Message>
  );
}
