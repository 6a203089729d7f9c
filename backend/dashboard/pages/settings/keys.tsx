import { useState } from "preact/hooks";
import { SCOPES, type Scope } from "../../../domain/role.ts";
import { formatMomentFully } from "../../day.ts";
import { Action, Field, Form, Select } from "../../parts/action.tsx";
import { List, Loaded, Panel } from "../../parts/panel.tsx";
import { Copy, ShownOnce } from "../../parts/shown-once.tsx";
import { call } from "../../settings-api.ts";
import { type Pages, usePages } from "../../use-answer.ts";
import type { PageProps } from "./settings.tsx";

const SCOPE_WORDS: Record<Scope, string> = {
  "reports:read": "Reports: tokens, list value, requests",
  "sessions:read": "Sessions",
  "team:read": "The team, its members and machines",
  "audit:read": "The audit log",
};
const LIFETIMES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "a year" },
] as const;

async function ask(cursor: string | undefined) {
  const { keys, next } = await call("GET /api/keys", { query: { cursor } });
  return { rows: keys, next };
}

export function Keys({ me }: PageProps) {
  const keys = usePages(ask);
  return (
    <>
      <Panel
        title="Make a key"
        about={
          <>
            For programs that read this team's data: sent as <code>Authorization: Bearer …</code>. A key may
            only read.{" "}
            <a class="whole" href="/api/openapi.json">
              The API's description
            </a>
          </>
        }
      >
        <NewKey onMade={keys.reload} />
      </Panel>
      <Panel title="Keys">
        <KeyList keys={keys} timeZone={me.team.timeZone} />
      </Panel>
    </>
  );
}

type KeyPages = Pages<Awaited<ReturnType<typeof ask>>["rows"][number]>;

function KeyList({ keys, timeZone }: { keys: KeyPages; timeZone: string }) {
  return (
    <Loaded answer={keys}>
      {({ rows, next }) => (
        <List
          label="Keys"
          head={["Name", "May read", "Made by", "Last used", "Valid until", ""]}
          isEmpty={rows.length === 0}
          empty="No keys yet."
          next={next}
          onMore={keys.more}
        >
          {rows.map((key) => (
            <tr key={key.id} data-key={key.id}>
              <th scope="row">
                <bdi>{key.label}</bdi>
              </th>
              <td data-label="May read">{key.scopes.join(", ")}</td>
              <td data-label="Made by" class="breaks">
                <bdi>{key.createdBy}</bdi>
              </td>
              <td data-label="Last used" class="when">
                {key.usedAt === null ? "never" : formatMomentFully(key.usedAt, timeZone)}
              </td>
              <td data-label="Valid until" class="when">
                {key.state === "active" ? formatMomentFully(key.expiresAt, timeZone) : key.state}
              </td>
              <td class="actions">
                {key.state === "active" && (
                  <Action
                    label="Revoke"
                    thing={key.label}
                    question="Programs that use it are refused from now on."
                    onConfirm={async () => {
                      await call("DELETE /api/keys/:key", { params: { key: key.id } });
                      await keys.reload();
                    }}
                  />
                )}
              </td>
            </tr>
          ))}
        </List>
      )}
    </Loaded>
  );
}

function NewKey({ onMade }: { onMade: () => Promise<void> }) {
  const [label, setLabel] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["reports:read"]);
  const [days, setDays] = useState<(typeof LIFETIMES)[number]["value"]>("90");
  const [secret, setSecret] = useState<{ label: string; text: string } | null>(null);
  const toggle = (scope: Scope) =>
    setScopes(scopes.includes(scope) ? scopes.filter((each) => each !== scope) : [...scopes, scope]);
  return (
    <>
      <Form
        submit="Make the key"
        isReady={label.trim() !== "" && scopes.length > 0}
        onSubmit={async () => {
          const made = await call("POST /api/keys", {
            body: { label, scopes: [...scopes], expiresInDays: Number(days) },
          });
          setSecret({ label: made.key.label, text: made.secret });
          setLabel("");
          await onMade();
        }}
      >
        <Field label="Name" hint="What uses it.">
          {(id) => (
            <input
              id={id}
              value={label}
              maxLength={80}
              onInput={(event) => setLabel(event.currentTarget.value)}
            />
          )}
        </Field>
        <fieldset class="field">
          <legend>May read</legend>
          {SCOPES.map((scope) => (
            <label key={scope} class="check">
              <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
              {SCOPE_WORDS[scope]}
            </label>
          ))}
        </fieldset>
        <Select label="Valid for" value={days} options={LIFETIMES} onChange={setDays} />
      </Form>
      {secret !== null && (
        <ShownOnce key={secret.text} title={`The key “${secret.label}”.`}>
          <Copy label="the key" text={secret.text} />
        </ShownOnce>
      )}
    </>
  );
}
