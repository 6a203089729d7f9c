import { useRef, useState } from "preact/hooks";
import { AUDIT_ACTIONS, type AuditAction } from "../../../domain/api/audit.ts";
import { asFailure } from "../../api.ts";
import { pathOf } from "../../client.ts";
import { formatMomentFully } from "../../day.ts";
import { formatCount } from "../../format.ts";
import { List, Loaded, Panel } from "../../parts/panel.tsx";
import { call, refusalWords } from "../../settings-api.ts";
import { usePages } from "../../use-answer.ts";
import type { PageProps } from "./settings.tsx";

export function Audit({ me }: PageProps) {
  const [action, setAction] = useState<AuditAction | "">("");
  return (
    <>
      <Check />
      <Panel
        title="What was done"
        about="Every action of an admin, every sign-in and every reading of content. Kept for two years, whatever the team's retention."
      >
        <div class="audit-tools">
          <select
            aria-label="Which actions"
            value={action}
            onChange={(event) =>
              setAction(AUDIT_ACTIONS.find((each) => each === event.currentTarget.value) ?? "")
            }
          >
            <option value="">All actions</option>
            {AUDIT_ACTIONS.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
          <a
            class="button"
            href={pathOf("GET /api/audit/export", { query: { format: "ndjson" } })}
            download=""
          >
            Export for checking
          </a>
          <a class="button" href={pathOf("GET /api/audit/export", { query: { format: "csv" } })} download="">
            Export as CSV
          </a>
        </div>
        <Entries key={action} action={action} me={me} />
      </Panel>
    </>
  );
}

function Entries({ action, me }: { action: AuditAction | ""; me: PageProps["me"] }) {
  const entries = usePages(async (cursor) => {
    const answer = await call("GET /api/audit", { query: { cursor, ...(action !== "" && { action }) } });
    return { rows: answer.entries, next: answer.next };
  });
  return (
    <Loaded answer={entries}>
      {({ rows, next }) => (
        <List
          label="Audit log"
          head={["When", "Who", "What", "To", "Details"]}
          isEmpty={rows.length === 0}
          empty="Nothing of this kind was done yet."
          next={next}
          onMore={entries.more}
        >
          {rows.map((entry) => (
            <tr key={entry.seq} data-key={entry.seq}>
              <th scope="row" class="when">
                {formatMomentFully(entry.at, me.team.timeZone)}
                <code class="hash" title={entry.hash}>
                  {formatCount(entry.seq)} · {entry.hash.slice(0, 10)}
                </code>
              </th>
              <td data-label="Who" class="breaks">
                <bdi>{entry.actorLabel || ACTOR_WORDS[entry.actorKind] || entry.actorKind}</bdi>
              </td>
              <td data-label="What">
                <code>{entry.action}</code>
              </td>
              <td data-label="To">
                {entry.target !== "" && (
                  <code class="clipped" title={entry.target}>
                    {entry.target}
                  </code>
                )}
              </td>
              <td data-label="Details" class="details">
                {detailsOf(entry.metadata, me.team.timeZone)}
              </td>
            </tr>
          ))}
        </List>
      )}
    </Loaded>
  );
}

const ACTOR_WORDS: Record<string, string> = {
  agent: "a machine",
  api_key: "an API key",
  system: "the server",
};

function detailsOf(metadata: string, timeZone: string): string {
  try {
    const fields: unknown = JSON.parse(metadata);
    if (typeof fields !== "object" || fields === null) return "";
    return Object.entries(fields)
      .map(([name, value]) => {
        const isMoment = name.endsWith("At") && typeof value === "number";
        return `${name}: ${isMoment ? formatMomentFully(value, timeZone) : String(value)}`;
      })
      .join(", ");
  } catch {
    return "";
  }
}

type Checked =
  | { kind: "running"; checked: number }
  | { kind: "whole"; checked: number; hash: string }
  | { kind: "broken"; at: number }
  | { kind: "failed"; words: string };

/** Walks the whole chain on the server, and says how far it is. */
function Check() {
  const [state, setState] = useState<Checked | null>(null);
  const round = useRef(0);
  const check = async () => {
    round.current += 1;
    const own = round.current;
    let checked = 0;
    let cursor: string | undefined;
    setState({ kind: "running", checked });
    try {
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- each part starts where the last one ended
        const part = await call("GET /api/audit/check", { query: { cursor } });
        if (own !== round.current) return;
        checked += part.checked;
        if (part.broken !== null) return setState({ kind: "broken", at: part.broken });
        if (part.next === null) return setState({ kind: "whole", checked, hash: part.head.hash });
        setState({ kind: "running", checked });
        cursor = part.next;
      }
    } catch (error) {
      setState({ kind: "failed", words: refusalWords(asFailure(error)) });
    }
  };
  return (
    <Panel
      title="Is the log whole?"
      about={
        <>
          Each entry's hash covers the entry and the hash before it, so that nothing can be changed, removed
          or put in between unnoticed. To check without this server, export it and run{" "}
          <code>talos audit verify FILE --team-fingerprint …</code> with the fingerprint that the Team page
          shows.
        </>
      }
    >
      <button type="button" class="button" disabled={state?.kind === "running"} onClick={() => void check()}>
        Check the chain
      </button>
      <CheckResult state={state} />
    </Panel>
  );
}

function CheckResult({ state }: { state: Checked | null }) {
  if (state === null) return null;
  switch (state.kind) {
    case "running":
      return <p role="status">{formatCount(state.checked)} entries checked…</p>;
    case "whole":
      return (
        <p role="status" class="good">
          Whole: {formatCount(state.checked)} entries, up to <code>{state.hash.slice(0, 16)}</code>.
        </p>
      );
    case "broken":
      return (
        <p role="alert" class="problem">
          Not whole: entry {formatCount(state.at)} is not as it was written. Export the log, keep it, and
          write to whoever runs this server.
        </p>
      );
    case "failed":
      return (
        <p role="alert" class="problem">
          {state.words}
        </p>
      );
    default:
      return state satisfies never;
  }
}
