import { useState } from "preact/hooks";
import { isAtLeast } from "../../../domain/role.ts";
import { formatMoment } from "../../day.ts";
import { formatCount } from "../../format.ts";
import { Action, Field, Form, Select } from "../../parts/action.tsx";
import { Choice } from "../../parts/choice.tsx";
import { List, Loaded, Panel } from "../../parts/panel.tsx";
import { Copy, ShownOnce } from "../../parts/shown-once.tsx";
import { call } from "../../settings-api.ts";
import { type Pages, useAnswer, usePages } from "../../use-answer.ts";
import type { PageProps } from "./settings.tsx";

const DAY_MS = 86_400_000;

async function askAgents(cursor: string | undefined) {
  const { agents, next } = await call("GET /api/agents", { query: { cursor } });
  return { rows: agents, next };
}

async function askTokens(cursor: string | undefined) {
  const { tokens, next } = await call("GET /api/enrolment-tokens", { query: { cursor } });
  return { rows: tokens, next };
}

export function Agents({ me, now }: PageProps) {
  const mayManage = isAtLeast(me.viewer.role, "admin");
  return (
    <>
      {mayManage && <Enrolment me={me} />}
      <Machines me={me} now={now} mayManage={mayManage} />
    </>
  );
}

function Machines({ me, now, mayManage }: PageProps & { mayManage: boolean }) {
  const agents = usePages(askAgents);
  const { timeZone } = me.team;
  return (
    <Panel
      title="Machines"
      about="Each installation. In which mode one runs is shown to nobody: see Privacy for the counts."
    >
      <Loaded answer={agents}>
        {({ rows, next }) => (
          <List
            label="Machines"
            head={["Developer", "Version", "Policy from", "Last seen", "Sent", ""]}
            isEmpty={rows.length === 0}
            empty="No machine yet."
            next={next}
            onMore={agents.more}
          >
            {rows.map((agent) => (
              <tr key={agent.id} data-key={agent.id}>
                <th scope="row">
                  {agent.developer.label}
                  <code class="hash">{agent.id}</code>
                </th>
                <td data-label="Version">{agent.version || "unknown"}</td>
                <td data-label="Policy from">{agent.policySource || "unknown"}</td>
                <td data-label="Last seen">{seenWords(agent, now(), timeZone)}</td>
                <td data-label="Sent" class="figure">
                  {agent.counters["acknowledged"] === undefined
                    ? "unknown"
                    : formatCount(agent.counters["acknowledged"])}
                </td>
                <td class="actions">
                  {mayManage && agent.revokedAt === null && (
                    <Action
                      label="Revoke"
                      thing={`a machine of ${agent.developer.label}`}
                      question="Nothing that it sends is taken any more, from now on. It can be enrolled again."
                      onConfirm={async () => {
                        await call("DELETE /api/agents/:agent", { params: { agent: agent.id } });
                        await agents.reload();
                      }}
                    />
                  )}
                </td>
              </tr>
            ))}
          </List>
        )}
      </Loaded>
    </Panel>
  );
}

function seenWords(
  { seenAt, revokedAt }: { seenAt: number | null; revokedAt: number | null },
  nowMs: number,
  timeZone: string,
): string {
  if (revokedAt !== null) return `revoked ${formatMoment(revokedAt, timeZone)}`;
  if (seenAt === null) return "never";
  const days = Math.floor((nowMs - seenAt) / DAY_MS);
  return days >= 7 ? `silent for ${days} days` : formatMoment(seenAt, timeZone);
}

type Kind = "person" | "bulk";

function Enrolment({ me }: { me: PageProps["me"] }) {
  const tokens = usePages(askTokens);
  return (
    <>
      <Panel
        title="Add machines"
        about="A machine joins with a token. It shows its developer what will leave, who sees it and how to pause, and asks."
      >
        <NewToken onMade={tokens.reload} />
      </Panel>
      <Panel title="Enrolment tokens">
        <Tokens tokens={tokens} me={me} />
      </Panel>
    </>
  );
}

const NEW = "";

