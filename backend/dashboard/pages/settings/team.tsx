import { useState } from "preact/hooks";
import { isAtLeast } from "../../../domain/role.ts";
import { formatMomentFully } from "../../day.ts";
import { formatCount } from "../../format.ts";
import { Action, Field, Form } from "../../parts/action.tsx";
import { List, Loaded, Panel } from "../../parts/panel.tsx";
import { call } from "../../settings-api.ts";
import { useAnswer, usePages } from "../../use-answer.ts";
import { Salt } from "./salt.tsx";
import type { PageProps } from "./settings.tsx";

export type Settings = Awaited<ReturnType<typeof askTeam>>;
const askTeam = () => call("GET /api/team");

async function askDevelopers(cursor: string | undefined) {
  const { developers, next } = await call("GET /api/developers", { query: { cursor } });
  return { rows: developers, next };
}

export function Team({ me, onMeChanged }: PageProps) {
  const team = useAnswer(askTeam);
  const mayManage = isAtLeast(me.viewer.role, "admin");
  return (
    <>
      <Loaded answer={team}>
        {(data) => (
          <>
            <Panel title="This team">
              {mayManage && (
                <Name
                  team={data}
                  onSaved={async () => {
                    await Promise.all([team.reload(), onMeChanged()]);
                  }}
                />
              )}
              <Facts team={data} hasName={!mayManage} />
            </Panel>
            {mayManage && <Features team={data} onSaved={team.reload} />}
            <Salt team={data} mayManage={mayManage} onChanged={team.reload} />
          </>
        )}
      </Loaded>
      {isAtLeast(me.viewer.role, "manager") && <Developers me={me} />}
      <Groups mayManage={mayManage} />
    </>
  );
}

function Facts({ team, hasName }: { team: Settings; hasName: boolean }) {
  return (
    <dl class="facts">
      {hasName && (
        <div>
          <dt>Name</dt>
          <dd class="breaks">{team.name}</dd>
        </div>
      )}
      <div>
        <dt>Time zone</dt>
        <dd>{team.timeZone}. Days are cut in it, so it never changes.</dd>
      </div>
      <div>
        <dt>Signing key's fingerprint</dt>
        <dd>
          <code class="breaks">{team.fingerprint}</code>
          <span class="fine">Machines take a configuration only when it is signed with this key.</span>
        </dd>
      </div>
    </dl>
  );
}

