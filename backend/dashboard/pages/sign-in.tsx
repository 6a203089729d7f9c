import { useEffect, useState } from "preact/hooks";
import { replace } from "../address.ts";
import { asFailure } from "../api.ts";
import type { Api, ApiFailure } from "../api.ts";
import { Message, NewLink, failureWords } from "../parts/message.tsx";

/** The code rides behind the `#`, which browsers send to no server: it is in no log and no referrer. */
function takeCode(): string {
  const code = location.hash.slice(1);
  // Out of the address bar and the history at once: the link works a single time anyway.
  if (code !== "") replace("/sign-in");
  return code;
}

export function SignIn({ api }: { api: Api }) {
  const [code, setCode] = useState(takeCode);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    // A new link pasted over an old one changes only what is behind the #: the browser loads nothing anew.
    const takeNew = () => location.hash !== "" && setCode(takeCode());
    addEventListener("hashchange", takeNew);
    return () => removeEventListener("hashchange", takeNew);
  }, []);
  useEffect(() => {
    if (code === "") return;
    setFailure(null);
    void enter(api, code).then(
      () => replace("/"),
      (error: unknown) => setFailure(asFailure(error)),
    );
  }, [api, code, attempt]);

  if (code === "") {
    return (
      <Message title="Sign in with a link">
        <p>Open the sign-in link as it was printed, with everything behind the # sign.</p>
        <NewLink />
      </Message>
    );
  }
  if (failure === null) {
    return (
      <Message title="Signing in…">
        <p role="status">One moment.</p>
      </Message>
    );
  }
  if (failure.kind === "signed_out" || failure.status === 410) {
    return (
      <Message title="This link no longer works">
        <p role="alert">It was used already, or it is too old. Each link signs in once.</p>
        <NewLink />
      </Message>
    );
  }
  const { cause, next } = failureWords(failure);
  return (
    <Message title="Signing in did not work">
      <p role="alert">{cause}</p>
      <p>{next}</p>
      <button type="button" class="button primary" onClick={() => setAttempt(attempt + 1)}>
        Try again
      </button>
    </Message>
  );
}

/** A used link in a browser that is signed in already leads to the numbers, not to a dead end. */
async function enter(api: Api, code: string): Promise<void> {
  try {
    await api.signIn(code);
  } catch (error) {
    if (asFailure(error).kind !== "signed_out") throw error;
    await api.me();
  }
}
