import { useState } from "preact/hooks";
import { formatMomentFully } from "../../day.ts";
import { Action, Field, Form } from "../../parts/action.tsx";
import { Loaded, Panel } from "../../parts/panel.tsx";
import { call } from "../../settings-api.ts";
import { useAnswer } from "../../use-answer.ts";
import { ROLE_WORDS } from "../../words.ts";
import { OwnMachines } from "./own-machines.tsx";
import type { PageProps } from "./settings.tsx";

export function Account({ me, onMeChanged }: PageProps) {
  const account = useAnswer(() => call("GET /api/account"));
  return (
    <Loaded answer={account}>
      {({ member, teams, signIns, method }) => (
        <>
          <Panel title="Who I am">
            <Name
              label={member.label}
              onSaved={async () => {
                await Promise.all([account.reload(), onMeChanged()]);
              }}
            />
            <dl class="facts">
              <div>
                <dt>E-mail</dt>
                <dd class="breaks">{member.email || "none: this is a local member"}</dd>
              </div>
              <div>
                <dt>Signs in</dt>
                <dd>
                  {method === "clerk" ? "with the organization's account" : "with links that work once"}
                </dd>
              </div>
              {teams.map((team) => (
                <div key={team.id}>
                  <dt class="breaks">{team.name}</dt>
                  <dd>
                    {ROLE_WORDS[team.role].label}
                    {team.current && " · shown now"}
                  </dd>
                </div>
              ))}
            </dl>
          </Panel>
          <OwnMachines timeZone={me.team.timeZone} />
          <SignIns signIns={signIns} timeZone={me.team.timeZone} />
        </>
      )}
    </Loaded>
  );
}

type SignIn = { createdAt: number; seenAt: number; endsAt: number; current: boolean };

function SignIns({ signIns, timeZone }: { signIns: SignIn[]; timeZone: string }) {
  return (
    <Panel
      title="Where I am signed in"
      about="Each browser that is signed in. If you do not know one of them, sign out everywhere."
    >
      <ul class="plain-list">
        {signIns.map((each) => (
          <li key={`${each.createdAt}${each.endsAt}`}>
            Since {formatMomentFully(each.createdAt, timeZone)}, last used{" "}
            {formatMomentFully(each.seenAt, timeZone)}
            {each.current && <span class="tag">this browser</span>}
          </li>
        ))}
      </ul>
      <Action
        label="Sign out everywhere"
        question="Every browser, this one too, will need to sign in again."
        onConfirm={async () => {
          await call("POST /api/account/sign-out-everywhere");
          location.assign("/");
        }}
      />
    </Panel>
  );
}

function Name({ label, onSaved }: { label: string; onSaved: () => Promise<void> }) {
  const [name, setName] = useState(label);
  return (
    <Form
      submit="Save"
      isReady={name.trim() !== "" && name !== label}
      onSubmit={async () => {
        await call("PUT /api/account", { body: { label: name } });
        await onSaved();
        return "Saved.";
      }}
    >
      <Field label="Name" hint="As other members and the audit log see it.">
        {(id) => (
          <input
            id={id}
            value={name}
            maxLength={80}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        )}
      </Field>
    </Form>
  );
}
