import { useState } from "preact/hooks";
import { isAtLeast, ROLES, type Role } from "../../../domain/role.ts";
import { formatMomentFully } from "../../day.ts";
import { Action, Field, Form, Select } from "../../parts/action.tsx";
import { List, Loaded, Panel } from "../../parts/panel.tsx";
import { Copy, ShownOnce } from "../../parts/shown-once.tsx";
import { call } from "../../settings-api.ts";
import { type Pages, usePages } from "../../use-answer.ts";
import { ROLE_WORDS } from "../../words.ts";
import type { PageProps } from "./settings.tsx";

type Member = Awaited<ReturnType<typeof askMembers>>["rows"][number];

async function askMembers(cursor: string | undefined) {
  const { members, next } = await call("GET /api/members", { query: { cursor } });
  return { rows: members, next };
}

async function askInvites(cursor: string | undefined) {
  const { invites, next } = await call("GET /api/invites", { query: { cursor } });
  return { rows: invites, next };
}

export function Members({ me, onMeChanged }: PageProps) {
  const mayManage = isAtLeast(me.viewer.role, "admin");
  const members = usePages(askMembers);
  return (
    <>
      <Panel
        title="People who look"
        about="Members sign in here. Developers, whose machines send, need not be members."
      >
        <Loaded answer={members}>
          {({ rows, next }) => (
            <List
              label="Members"
              head={["Name", "Role", "Last seen", ""]}
              isEmpty={rows.length === 0}
              empty="Nobody yet."
              next={next}
              onMore={members.more}
            >
              {rows.map((member) => (
                <MemberRow
                  key={member.id}
                  member={member}
                  me={me}
                  mayManage={mayManage}
                  onChanged={async () => {
                    // First the list: with another role of one's own it may not be seen any more.
                    await members.reload();
                    if (member.id === me.viewer.id) await onMeChanged();
                  }}
                />
              ))}
            </List>
          )}
        </Loaded>
      </Panel>
      {mayManage && <Invites me={me} />}
      <Panel title="What each role may do">
        <dl class="facts">
          {ROLES.map((role) => (
            <div key={role}>
              <dt>{ROLE_WORDS[role].label}</dt>
              <dd>{ROLE_WORDS[role].meaning}</dd>
            </div>
          ))}
        </dl>
      </Panel>
    </>
  );
}

interface RowProps {
  member: Member;
  me: PageProps["me"];
  mayManage: boolean;
  onChanged: () => Promise<void>;
}

function MemberRow({ member, me, mayManage, onChanged }: RowProps) {
  // Owners alone make and unmake owners.
  const mayChange = mayManage && (member.role !== "owner" || me.viewer.role === "owner");
  const roles = ROLES.filter((role) => role !== "owner" || me.viewer.role === "owner");
  const isMe = member.id === me.viewer.id;
  return (
    <tr data-key={member.id}>
      <th scope="row">
        <bdi>{member.label}</bdi> {isMe && <span class="tag">you</span>}
        {member.email !== "" && <span class="hash">{member.email}</span>}
      </th>
      <td data-label="Role">
        {mayChange ? (
          <RoleChoice member={member} roles={roles} onChanged={onChanged} />
        ) : (
          ROLE_WORDS[member.role].label
        )}
      </td>
      <td data-label="Last seen" class="when">
        {member.seenAt === null ? "never" : formatMomentFully(member.seenAt, me.team.timeZone)}
      </td>
      <td class="actions">
        {mayChange && !isMe && (
          <Action
            label="Remove"
            thing={member.label}
            question={`${member.label} will be signed out everywhere and see nothing of this team.`}
            onConfirm={async () => {
              await call("DELETE /api/members/:member", { params: { member: member.id } });
              await onChanged();
            }}
          />
        )}
      </td>
    </tr>
  );
}

