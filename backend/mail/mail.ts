import type { Settings } from "../env.ts";
import { httpMail } from "./http-mail.ts";

export interface MailMessage {
  to: string;
  subject: string;
  /** Plain: what a mail shows is what it says. */
  text: string;
  /** The same for a message that is sent again, so that it arrives once. */
  key: string;
}

export interface Mail {
  /** False when the mail was not taken. Never throws: what is done does not depend on a mail. */
  send(message: MailMessage): Promise<boolean>;
}

/** Undefined where mail is not set up. */
export function mailOf({ MAIL_URL, MAIL_TOKEN, MAIL_FROM, PUBLIC_URL }: Settings) {
  if (MAIL_URL === undefined || MAIL_TOKEN === undefined || MAIL_FROM === undefined) return undefined;
  // Set wherever mail is: a request's own host must not decide where a mail leads.
  if (PUBLIC_URL === undefined) return undefined;
  return { mail: httpMail({ url: MAIL_URL, token: MAIL_TOKEN, from: MAIL_FROM }), origin: PUBLIC_URL };
}
