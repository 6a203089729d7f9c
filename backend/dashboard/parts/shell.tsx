import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { FeedState } from "../feed.ts";
import { THEMES, chooseTheme, storedTheme } from "../theme.ts";
import { MODE_WORDS } from "../words.ts";
import { Invented } from "./invented.tsx";
import { Icon, Logo } from "./icons.tsx";
import { Link } from "./link.tsx";
import { Live } from "./live.tsx";

interface Props {
  state: FeedState;
  pathname: string;
  now: () => number;
  onSignOut: () => void;
  children: ComponentChildren;
}

/** What every page has around it: where one is, whose data it is, whether it is current and whether it is real. */
export function Shell({ state, pathname, now, onSignOut, children }: Props) {
  const { me } = state;
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      {me?.demo === true && <Invented />}
      <header class="top">
        <div class="top-inner">
          <Link href="/" class="brand">
            <Logo />
            <span class="brand-name">Talos Auditor</span>
          </Link>
          {me && (
            <span class="team" title={me.team.name}>
              {me.team.name}
            </span>
          )}
          <nav aria-label="Pages">
            <Link href="/" current={pathname === "/"}>
              Overview
            </Link>
            <Link href="/trust" current={pathname === "/trust"}>
              What leaves
            </Link>
            <Link href="/settings" current={pathname.startsWith("/settings")}>
              Settings
            </Link>
          </nav>
          {state.failure?.kind !== "signed_out" && <Live state={state} now={now} />}
          <ThemeButton />
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <Footer state={state} onSignOut={onSignOut} />
    </>
  );
}

function ThemeButton() {
  const [theme, setTheme] = useState(storedTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
  const words = { auto: "as the system", light: "light", dark: "dark" };
  return (
    <button
      type="button"
      class="button icon-button"
      aria-label={`Colours: ${words[theme]}. Change to ${words[next]}`}
      title={`Colours: ${words[theme]}`}
      onClick={() => {
        chooseTheme(next);
        setTheme(next);
      }}
    >
      <Icon name={theme} />
    </button>
  );
}

function Footer({ state: { me }, onSignOut }: Pick<Props, "state" | "onSignOut">) {
  return (
    <footer class="bottom">
      <p>
        <strong>List prices, not your bill. Not for rating people.</strong>
      </p>
      {me && (
        <p>
          Privacy mode: {MODE_WORDS[me.mode].label}. {MODE_WORDS[me.mode].meaning}{" "}
          <Link href="/trust">All that leaves by default</Link>
        </p>
      )}
      {me && (
        <p class="signed-in">
          <button type="button" class="button" onClick={onSignOut}>
            Sign out
          </button>
        </p>
      )}
    </footer>
  );
}
