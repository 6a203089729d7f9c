import { useEffect, useState } from "preact/hooks";
import { replace } from "../../address.ts";
import { formatMomentFully } from "../../day.ts";
import { Action, Form } from "../../parts/action.tsx";
import { Loaded, Panel } from "../../parts/panel.tsx";
import { Copy } from "../../parts/shown-once.tsx";
import { call } from "../../settings-api.ts";
import { type Answer, useAnswer } from "../../use-answer.ts";
import { MODE_WORDS, SET_BY_WORDS } from "../../words.ts";

const PATH = "/settings/account";
const ask = () => call("GET /api/account/machines");
type Own = Awaited<ReturnType<typeof ask>>;
type Machine = Own["machines"][number];

/** The code rides behind the `#`, which browsers send to no server. It leaves the address bar at once. */
function takeCode(): string {
  const code = location.hash.slice(1);
  if (code !== "") replace(PATH);
  return code;
}

/** What is in force on the machines of who looks, and on nobody else's. */
export function OwnMachines({ timeZone }: { timeZone: string }) {
  const own = useAnswer(ask);
  const [code, setCode] = useState(takeCode);
  useEffect(() => {
    // A new link pasted over an old one changes only what is behind the #: the browser loads nothing anew.
    const takeNew = () => location.hash !== "" && setCode(takeCode());
    addEventListener("hashchange", takeNew);
    return () => removeEventListener("hashchange", takeNew);
  }, []);
  return (
    <Panel
      title="My machines"
      about="The privacy mode in force on your machines, who set it, and what you accepted there. Shown to you alone: no owner or admin sees it, and nobody is shown who linked a machine."
    >
      {code !== "" && <Confirm key={code} code={code} own={own} onEnd={() => setCode("")} />}
      <Loaded answer={own}>
        {({ machines, team }) =>
          machines.length === 0 ? (
            code === "" && <HowTo />
          ) : (
            <>
              <p>
                The team allows up to <strong>{MODE_WORDS[team.mode].label}</strong> and keeps content and
                categories {keptWords(team.retentionDays)}.
              </p>
              <ul class="plain-list">
                {machines.map((machine) => (
                  <li key={machine.id} data-key={machine.id}>
                    <Facts machine={machine} timeZone={timeZone} />
                  </li>
                ))}
              </ul>
              <p class="fine">
                Another machine of yours: run <code>talos account</code> there.
              </p>
              <div>
                <Action
                  label="Unlink my machines"
                  question="This page shows none of them any more. On the machines nothing changes."
                  onConfirm={async () => {
                    await call("DELETE /api/account/machines");
                    await own.reload();
                  }}
                />
              </div>
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

function HowTo() {
  return (
    <>
      <p>No machine is linked to you. On a machine of yours that is enrolled in this team, run</p>
      <Copy label="Command" text="talos account" />
      <p class="fine">
        and open the link that it prints, where you are signed in. It works once, for ten minutes. Give it to
        nobody.
      </p>
    </>
  );
}

/** Nothing is linked by opening a link alone: it may be somebody else's. */
function Confirm({ code, own, onEnd }: { code: string; own: Answer<Own>; onEnd: () => void }) {
  return (
    <Form
      submit="Link this machine"
      onSubmit={async () => {
        await call("POST /api/account/machines", { body: { code } });
        await own.reload();
        onEnd();
      }}
    >
      <p>
        <strong>Is this link from your own machine?</strong> Confirm only if you ran{" "}
        <code>talos account</code> yourself a moment ago. The machine is then shown here, to you alone.
      </p>
      <div>
        <button type="button" class="button" onClick={onEnd}>
          Do not link
        </button>
      </div>
    </Form>
  );
}

function Facts({ machine, timeZone }: { machine: Machine; timeZone: string }) {
  const { id, version, seenAt, inForce, accepted } = machine;
  return (
    <>
      <code class="hash">{id}</code>
      <dl class="facts">
        <div>
          <dt>In force</dt>
          <dd>
            {inForce === null
              ? "not known yet: the machine has not said"
              : `${MODE_WORDS[inForce.mode].label}, set ${SET_BY_WORDS[inForce.setBy]}`}
          </dd>
        </div>
        <div>
          <dt>Accepted</dt>
          <dd>{acceptedWords(accepted, timeZone)}</dd>
        </div>
        <div>
          <dt>Last seen</dt>
          <dd>
            {seenAt === null ? "never" : formatMomentFully(seenAt, timeZone)}
            {version !== "" && `, version ${version}`}
          </dd>
        </div>
      </dl>
    </>
  );
}

function acceptedWords(accepted: Machine["accepted"], timeZone: string): string {
  if (accepted === null) return "nothing: numbers alone leave it";
  const { mode, by, expiresAt, retentionDays, holds } = accepted;
  const what = `${MODE_WORDS[mode].label}, by ${by === "managed" ? "managed policy" : "you"}`;
  if (!holds) return `${what}, but it holds no more: \`talos consent\` on the machine says why`;
  return `${what}, until ${formatMomentFully(expiresAt, timeZone)}, with content and categories kept ${keptWords(retentionDays)}`;
}

function keptWords(days: number): string {
  return days === 0 ? "for ever" : `for ${days} days`;
}
