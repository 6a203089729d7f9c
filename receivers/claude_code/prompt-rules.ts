/**
 * Whether a text typed into Claude Code is a person's prompt, for lines that do not say so themselves. Works on the
 * raw inside of a JSON string, one UTF-16 unit per byte, because every rule is about ASCII at the text's start.
 */

/** Blocks that the tool puts before or around a prompt; what follows them may be one. */
const ENVELOPES = ["system-reminder", "ide_opened_file", "ide_selection", "ide_diagnostics"];

/** Texts that no person wrote as a prompt: commands, shell mode, their output, other agents, notices. */
const NOISE = [
  "<command-name>",
  "<command-message>",
  "<command-args>",
  "<local-command-stdout>",
  "<local-command-stderr>",
  "<local-command-caveat>",
  "<bash-input>",
  "<bash-stdout>",
  "<bash-stderr>",
  "<task-notification>",
  "<agent-message",
  "<teammate-message",
  "<user-memory-input>",
  "<fork-boilerplate>",
  "Caveat: The messages below were generated",
  "[SYSTEM NOTIFICATION - NOT USER INPUT]",
  "[Request interrupted by user",
  "This session is being continued from a previous conversation",
  "Stop hook feedback:",
  "Base directory for this skill:",
  "[Image: ",
  "[Workflow harness",
  "The user sent a new message while you were working:",
  "Another Claude session sent a message",
  "The coordinator sent a message",
];

/** White space, escaped white space, and a byte order mark in any of its spellings. */
const LEADING_SPACE = /^(?:[\s\u00a0]|\\[nrt]|\u00ef\u00bb\u00bf|\\ufeff)+/i;

/** What is left when the blocks in front of it are gone. */
export function withoutEnvelopes(raw: string): string {
  let text = raw.replace(LEADING_SPACE, "");
  for (let rest = afterEnvelope(text); rest !== undefined; rest = afterEnvelope(text)) {
    text = rest.replace(LEADING_SPACE, "");
  }
  return text;
}

/** Without the tool's reminders, wherever they stand. One that does not end takes the rest with it. */
export function withoutReminders(text: string): string {
  const [open, close] = ["<system-reminder>", "</system-reminder>"];
  let left = "";
  let at = 0;
  for (let from = text.indexOf(open); from >= 0; from = text.indexOf(open, at)) {
    left += text.slice(at, from);
    const end = text.indexOf(close, from);
    if (end < 0) return left;
    at = end + close.length;
  }
  return left + text.slice(at);
}

export function isHumanText(raw: string): boolean {
  const text = withoutEnvelopes(raw);
  return text !== "" && !NOISE.some((start) => text.startsWith(start));
}

function afterEnvelope(text: string): string | undefined {
  const name = ENVELOPES.find((envelope) => text.startsWith(`<${envelope}>`));
  if (name === undefined) return undefined;
  const end = `</${name}>`;
  const at = text.indexOf(end);
  return at < 0 ? "" : text.slice(at + end.length);
}

/** Texts that a program hands to the tool while it works. */
export function isAgentText(raw: string): boolean {
  const text = raw.replace(LEADING_SPACE, "");
  return text.startsWith("<task-notification>") || text.startsWith("<agent-message");
}
