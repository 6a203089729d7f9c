import type { FunctionComponent } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useAddress } from "./address.ts";
import type { Api } from "./api.ts";
import { Feed } from "./feed.ts";
import type { FeedState } from "./feed.ts";
import { Overview } from "./pages/overview.tsx";
import { SignIn } from "./pages/sign-in.tsx";
import { Logo } from "./parts/icons.tsx";
import { Link } from "./parts/link.tsx";
import { FailedPage, Message } from "./parts/message.tsx";
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
    document.title = `${TITLES[pathname] ?? "Not found"} · Talos Auditor`;
  }, [pathname]);
  if (pathname === "/sign-in") {
    return (
      <main id="content" class="alone">
        <div>
          <p class="brand">
            <Logo />
            Talos Auditor
          </p>
          <SignIn api={api} />
        </div>
      </main>
    );
  }
  return <SignedIn api={api} now={now} />;
}

const TITLES: Record<string, string> = { "/": "Overview", "/trust": "What leaves", "/sign-in": "Sign in" };

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
      <Page pathname={pathname}>
        <Overview feed={feed} state={state} view={view} api={api} />
      </Page>
    </Shell>
  );
}

function Page({ pathname, children }: { pathname: string; children: preact.ComponentChildren }) {
  if (pathname === "/") return <>{children}</>;
  if (pathname === "/trust") return <LazyTrust />;
  return (
    <Message title="There is no such page">
      <Link href="/">Go to the overview</Link>
    </Message>
  );
}

/** The contract's table is fetched only by those who read it. */
function LazyTrust() {
  const [Trust, setTrust] = useState<FunctionComponent | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    import("./pages/trust.tsx").then(
      (module) => setTrust(() => module.Trust),
      () => setFailed(true),
    );
  }, []);
  if (failed)
    return (
      <FailedPage failure={new ApiFailure("offline", 0, "no_answer")} onRetry={() => location.reload()} />
    );
  return Trust ? <Trust /> : <p role="status">Loading…</p>;
}