function NewToken({ onMade }: { onMade: () => Promise<void> }) {
  const [kind, setKind] = useState<Kind>("person");
  const [label, setLabel] = useState("");
  const [uses, setUses] = useState("100");
  const [developer, setDeveloper] = useState(NEW);
  const [secret, setSecret] = useState<{ kind: Kind; text: string } | null>(null);
  return (
    <>
      <Choice
        label="For whom"
        options={[
          { value: "person", label: "One person" },
          { value: "bulk", label: "Many machines, by MDM" },
        ]}
        chosen={kind}
        onChoose={setKind}
      />
      <Form
        submit="Make the token"
        isReady={kind === "person" || Number(uses) >= 1}
        onSubmit={async () => {
          const made =
            kind === "bulk"
              ? await call("POST /api/enrolment-tokens", { body: { kind, label, maxUses: Number(uses) } })
              : await call("POST /api/enrolment-tokens", {
                  body: { kind, label, ...(developer !== NEW && { developer }) },
                });
          setSecret({ kind, text: made.secret });
          await onMade();
        }}
      >
        <TokenFields
          kind={kind}
          values={{ label, uses, developer }}
          set={{ setLabel, setUses, setDeveloper }}
        />
      </Form>
      {secret !== null && <Commands key={secret.text} kind={secret.kind} token={secret.text} />}
    </>
  );
}

interface TokenFieldsProps {
  kind: Kind;
  values: { label: string; uses: string; developer: string };
  set: {
    setLabel: (value: string) => void;
    setUses: (value: string) => void;
    setDeveloper: (value: string) => void;
  };
}

function TokenFields({ kind, values: { label, uses, developer }, set }: TokenFieldsProps) {
  const { setLabel, setUses, setDeveloper } = set;
  const developers = useAnswer(() => call("GET /api/developers", { query: {} }));
  const options = [
    { value: NEW, label: "A new developer" },
    ...(developers.data?.developers ?? []).map(({ id, label: name }) => ({
      value: id,
      label: name,
    })),
  ];
  return (
    <>
      <Field label="What it is for" hint="Seen by admins alone.">
        {(id) => (
          <input
            id={id}
            value={label}
            maxLength={80}
            onInput={(event) => setLabel(event.currentTarget.value)}
          />
        )}
      </Field>
      {kind === "bulk" ? (
        <Field
          label="How many machines"
          hint="One person's laptop, WSL and containers count one each, and become one developer."
        >
          {(id) => (
            <input
              id={id}
              type="number"
              min={1}
              max={10_000}
              value={uses}
              onInput={(event) => setUses(event.currentTarget.value)}
            />
          )}
        </Field>
      ) : (
        <Select label="Whose machine" value={developer} options={options} onChange={setDeveloper} />
      )}
    </>
  );
}

/** The command for each system. For many machines the token comes by the environment, so that no process list shows it. */
function Commands({ kind, token }: { kind: Kind; token: string }) {
  const endpoint = location.origin;
  return (
    <ShownOnce
      title={kind === "person" ? "On the developer's machine, run:" : "On each machine, as its user, run:"}
    >
      {kind === "person" ? (
        <Copy
          label="the command for macOS, Linux and Windows"
          text={`talos enroll ${token} --endpoint ${endpoint}`}
        />
      ) : (
        <>
          <Copy
            label="the command for macOS and Linux"
            text={`TALOS_ENROLMENT_TOKEN=${token} talos enroll --unattended --endpoint ${endpoint}`}
          />
          <Copy
            label="the command for Windows PowerShell"
            text={`$env:TALOS_ENROLMENT_TOKEN="${token}"; talos enroll --unattended --endpoint ${endpoint}`}
          />
        </>
      )}
    </ShownOnce>
  );
}

type TokenPages = Pages<Awaited<ReturnType<typeof askTokens>>["rows"][number]>;
const STATE_WORDS = { open: "open", used_up: "used up", revoked: "revoked", expired: "expired" };

function Tokens({ tokens, me }: { tokens: TokenPages; me: PageProps["me"] }) {
  return (
    <Loaded answer={tokens}>
      {({ rows, next }) => (
        <List
          label="Enrolment tokens"
          head={["For", "Kind", "Used", "Made by", "Valid until", "State", ""]}
          isEmpty={rows.length === 0}
          empty="No tokens yet."
          next={next}
          onMore={tokens.more}
        >
          {rows.map((token) => (
            <tr key={token.id} data-key={token.id}>
              <th scope="row">{token.label || token.developer?.label || "no name"}</th>
              <td data-label="Kind">{token.kind === "bulk" ? "many machines" : "one person"}</td>
              <td data-label="Used">
                {formatCount(token.uses)} of {formatCount(token.maxUses)}
              </td>
              <td data-label="Made by">{token.createdBy}</td>
              <td data-label="Valid until">{formatMoment(token.expiresAt, me.team.timeZone)}</td>
              <td data-label="State">{STATE_WORDS[token.state]}</td>
              <td class="actions">
                {token.state === "open" && (
                  <Action
                    label="Revoke"
                    thing={token.label || token.id}
                    question="No machine can join with it any more. Those that did stay."
                    onConfirm={async () => {
                      await call("DELETE /api/enrolment-tokens/:token", { params: { token: token.id } });
                      await tokens.reload();
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
