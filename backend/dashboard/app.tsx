import type { ComponentChildren, FunctionComponent } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useAddress } from "./address.ts";
import type { Api } from "./api.ts";
import { Feed } from "./feed.ts";
import type { FeedState } from "./feed.ts";
import { Overview } from "./pages/overview.tsx";
import { SignIn } from "./pages/sign-in.tsx";
import { Logo } from "./parts/icons.tsx";
import { Link } from "./parts/link.tsx";
import { FailedPage, Message, SignedOut } from "./parts/message.tsx";
import { Shell } from "./parts/shell.tsx";
import { ApiFailure } from "./api.ts";
import { parseView } from "./range.ts";

interface Props {
  api: Api;
  now: () => number;
}

export function App({ api, now }: Props) {
  const { pathname } = useAddress();
  useEffect(() => {
    document.title = `${titleOf(pathname)} · Talos Auditor`;
  }, [pathname]);
  if (pathname === "/sign-in") {
    return (
      <Alone>
        <SignIn api={api} />
      </Alone>
    );
  }
  if (pathname === "/invite") {
    return (
      <Alone>
        <Lazy load={async () => (await import("./pages/invite.tsx")).Invite} props={{}} />
      </Alone>
    );
  }
  return <SignedIn api={api} now={now} />;
}

const TITLES: Record<string, string> = {
  "/": "Overview",
  "/trust": "What leaves",
  "/sign-in": "Sign in",
  "/invite": "Join the team",
  "/settings": "Team",
  "/settings/privacy": "Privacy",
  "/settings/members": "Members",
  "/settings/agents": "Machines",
  "/settings/audit": "Audit log",
  "/settings/keys": "API keys",
  "/settings/account": "My account",
};

function titleOf(pathname: string): string {
  return pathname.startsWith("/sessions/") ? "Session" : (TITLES[pathname] ?? "Not found");
}

/** A page for people who are not signed in. */
function Alone({ children }: { children: ComponentChildren }) {
  return (
    <main id="content" class="alone">
      <div>
        <p class="brand">
          <Logo />
          Talos Auditor
        </p>
        {children}
      </div>
    </main>
  );
}

function SignedIn({ api, now }: Props) {
  const { pathname, search } = useAddress();
  const view = useMemo(() => parseView(search), [search]);
  const [feed] = useState(
    () => new Feed({ api, now, isVisible: () => document.visibilityState === "visible" }, view),
  );
  const [state, setState] = useState<FeedState>(feed.state);
  useEffect(() => feed.subscribe(setState), [feed]);
  useEffect(() => {
    const look = () => void feed.poll();
    document.addEventListener("visibilitychange", look);
    addEventListener("online", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      removeEventListener("online", look);
    };
  }, [feed]);
  // The other page has no view of its own: coming back must not ask for the default one in between.
  useEffect(() => {
    if (pathname === "/") feed.show(view);
  }, [feed, view, pathname]);
  return (
    <Shell state={state} pathname={pathname} now={now} onSignOut={() => void feed.signOut()}>
      <Page pathname={pathname} state={state} now={now} feed={feed}>
        <Overview feed={feed} state={state} view={view} api={api} />
      </Page>
    </Shell>
  );
}

interface PageProps {
  pathname: string;
  state: FeedState;
  now: () => number;
  feed: Feed;
  children: ComponentChildren;
}

function Page({ pathname, state: { me, failure }, now, feed, children }: PageProps) {
  if (pathname === "/") return <>{children}</>;
  if (pathname === "/trust") return <Lazy key="trust" load={loadTrust} props={{}} />;
  const isSession = pathname.startsWith("/sessions/");
  if (!isSession && pathname !== "/settings" && !pathname.startsWith("/settings/")) {
    return (
      <Message title="There is no such page">
        <Link href="/">Go to the overview</Link>
      </Message>
    );
  }
  if (failure?.kind === "signed_out") return <SignedOut />;
  if (me === null && failure !== null) {
    return (
      <FailedPage title="This page could not be loaded" failure={failure} onRetry={() => feed.retry()} />
    );
  }
  if (me === null) return <p role="status">Loading…</p>;
  if (isSession) return <Lazy key="session" load={loadTimeline} props={{ me, pathname }} />;
  return (
    <Lazy
      key="settings"
      load={loadSettings}
      props={{ me, now, pathname, onMeChanged: () => feed.refresh() }}
    />
  );
}

const loadTrust = async () => (await import("./pages/trust.tsx")).Trust;
const loadTimeline = async () => (await import("./pages/timeline.tsx")).Timeline;
const loadSettings = async () => (await import("./pages/settings/settings.tsx")).Settings;

/** A page that is fetched only by those who open it. */
function Lazy<P extends object>({ load, props }: { load: () => Promise<FunctionComponent<P>>; props: P }) {
  const [Loaded, setLoaded] = useState<FunctionComponent<P> | null>(null);
  const [failed, setFailed] = useState(false);
  // Each way to it loads one page, however often it is drawn.
  useEffect(() => {
    load().then(
      (component) => setLoaded(() => component),
      () => setFailed(true),
    );
    // oxlint-disable-next-line react/exhaustive-deps -- the caller's function is the same in all but its identity
  }, []);
  if (failed)
    return (
      <FailedPage
        title="This page could not be loaded"
        failure={new ApiFailure("offline", 0, "no_answer")}
        onRetry={() => location.reload()}
      />
    );
  return Loaded ? <Loaded {...props} /> : <p role="status">Loading…</p>;
}
