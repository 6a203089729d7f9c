import type { FunctionComponent } from "preact";
import type { Me } from "../../../domain/report.ts";
import { isAtLeast, type Role } from "../../../domain/role.ts";
import { Link } from "../../parts/link.tsx";
import { Message } from "../../parts/message.tsx";
import { Account } from "./account.tsx";
import { Agents } from "./agents.tsx";
import { Audit } from "./audit.tsx";
import { Keys } from "./keys.tsx";
import { Members } from "./members.tsx";
import { Privacy } from "./privacy.tsx";
import { Team } from "./team.tsx";

export interface PageProps {
  me: Me;
  now: () => number;
  /** Asks anew who looks at what, after that was changed: it is shown around the page too. */
  onMeChanged: () => Promise<void>;
}

interface Page {
  path: string;
  title: string;
  /** Who finds anything there. */
  role: Role;
  page: FunctionComponent<PageProps>;
}

const PAGES: readonly Page[] = [
  { path: "/settings", title: "Team", role: "viewer", page: Team },
  { path: "/settings/privacy", title: "Privacy", role: "viewer", page: Privacy },
  { path: "/settings/members", title: "Members", role: "manager", page: Members },
  { path: "/settings/agents", title: "Machines", role: "manager", page: Agents },
  { path: "/settings/audit", title: "Audit log", role: "admin", page: Audit },
  { path: "/settings/keys", title: "API keys", role: "admin", page: Keys },
  { path: "/settings/account", title: "My account", role: "viewer", page: Account },
];

/** The pages beside the numbers: each role sees those in which it may do or learn something. */
export function Settings({ pathname, ...props }: PageProps & { pathname: string }) {
  const { role: own } = props.me.viewer;
  const mine = PAGES.filter(({ role }) => isAtLeast(own, role));
  const open = PAGES.find(({ path }) => path === pathname);
  if (open === undefined) {
    return (
      <Message title="There is no such page">
        <Link href="/settings">Go to the team's settings</Link>
      </Message>
    );
  }
  const isMine = mine.includes(open);
  return (
    <div class="settings">
      <nav class="settings-nav" aria-label="Settings">
        {mine.map(({ path, title }) => (
          <Link key={path} href={path} current={path === pathname}>
            {title}
          </Link>
        ))}
      </nav>
      <div class="settings-page">
        <h1>{open.title}</h1>
        {isMine ? (
          <open.page {...props} />
        ) : (
          <p class="card panel" role="alert">
            This page is for {open.role}s of the team and above; you are {own === "admin" ? "an" : "a"} {own}.
            Ask an admin for what you need.
          </p>
        )}
      </div>
    </div>
  );
}
