import { useState } from "preact/hooks";
import type { Me } from "../../../domain/report.ts";
import { isAtLeast } from "../../../domain/role.ts";
import { Choice } from "../../parts/choice.tsx";
import { Action, Field, Form, Select } from "../../parts/action.tsx";
import { Link } from "../../parts/link.tsx";
import { Loaded, Panel } from "../../parts/panel.tsx";
import { call } from "../../settings-api.ts";
import { useAnswer } from "../../use-answer.ts";
import { CONSEQUENCES, MODE_WORDS } from "../../words.ts";
import { CategorizeCost } from "./categorize-cost.tsx";
import type { PageProps } from "./settings.tsx";

type Mode = Me["mode"];
const MODES: readonly Mode[] = ["off", "categorize_local", "categorize_cloud", "full"];
type Team = Awaited<ReturnType<typeof askTeam>>;
const askTeam = () => call("GET /api/team");

export function Privacy({ me, onMeChanged }: PageProps) {
  const team = useAnswer(askTeam);
  return (
    <Loaded answer={team}>
      {(data) => (
        <>
          <ModePanel
            team={data}
            me={me}
            onChanged={async () => {
              await Promise.all([team.reload(), onMeChanged()]);
            }}
          />
          <InForce me={me} />
          <Visibility team={data} me={me} onChanged={team.reload} />
          <Retention team={data} me={me} onChanged={team.reload} />
          {data.mode !== "off" && data.mode !== "categorize_local" && <CategorizeCost me={me} />}
        </>
      )}
    </Loaded>
  );
}

interface PartProps {
  team: Team;
  me: Me;
  onChanged: () => Promise<void>;
}

function ModePanel({ team, me, onChanged }: PartProps) {
  const [mode, setMode] = useState<Mode>(team.mode);
  const [isChanged, setChanged] = useState(false);
  const choose = (chosen: Mode) => {
    setChanged(false);
    setMode(chosen);
  };
  const isLooser = MODES.indexOf(mode) > MODES.indexOf(team.mode);
  const mayChange = isAtLeast(me.viewer.role, isLooser ? "owner" : "admin");
  return (
    <Panel
      title="Privacy mode"
      about="The loosest mode that the team allows. A stricter one on a machine, by its developer or by managed policy, always wins."
    >
      <Choice
        label="Privacy mode"
        options={MODES.map((value) => ({ value, label: MODE_WORDS[value].label }))}
        chosen={mode}
        onChoose={choose}
      />
      <p class="mode-meaning">
        {mode === team.mode ? <strong>In force. </strong> : <strong>Not in force yet. </strong>}
        {MODE_WORDS[mode].meaning}
      </p>
      <ul class="consequences">
        {CONSEQUENCES[mode].map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
      {mode !== team.mode && !mayChange && (
        <p class="fine">{isLooser ? "Only an owner" : "Only an admin"} can change to this mode.</p>
      )}
      {mode !== team.mode && mayChange && (
        <ModeForm
          key={mode}
          mode={mode}
          isLooser={isLooser}
          onChanged={async () => {
            await onChanged();
            setChanged(true);
          }}
        />
      )}
      {isChanged && (
        <p role="status" class="good">
          Changed. Machines learn it with their next configuration, within the hour.
        </p>
      )}
      <p class="fine">
        <Link href="/trust">All that leaves by default</Link>
      </p>
    </Panel>
  );
}

interface ModeFormProps {
  mode: Mode;
  isLooser: boolean;
  onChanged: () => Promise<void>;
}

/** More leaves only when its name was typed. */
function ModeForm({ mode, isLooser, onChanged }: ModeFormProps) {
  const [typed, setTyped] = useState("");
  return (
    <Form
      submit={`Change to “${MODE_WORDS[mode].label}”`}
      isReady={!isLooser || typed.trim() === mode}
      onSubmit={async () => {
        await call("PUT /api/team/mode", { body: { mode, ...(isLooser && { confirm: typed.trim() }) } });
        await onChanged();
      }}
    >
      {isLooser && (
        <Field label={`Type ${mode} to confirm`} hint="More will leave machines than before.">
          {(id) => (
            <input
              id={id}
              value={typed}
              autocomplete="off"
              spellcheck={false}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
    </Form>
  );
}

function InForce({ me }: { me: Me }) {
  if (!isAtLeast(me.viewer.role, "manager")) return null;
  return <InForceCounts />;
}

function InForceCounts() {
  const counts = useAnswer(() => call("GET /api/agents/modes"));
  return (
    <Panel
      title="In force on machines"
      about="How many machines run in each mode. Who accepted or declined is shown to nobody; of fewer than five developers the counts would tell, so they are not shown."
    >
      <Loaded answer={counts}>
        {({ total, modes }) =>
          modes === null ? (
            <p class="fine empty">
              {total === 0
                ? "No machine was heard of lately."
                : "Not shown: these machines belong to fewer than five developers."}
            </p>
          ) : (
            <dl class="facts">
              {MODES.map((mode) => (
                <div key={mode}>
                  <dt>{MODE_WORDS[mode].label}</dt>
                  <dd class="figure">{modes[mode]}</dd>
                </div>
              ))}
            </dl>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Visibility({ team, me, onChanged }: PartProps) {
  const wanted = team.visibility === "names" ? "pseudonyms" : "names";
  return (
    <Panel
      title="Names"
      about="Developers have pseudonyms, unless the team says that their names are shown. Names help to talk about numbers, and make them personal data of named people."
    >
      <p>
        Shown now: <strong>{team.visibility === "names" ? "names" : "pseudonyms"}</strong>
      </p>
      {me.viewer.role === "owner" && (
        <Action
          label={wanted === "names" ? "Show names" : "Show pseudonyms"}
          question={
            wanted === "names"
              ? "Every member will see developers' names beside their usage. It is noted in the audit log."
              : "Names are hidden at once; names that admins gave stay."
          }
          onConfirm={async () => {
            await call("PUT /api/team/visibility", { body: { visibility: wanted } });
            await onChanged();
          }}
        />
      )}
    </Panel>
  );
}

const RETENTIONS = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
  { value: "0", label: "For ever" },
] as const;

function Retention({ team, me, onChanged }: PartProps) {
  const now = RETENTIONS.find(({ value }) => Number(value) === team.retentionDays) ?? RETENTIONS[1];
  const [days, setDays] = useState<(typeof RETENTIONS)[number]["value"]>(now.value);
  if (me.viewer.role !== "owner") {
    return (
      <Panel
        title="Retention"
        about="How long content and categories are kept. Sums are kept as long as the team."
      >
        <p>
          <strong>{now.label}</strong>
        </p>
      </Panel>
    );
  }
  return (
    <Panel
      title="Retention"
      about="How long content and categories are kept. Sums are kept as long as the team. A longer time voids what developers accepted: each is asked again."
    >
      <Form
        submit="Save"
        isReady={days !== now.value}
        onSubmit={async () => {
          const chosen = ([30, 90, 365, 0] as const).find((each) => each === Number(days)) ?? 90;
          await call("PUT /api/team/retention", { body: { retentionDays: chosen } });
          await onChanged();
          return "Saved.";
        }}
      >
        <Select label="Kept for" value={days} options={RETENTIONS} onChange={setDays} />
      </Form>
    </Panel>
  );
}
