import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ApiFailure } from "../api.ts";
import { isMailSetUp } from "../mail-link.ts";
import { MailForm } from "./mail-form.tsx";

interface Props {
  title: string;
  children: ComponentChildren;
}

/** A state that fills the page: what is so, why, and what to do next. */
export function Message({ title, children }: Props) {
  return (
    <section class="message card">
      <h1>{title}</h1>
      {children}
    </section>
  );
}

/** Cause and next step of a failure, in words. */
export function failureWords({ kind, status, code }: ApiFailure): { cause: string; next: string } {
  switch (kind) {
    case "offline":
      return {
        cause: "The server did not answer.",
        next: "Check that it is running (npm start prints its address) and that you are online. This page tries again by itself.",
      };
    case "shape":
      return {
        cause: "The server answered something this page cannot read: one of them is newer than the other.",
        next: "Reload the page. If that does not help, restart the server.",
      };
    case "signed_out":
      return { cause: "You are signed out.", next: "Open a new sign-in link." };
    case "refused":
      return status >= 500
        ? {
            cause: `The server failed (status ${status}, ${code}).`,
            next: "Try again. If it stays, its log names the cause.",
          }
        : {
            cause: `The server refused the question (status ${status}, ${code}).`,
            next: "Choose other days, or go back to the default view.",
          };
    default:
      return { cause: "Something unexpected happened.", next: "Reload the page." };
  }
}

interface FailedProps {
  title?: string;
  failure: ApiFailure;
  onRetry: () => void;
}

export function FailedPage({ title = "The numbers could not be loaded", failure, onRetry }: FailedProps) {
  const { cause, next } = failureWords(failure);
  return (
    <Message title={title}>
      <p role="alert">{cause}</p>
      <p>{next}</p>
      <button type="button" class="button primary" onClick={onRetry}>
        Try again
      </button>
    </Message>
  );
}

/** The page still shows older numbers; this says so. */
export function StaleBanner({ failure, onRetry }: { failure: ApiFailure; onRetry: () => void }) {
  const { cause, next } = failureWords(failure);
  return (
    <div class="stale" role="alert">
      <span>
        <strong>These numbers may be old.</strong> {cause} {next}
      </span>
      <button type="button" class="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

export function SignedOut() {
  return (
    <Message title="You are signed out">
      <p>This page opens with a link that works once.</p>
      <NewLink />
    </Message>
  );
}

export function NewLink() {
  const [hasMail, setHasMail] = useState(false);
  useEffect(() => {
    // A server that does not answer this says so elsewhere.
    isMailSetUp().then(setHasMail, () => undefined);
  }, []);
  return (
    <>
      {hasMail && <MailForm />}
      <ul class="steps">
        <li>
          On the computer that runs the server: run <code>npm start</code>. It prints a new link.
        </li>
        <li>In a team: ask whoever looks after Talos Auditor for a new link.</li>
      </ul>
    </>
  );
}
