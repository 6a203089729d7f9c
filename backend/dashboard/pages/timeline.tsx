import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Me } from "../../domain/report.ts";
import { isAtLeast } from "../../domain/role.ts";
import { type ApiFailure, asFailure } from "../api.ts";
import { formatMomentFully } from "../day.ts";
import { formatCount, formatDuration, formatTokens, plural } from "../format.ts";
import { Action } from "../parts/action.tsx";
import { Link } from "../parts/link.tsx";
import { FailedPage, Message } from "../parts/message.tsx";
import { Panel } from "../parts/panel.tsx";
import { Turns } from "../parts/turns.tsx";
import { ListValue } from "../parts/value.tsx";
import { call, refusalWords } from "../settings-api.ts";
import { type Timeline as Page, turnsOf } from "../timeline.ts";
import { isUncounted, tokensOf } from "../tokens.ts";

interface Props {
  me: Me;
  /** `/sessions/<id>` */
  pathname: string;
}

/** One session from its first turn to its last: numbers at once, texts only where somebody asked for them. */
export function Timeline({ me, pathname }: Props) {
  const id = pathname.slice("/sessions/".length);
  if (!isAtLeast(me.viewer.role, "admin")) {
    return (
      <Message title="Only for admins and owners">
        <p role="alert">
          A single session is shown to the team's admins and owners; you are a {me.viewer.role}.
        </p>
        <Link href="/">Go to the overview</Link>
      </Message>
    );
  }
  if (!/^[0-9a-f]{32}$/.test(id)) return <Unknown />;
  return <Session key={id} id={id} timeZone={me.team.timeZone} />;
}

function Unknown() {
  return (
    <Message title="There is no such session">
      <p>It was never counted here, or its developer's data was erased.</p>
      <Link href="/">Go to the overview</Link>
    </Message>
  );
}

function Session({ id, timeZone }: { id: string; timeZone: string }) {
  const { data, reading, failure, busy, load, read, hide } = useTimeline(id);
  if (failure?.status === 404) return <Unknown />;
  if (data === null) {
    if (failure === null) return <p role="status">Loading…</p>;
    return (
      <FailedPage title="The session could not be loaded" failure={failure} onRetry={() => void load()} />
    );
  }
  return (
    <div class="timeline">
      <Title session={data.session} timeZone={timeZone} />
      <Texts texts={data.texts} reading={reading} onRead={read} onHide={hide} />
      {data.items.length === 0 && (
        <p class="fine">Nothing is left of its turns: single requests are kept for 120 days.</p>
      )}
      <Turns turns={turnsOf(data.items)} timeZone={timeZone} />
      {failure !== null && (
        <p class="problem" role="alert">
          {refusalWords(failure)}
        </p>
      )}
      {data.next !== null && (
        <button type="button" class="button more" disabled={busy} onClick={() => void load()}>
          {busy ? "Loading…" : "Show later turns"}
        </button>
      )}
    </div>
  );
}

function Title({ session, timeZone }: { session: Page["session"]; timeZone: string }) {
  return (
    <div class="title">
      <div>
        <h1>Session</h1>
        <p class="title-days">
          {session.developer.label} · {session.project?.label ?? "unknown project"} ·{" "}
          {formatMomentFully(session.startedAt, timeZone)} ·{" "}
          {formatDuration(session.endedAt - session.startedAt)}
        </p>
        <p class="title-days">
          {plural(session.prompts, "prompt")} · {plural(session.requests, "request")} ·{" "}
          {isUncounted(session) ? "token counts not known" : `${formatTokens(tokensOf(session))} tokens`}
          {isUncounted(session) ? "" : " · "}
          {!isUncounted(session) && <ListValue of={session} />}
        </p>
      </div>
      <Link href="/" class="button">
        Back to the overview
      </Link>
    </div>
  );
}

interface TextsProps {
  texts: number;
  reading: boolean;
  onRead: () => Promise<void>;
  onHide: () => void;
}

function Texts({ texts, reading, onRead, onHide }: TextsProps) {
  if (texts === 0) {
    return (
      <Panel
        title="Texts"
        about="No prompt or answer of this session is kept: the team's mode or its developer did not let it, or its time is over."
      />
    );
  }
  const kept = `${plural(texts, "text")} of this session ${texts === 1 ? "is" : "are"} kept: prompts, and answers without tool calls and files.`;
  return (
    <Panel
      title="Texts"
      about={`${kept} Reading is recorded: your name, this session and the time go into the team's audit log for two years, and nobody can remove them.`}
    >
      {reading ? (
        <>
          <p role="status">They are shown below, and that you read them is recorded.</p>
          <button type="button" class="button" onClick={onHide}>
            Hide the texts
          </button>
        </>
      ) : (
        <Action
          label={`Read ${texts === 1 ? "it" : `these ${formatCount(texts)} texts`}`}
          question="This goes into the audit log under your name before the first text is shown."
          onConfirm={onRead}
        />
      )}
    </Panel>
  );
}

interface State {
  data: Page | null;
  reading: boolean;
  failure: ApiFailure | null;
  busy: boolean;
}

const NOTHING: State = { data: null, reading: false, failure: null, busy: false };

/** Each page of texts is asked for once: each time that one is read is recorded. */
function useTimeline(session: string) {
  const [state, setState] = useState<State>(NOTHING);
  const round = useRef(0);
  const now = useRef(state);
  now.current = state;

  const ask = useCallback(
    async (reading: boolean, before: Page | null) => {
      round.current += 1;
      const own = round.current;
      setState((was) => ({ ...was, failure: null, busy: true }));
      try {
        const cursor = before?.next ?? undefined;
        const query = { ...(cursor !== undefined && { cursor }), ...(reading && { text: "yes" as const }) };
        const page = await call("GET /api/sessions/:session/timeline", { params: { session }, query });
        const data = { ...page, items: [...(before?.items ?? []), ...page.items] };
        if (own === round.current) setState({ data, reading, failure: null, busy: false });
      } catch (error) {
        const failure = asFailure(error);
        if (own === round.current) setState((was) => ({ ...was, failure, busy: false }));
        throw failure;
      }
    },
    [session],
  );
  const load = useCallback(() => ask(now.current.reading, now.current.data).catch(() => undefined), [ask]);
  const hide = useCallback(() => {
    setState((was) => ({ ...was, reading: false, data: was.data && withoutTexts(was.data) }));
  }, []);
  useEffect(() => void load(), [load]);
  useEffect(() => {
    // The browser keeps a page that was left, as it was, for the way back.
    addEventListener("pagehide", hide);
    return () => removeEventListener("pagehide", hide);
  }, [hide]);
  return { ...state, load, read: () => ask(true, null), hide };
}

function withoutTexts(page: Page): Page {
  return {
    ...page,
    items: page.items.map((item) =>
      item.kind === "request" || item.text.state !== "shown"
        ? item
        : { ...item, text: { ...item.text, state: "stored" as const, value: null } },
    ),
  };
}
