import type { MailMessage } from "./mail.ts";

/** Names are other people's words: nothing in them may look like a link. */
function plain(name: string): string {
  return name.replace(/[^\p{L}\p{M}\p{N}' &()-]+/gu, " ").trim() || "a team";
}

export function inviteMail(to: string, team: string, link: string): Omit<MailMessage, "key"> {
  return {
    to,
    subject: `Join ${plain(team)} on Talos Auditor`,
    text: [
      `You are invited to the team "${plain(team)}" on Talos Auditor, which shows what coding agents cost.`,
      `Open this link to join. It works once, for seven days:\n\n${link}`,
      "Do not pass it on: whoever opens it first is let in. If you expect no invite, do nothing.",
    ].join("\n\n"),
  };
}

export function signInMail(
  to: string,
  links: readonly { team: string; link: string }[],
): Omit<MailMessage, "key"> {
  return {
    to,
    subject: "Your link to sign in to Talos Auditor",
    text: [
      "Each link works once, for ten minutes:",
      ...links.map(({ team, link }) => `${plain(team)}\n${link}`),
      "If you did not ask for this, do nothing: nobody is signed in.",
    ].join("\n\n"),
  };
}
