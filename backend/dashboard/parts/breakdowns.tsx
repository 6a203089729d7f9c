import type { Group, Report } from "../../domain/report.ts";
import { isAtLeast, type Role } from "../../domain/role.ts";
import type { Api } from "../api.ts";
import { formatCount } from "../format.ts";
import { Breakdown } from "./breakdown.tsx";
import { EditableLabel } from "./editable-label.tsx";
import { labelOf, SELECTED } from "../words.ts";
import { TokenKinds } from "./token-kinds.tsx";

interface Props {
  report: Report;
  /** Of who looks: managers name projects, admins developers. */
  role: Role;
  api: Pick<Api, "labelProject" | "labelDeveloper">;
  /** Called once a name is stored; the page then shows it everywhere. */
  onNamed: () => Promise<void>;
}

export function Breakdowns({ report, role, api, onNamed }: Props) {
  const { groups } = report;
  const mayNameProjects = isAtLeast(role, "manager");
  const mayNameDevelopers = isAtLeast(role, "admin");
  const people = groups.developer.toSorted((a, b) => a.label.localeCompare(b.label, "en"));
  const nameProject = (hash: string) => (name: string) => api.labelProject(hash, name).then(onNamed);
  const nameDeveloper = (id: string) => (name: string) => api.labelDeveloper(id, name).then(onNamed);
  return (
    <div class="pair">
      <div class="column-of-cards">
        <Breakdown
          dimension="model"
          title="By model"
          groups={groups.model}
          compares
          nameOf={(group) => <ModelName group={group} />}
        />
        <Breakdown
          dimension="project"
          title="By project"
          groups={groups.project}
          compares
          nameOf={(group) => (
            <Named group={group} thing="project" onSave={mayNameProjects ? nameProject(group.key) : null} />
          )}
        >
          <p class="fine">The server knows a project only as a salted hash, until somebody here names it.</p>
        </Breakdown>
        <Breakdown dimension="source" title="By tool" groups={groups.source} compares />
      </div>
      <div class="column-of-cards">
        <Breakdown
          dimension="developer"
          title="By developer"
          groups={people}
          compares={false}
          nameOf={(group) => (
            <Named
              group={group}
              thing="developer"
              onSave={mayNameDevelopers ? nameDeveloper(group.key) : null}
            />
          )}
        >
          <p class="fine">
            In alphabetical order. Use is not output: this says nothing about anybody's work.
          </p>
        </Breakdown>
        <TokenKinds report={report} />
        <Breakdown dimension="origin" title="By origin" groups={groups.origin} compares />
      </div>
    </div>
  );
}

function ModelName({ group }: { group: Group }) {
  const { requests, selectedRequests: selected } = group;
  return (
    <span class="plain-label">
      {labelOf("model", group)}
      {selected > 0 && (
        <span class="tag beside" title={SELECTED.meaning}>
          {selected < requests ? `${formatCount(selected)} ` : ""}
          {SELECTED.label}
        </span>
      )}
    </span>
  );
}

interface NamedProps {
  group: Group;
  thing: string;
  onSave: ((name: string) => Promise<void>) | null;
}

function Named({ group, thing, onSave }: NamedProps) {
  if (group.key === "") return <span class="plain-label">{labelOf("project", group)}</span>;
  const short = shorten(group.key);
  // An unnamed row's label is its key shortened: nothing to start a name from.
  const named = !group.key.startsWith(group.label.replace(/…$/, ""));
  const label = named ? group.label : short;
  const isProject = thing === "project";
  return (
    <>
      <EditableLabel
        label={named || isProject ? label : `${thing} ${label}`}
        thing={`${thing} ${label}`}
        name={named ? group.label : ""}
        onSave={onSave}
      />
      {named && isProject && (
        <code class="hash" title={group.key}>
          {short}
        </code>
      )}
    </>
  );
}

function shorten(key: string): string {
  return key.length > 12 ? `${key.slice(0, 8)}…` : key;
}
