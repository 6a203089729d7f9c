import { isAtLeast } from "../../../domain/role.ts";
import { formatMomentFully } from "../../day.ts";
import { formatCount } from "../../format.ts";
import { Action } from "../../parts/action.tsx";
import { List, Loaded, Panel } from "../../parts/panel.tsx";
import { call } from "../../settings-api.ts";
import { usePages } from "../../use-answer.ts";
import { Enrolment } from "./enrolment.tsx";
import type { PageProps } from "./settings.tsx";

const DAY_MS = 86_400_000;

async function askAgents(cursor: string | undefined) {
  const { agents, next } = await call("GET /api/agents", { query: { cursor } });
  return { rows: agents, next };
}

const POLICY_WORDS = { "": "not known yet", managed: "managed policy", unmanaged: "the machine" };

export function Agents({ me, now }: PageProps) {
  const mayManage = isAtLeast(me.viewer.role, "admin");
  return (
    <>
      {mayManage && <Enrolment me={me} />}
      <Machines me={me} now={now} mayManage={mayManage} />
    </>
  );
}

function Machines({ me, now, mayManage }: Pick<PageProps, "me" | "now"> & { mayManage: boolean }) {
  const agents = usePages(askAgents);
  const { timeZone } = me.team;
  return (
    <Panel
      title="Machines"
      about="Each installation, and the counts that wait on it or were refused. In which mode one runs is shown to nobody: see Privacy for how many."
    >
      <Loaded answer={agents}>
        {({ rows, next }) => (
          <List
            label="Machines"
            head={["Developer", "Version", "Policy from", "Last seen", "Waiting", "Refused", ""]}
            isEmpty={rows.length === 0}
            empty={
              mayManage
                ? "No machine yet: make a token above, and run its command there."
                : "No machine yet. An admin can add some."
            }
            next={next}
            onMore={agents.more}
          >
            {rows.map((agent) => (
              <tr key={agent.id} data-key={agent.id}>
                <th scope="row">
                  <bdi>{agent.developer.label}</bdi>
                  <code class="hash">{agent.id}</code>
                </th>
                <td data-label="Version">{agent.version || "not known yet"}</td>
                <td data-label="Policy from">{POLICY_WORDS[agent.policySource]}</td>
                <td data-label="Last seen" class="when">
                  {seenWords(agent, now(), timeZone)}
                </td>
                <td data-label="Waiting">{countWords(agent.counters, "queued", "parked")}</td>
                <td data-label="Refused">{countWords(agent.counters, "rejected")}</td>
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

/** The sum of what the machine said. */
function countWords(counters: Record<string, number>, ...names: string[]): string {
  const known = names.flatMap((name) => counters[name] ?? []);
  return known.length === 0 ? "not known yet" : formatCount(known.reduce((sum, count) => sum + count, 0));
}

function seenWords(
  { seenAt, revokedAt }: { seenAt: number | null; revokedAt: number | null },
  nowMs: number,
  timeZone: string,
): string {
  if (revokedAt !== null) return `revoked ${formatMomentFully(revokedAt, timeZone)}`;
  if (seenAt === null) return "never";
  const days = Math.floor((nowMs - seenAt) / DAY_MS);
  return days >= 7 ? `silent for ${days} days` : formatMomentFully(seenAt, timeZone);
}
