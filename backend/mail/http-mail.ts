import type { Mail } from "./mail.ts";

const TIMEOUT_MS = 10_000;

/** `POST <url>/emails`, as Resend and what imitates it take it. */
export function httpMail({ url, token, from }: { url: string; token: string; from: string }): Mail {
  return {
    async send({ to, subject, text, key }) {
      try {
        const response = await fetch(`${url}/emails`, {
          method: "POST",
          headers: {
            authorization: `Bearer ${token}`,
            "content-type": "application/json",
            "idempotency-key": key,
          },
          body: JSON.stringify({ from, to: [to], subject, text }),
          // Another host must not be given the token and the mail.
          redirect: "manual",
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        await response.body?.cancel();
        if (response.ok) return true;
        console.error({ msg: "mail was refused", code: "mail_refused", status: response.status });
      } catch {
        console.error({ msg: "mail could not be handed over", code: "mail_failed" });
      }
      return false;
    },
  };
}
