import { useState } from "preact/hooks";
import { asFailure } from "../api.ts";
import type { ApiFailure } from "../api.ts";
import { askForLink } from "../mail-link.ts";

/** Asks for a link by mail. What it says is true whoever has the address. */
export function MailForm() {
  const [email, setEmail] = useState("");
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ text: string; isProblem: boolean } | null>(null);
  const ask = async () => {
    setBusy(true);
    try {
      await askForLink(email);
      setSaid({
        text: `If ${email} is a member's, a link is on its way. It works for ten minutes.`,
        isProblem: false,
      });
    } catch (error) {
      setSaid({ text: problemOf(asFailure(error)), isProblem: true });
    }
    setBusy(false);
  };
  return (
    <form
      class="settings-form"
      onInput={() => setSaid(null)}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && email !== "") void ask();
      }}
    >
      <div class="field">
        <label for="mail-link">E-mail</label>
        <input
          id="mail-link"
          type="email"
          autocomplete="email"
          value={email}
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
      </div>
      <div class="form-end">
        <button type="submit" class="button primary" disabled={busy || email === ""}>
          Send me a link
        </button>
      </div>
      {said !== null && (
        <p class={said.isProblem ? "problem" : "good"} role={said.isProblem ? "alert" : "status"}>
          {said.text}
        </p>
      )}
    </form>
  );
}

function problemOf({ kind, status }: ApiFailure): string {
  if (status === 429) return "Too many requests: wait a minute.";
  if (status === 400) return "This is not an address.";
  return kind === "offline"
    ? "The server did not answer. Try again."
    : "The server could not do this. Try again.";
}
