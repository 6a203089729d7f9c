import { useState } from "preact/hooks";
import { formatMomentFully } from "../../day.ts";
import { formatCount } from "../../format.ts";
import { Action, Field, Form, Select } from "../../parts/action.tsx";
import { Choice } from "../../parts/choice.tsx";
import { List, Loaded, Panel } from "../../parts/panel.tsx";
import { Copy, ShownOnce } from "../../parts/shown-once.tsx";
import { call } from "../../settings-api.ts";
import { type Pages, useAnswer, usePages } from "../../use-answer.ts";
import type { PageProps } from "./settings.tsx";

type Kind = "person" | "bulk";

async function askTokens(cursor: string | undefined) {
  const { tokens, next } = await call("GET /api/enrolment-tokens", { query: { cursor } });
  return { rows: tokens, next };
}

/** All of them: a choice that ends at the first page would hide people. */
async function askDevelopers() {
  const all: { value: string; label: string }[] = [];
  let cursor: string | undefined;
  do {
    // oxlint-disable-next-line no-await-in-loop -- each page starts where the last one ended
    const { developers, next } = await call("GET /api/developers", { query: { cursor } });
    all.push(...developers.map(({ id, label }) => ({ value: id, label })));
    cursor = next ?? undefined;
  } while (cursor !== undefined);
  return all;
}

/** How machines get in. */
export function Enrolment({ me }: { me: PageProps["me"] }) {
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
const LIFETIMES = {
  person: [
    { value: "1", label: "a day" },
    { value: "7", label: "7 days" },
    { value: "30", label: "30 days" },
  ],
  bulk: [
    { value: "7", label: "7 days" },
    { value: "30", label: "30 days" },
    { value: "90", label: "90 days" },
    { value: "365", label: "a year" },
  ],
} as const;
const USUAL = { person: "7", bulk: "30" } as const;
const BLANK = { label: "", uses: "100", developer: NEW, name: "" };

interface Wanted {
  label: string;
  uses: string;
  /** Id, or `NEW`. */
  developer: string;
  name: string;
  days: string;
}

function NewToken({ onMade }: { onMade: () => Promise<void> }) {
  const [kind, setKind] = useState<Kind>("person");
  const [wanted, setWanted] = useState<Wanted>({ ...BLANK, days: USUAL.person });
  const [secret, setSecret] = useState<{ kind: Kind; text: string } | null>(null);
  const uses = Number(wanted.uses);
  return (
    <>
      <Choice
        label="For whom"
        options={[
          { value: "person", label: "One person" },
          { value: "bulk", label: "Many machines, by MDM" },
        ]}
        chosen={kind}
        onChoose={(chosen) => {
          setKind(chosen);
          setWanted({ ...wanted, days: USUAL[chosen] });
        }}
      />
      <Form
        submit="Make the token"
        isReady={kind === "person" || (Number.isInteger(uses) && uses >= 1 && uses <= 10_000)}
        onSubmit={async () => {
          const { secret: text } = await call("POST /api/enrolment-tokens", { body: bodyOf(kind, wanted) });
          setSecret({ kind, text });
          setWanted({ ...BLANK, days: USUAL[kind] });
          await onMade();
        }}
      >
        <TokenFields kind={kind} wanted={wanted} onChange={setWanted} />
      </Form>
      {secret !== null && <Commands key={secret.text} kind={secret.kind} token={secret.text} />}
    </>
  );
}

function bodyOf(kind: Kind, { label, uses, developer, name, days }: Wanted) {
  const all = { label, expiresInDays: Number(days) };
  if (kind === "bulk") return { ...all, kind, maxUses: Number(uses) };
  return { ...all, kind, ...(developer === NEW ? { name } : { developer }) };
}

interface TokenFieldsProps {
  kind: Kind;
  wanted: Wanted;
  onChange: (wanted: Wanted) => void;
}

function TokenFields({ kind, wanted, onChange }: TokenFieldsProps) {
  return (
    <>
      <Field label="What it is for" hint="Seen by admins alone.">
        {(id) => (
          <input
            id={id}
            value={wanted.label}
            maxLength={80}
            onInput={(event) => onChange({ ...wanted, label: event.currentTarget.value })}
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
              value={wanted.uses}
              onInput={(event) => onChange({ ...wanted, uses: event.currentTarget.value })}
            />
          )}
        </Field>
      ) : (
        <Whose wanted={wanted} onChange={onChange} />
      )}
      <Select
        label="Valid for"
        value={wanted.days}
        options={LIFETIMES[kind]}
        onChange={(days) => onChange({ ...wanted, days })}
      />
    </>
  );
}

function Whose({ wanted, onChange }: Omit<TokenFieldsProps, "kind">) {
  const developers = useAnswer(askDevelopers);
  return (
    <>
      <Select
        label="Whose machine"
        value={wanted.developer}
        options={[{ value: NEW, label: "A new developer" }, ...(developers.data ?? [])]}
        onChange={(developer) => onChange({ ...wanted, developer })}
      />
      {wanted.developer === NEW && (
        <Field
          label="Their name"
          hint="May be left empty. Seen only while the team shows names; otherwise a pseudonym is."
        >
          {(id) => (
            <input
              id={id}
              value={wanted.name}
              maxLength={80}
              autocomplete="off"
              onInput={(event) => onChange({ ...wanted, name: event.currentTarget.value })}
            />
          )}
        </Field>
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
              <th scope="row">
                <bdi>{token.label || token.developer?.label || "no name"}</bdi>
              </th>
              <td data-label="Kind">{token.kind === "bulk" ? "many machines" : "one person"}</td>
              <td data-label="Used">
                {formatCount(token.uses)} of {formatCount(token.maxUses)}
              </td>
              <td data-label="Made by" class="breaks">
                <bdi>{token.createdBy}</bdi>
              </td>
              <td data-label="Valid until" class="when">
                {formatMomentFully(token.expiresAt, me.team.timeZone)}
              </td>
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