function RoleChoice({
  member,
  roles,
  onChanged,
}: {
  member: Member;
  roles: Role[];
  onChanged: () => Promise<void>;
}) {
  const [role, setRole] = useState(member.role);
  if (role === member.role) {
    return (
      <select
        aria-label={`Role of ${member.label}`}
        value={role}
        onChange={(event) => setRole(roles.find((each) => each === event.currentTarget.value) ?? role)}
      >
        {roles.map((each) => (
          <option key={each} value={each}>
            {ROLE_WORDS[each].label}
          </option>
        ))}
      </select>
    );
  }
  return (
    <span class="role-change">
      <Action
        label={`Make ${ROLE_WORDS[role].label.toLowerCase()}`}
        thing={member.label}
        question={ROLE_WORDS[role].meaning}
        onConfirm={async () => {
          await call("PUT /api/members/:member/role", { params: { member: member.id }, body: { role } });
          await onChanged();
        }}
      />
      <button type="button" class="button" onClick={() => setRole(member.role)}>
        Keep {ROLE_WORDS[member.role].label.toLowerCase()}
      </button>
    </span>
  );
}

function Invites({ me }: { me: PageProps["me"] }) {
  const invites = usePages(askInvites);
  return (
    <>
      <Panel title="Invite somebody" about="The link works once and for seven days.">
        <InviteForm me={me} onInvited={invites.reload} />
      </Panel>
      <Panel title="Invites">
        <InviteList invites={invites} me={me} />
      </Panel>
    </>
  );
}

function InviteForm({ me, onInvited }: { me: PageProps["me"]; onInvited: () => Promise<void> }) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [made, setMade] = useState<{ link: string; mailed: boolean; email: string } | null>(null);
  const roles = ROLES.filter((each) => each !== "owner" || me.viewer.role === "owner");
  return (
    <>
      <Form
        submit="Invite"
        isReady={/^\S+@\S+$/.test(email)}
        onSubmit={async () => {
          const { link, mailed } = await call("POST /api/invites", { body: { email, role } });
          setMade({ link, mailed, email });
          setEmail("");
          await onInvited();
        }}
      >
        <Field label="E-mail">
          {(id) => (
            <input
              id={id}
              type="email"
              autocomplete="off"
              value={email}
              onInput={(event) => setEmail(event.currentTarget.value)}
            />
          )}
        </Field>
        <Select
          label="Role"
          value={role}
          options={roles.map((value) => ({ value, label: ROLE_WORDS[value].label }))}
          onChange={setRole}
          hint={ROLE_WORDS[role].meaning}
        />
      </Form>
      {made !== null && (
        <ShownOnce
          key={made.link}
          title={made.mailed ? `An invite was mailed to ${made.email}.` : `Send this link to ${made.email}.`}
        >
          <Copy label="the link" text={made.link} />
        </ShownOnce>
      )}
    </>
  );
}

type InvitePages = Pages<Awaited<ReturnType<typeof askInvites>>["rows"][number]>;
const STATE_WORDS = { open: "open", accepted: "accepted", revoked: "revoked", expired: "expired" };

function InviteList({ invites, me }: { invites: InvitePages; me: PageProps["me"] }) {
  return (
    <Loaded answer={invites}>
      {({ rows, next }) => (
        <List
          label="Invites"
          head={["For", "Role", "Invited by", "Valid until", "State", ""]}
          isEmpty={rows.length === 0}
          empty="No invites yet."
          next={next}
          onMore={invites.more}
        >
          {rows.map((invite) => (
            <tr key={invite.id} data-key={invite.id}>
              <th scope="row">{invite.email}</th>
              <td data-label="Role">{ROLE_WORDS[invite.role].label}</td>
              <td data-label="Invited by" class="breaks">
                <bdi>{invite.invitedBy}</bdi>
              </td>
              <td data-label="Valid until" class="when">
                {formatMomentFully(invite.expiresAt, me.team.timeZone)}
              </td>
              <td data-label="State">{STATE_WORDS[invite.state]}</td>
              <td class="actions">
                {invite.state === "open" && (
                  <Action
                    label="Revoke"
                    thing={invite.email}
                    question="The link will work no more."
                    onConfirm={async () => {
                      await call("DELETE /api/invites/:invite", { params: { invite: invite.id } });
                      await invites.reload();
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