function Name({ team, onSaved }: { team: Settings; onSaved: () => Promise<void> }) {
  const [name, setName] = useState(team.name);
  return (
    <Form
      submit="Rename"
      isReady={name.trim() !== "" && name !== team.name}
      onSubmit={async () => {
        await call("PATCH /api/team", { body: { name } });
        await onSaved();
        return "Renamed.";
      }}
    >
      <Field label="Name of the team">
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

function Features({ team, onSaved }: { team: Settings; onSaved: () => Promise<void> }) {
  const [features, setFeatures] = useState(team.features);
  const isChanged =
    features.projects !== team.features.projects || features.activity !== team.features.activity;
  return (
    <Panel
      title="What machines may add"
      about="Both are off until the team turns them on. Machines learn of it within the hour, in words that this server signs. Collectors of this version add no activity yet: that setting waits for those that do."
    >
      <Form
        submit="Save"
        isReady={isChanged}
        onSubmit={async () => {
          await call("PATCH /api/team", { body: { features } });
          await onSaved();
          return "Saved.";
        }}
      >
        <label class="check">
          <input
            type="checkbox"
            checked={features.projects}
            onChange={() => setFeatures({ ...features, projects: !features.projects })}
          />
          Project identity: a keyed hash of the repository's address, so that a project is one for everybody
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={features.activity}
            onChange={() => setFeatures({ ...features, activity: !features.activity })}
          />
          Activity: lines that the tool added and removed, where the developer accepts it
        </label>
      </Form>
    </Panel>
  );
}

function Developers({ me }: { me: PageProps["me"] }) {
  const developers = usePages(askDevelopers);
  return (
    <Panel title="Developers" about="Whose machines send. Names are pseudonyms unless the team shows names.">
      <Loaded answer={developers}>
        {({ rows, next }) => (
          <List
            label="Developers"
            head={["Developer", "Groups", "Machines", "Since"]}
            isEmpty={rows.length === 0}
            empty={
              isAtLeast(me.viewer.role, "admin")
                ? "Nobody yet: make an enrolment token under Machines."
                : "Nobody yet. An admin can add machines."
            }
            next={next}
            onMore={developers.more}
          >
            {rows.map((developer) => (
              <tr key={developer.id} data-key={developer.id}>
                <th scope="row">
                  <bdi>{developer.label}</bdi>
                  <code class="hash">{developer.id}</code>
                </th>
                <td data-label="Groups" class="breaks">
                  {developer.groups.map(({ name }) => name).join(", ") || "none"}
                </td>
                <td data-label="Machines">{developer.agents}</td>
                <td data-label="Since" class="when">
                  {formatMomentFully(developer.createdAt, me.team.timeZone)}
                </td>
              </tr>
            ))}
          </List>
        )}
      </Loaded>
    </Panel>
  );
}

const SOURCE_WORDS = { managed: "managed policy", clerk: "the organization", csv: "a CSV file" };

function Groups({ mayManage }: { mayManage: boolean }) {
  const groups = useAnswer(() => call("GET /api/groups"));
  return (
    <Panel
      title="Groups"
      about="Groups of developers, for reports by group. Where they come from is where they are changed."
    >
      <Loaded answer={groups}>
        {(data) => (
          <List
            label="Groups"
            head={["Group", "From", "Developers", ""]}
            isEmpty={data.groups.length === 0}
            empty="No groups yet."
            next={null}
            onMore={async () => {}}
          >
            {data.groups.map((group) => (
              <tr key={group.id} data-key={group.id}>
                <th scope="row">
                  <bdi>{group.name}</bdi>
                </th>
                <td data-label="From">{SOURCE_WORDS[group.source]}</td>
                <td data-label="Developers">{group.developers}</td>
                <td class="actions">
                  {mayManage && (
                    <Action
                      label="Delete"
                      thing={group.name}
                      question="The group goes; its developers stay."
                      onConfirm={async () => {
                        await call("DELETE /api/groups/:group", { params: { group: group.id } });
                        await groups.reload();
                      }}
                    />
                  )}
                </td>
              </tr>
            ))}
          </List>
        )}
      </Loaded>
      {mayManage && <GroupFile onTaken={groups.reload} />}
    </Panel>
  );
}

function counted(count: number, thing: string): string {
  return `${formatCount(count)} ${count === 1 ? thing : `${thing}s`}`;
}

function GroupFile({ onTaken }: { onTaken: () => Promise<void> }) {
  const [csv, setCsv] = useState("");
  return (
    <Form
      submit="Take these groups"
      isReady={csv.trim() !== ""}
      onSubmit={async () => {
        const { groups: made, developers, unknown } = await call("PUT /api/groups/csv", { body: { csv } });
        await onTaken();
        setCsv("");
        const rest = unknown.length === 0 ? "" : ` Not in this team: ${unknown.slice(0, 5).join(", ")}.`;
        return `${counted(made, "group")} with ${counted(developers, "developer")}.${rest}`;
      }}
    >
      <Field
        label="Groups from CSV"
        hint="First line: developer,group. Then a developer's id and a group a line. Replaces the groups of the last file."
      >
        {(id) => (
          <textarea
            id={id}
            rows={4}
            spellcheck={false}
            placeholder={"developer,group\ndev_…,Platform"}
            value={csv}
            onInput={(event) => setCsv(event.currentTarget.value)}
          />
        )}
      </Field>
    </Form>
  );
}
