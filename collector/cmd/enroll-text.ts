import type { Enrolment } from "../enrolment/folder.ts";
import type { ServerPolicy } from "../enrolment/policy.ts";

/** What somebody reads before they are asked. Plain words: no setting has to be known. */
export function beforeText({ endpoint, isBulk }: { endpoint: URL; isBulk: boolean }): string {
  const rows: [string, string[]][] = [
    [
      "What it does",
      ["follows what Claude Code and Cursor write on this computer, from now on, and sends numbers from it"],
    ],
    ["To", [endpoint.host]],
    [
      "What leaves",
      [
        "token counts, times, model names and a salted hash of the folder; every field is in docs/egress-contract.md",
        "no prompts, no answers, no code, no file names, no paths",
        "your team may allow categories or text: nothing of that leaves before you accept it on this machine",
        "now and then: this program's version, the privacy mode in force and counters of records",
      ],
    ],
    [
      "Who sees it",
      [
        "who your team lets sign in to its dashboard; you are called by a pseudonym unless the team shows names",
        isBulk
          ? "your login leaves as a keyed hash, so that your machines count as one person"
          : "the token names the person it was made for",
      ],
    ],
    ["Kept here", ["a token, the team's salt and this machine's key, which only you can read"]],
    [
      "Your say",
      [
        "`talos pause 2h` reads nothing for a while, `talos exclude` leaves out a folder, `talos tap` shows what leaves",
        "`talos unenroll` ends it and erases what is kept here",
      ],
    ],
  ];
  const lines = rows.flatMap(([name, texts]) =>
    texts.map((text, i) => `  ${(i === 0 ? name : "").padEnd(13)} ${text}`),
  );
  return ["", "  Enrol this computer with Talos Auditor", "", ...lines, ""].join("\n");
}

/** What it has come to. */
export function afterText(enrolment: Enrolment, policy: ServerPolicy, running: boolean): string[] {
  const { team, developer, agent, endpoint } = enrolment;
  const days = policy.retentionDays === 0 ? "for ever" : `for ${policy.retentionDays} days`;
  return [
    `Enrolled: ${team.name}, as ${developer.label} (${agent}), at ${endpoint.host}.`,
    policy.mode === "off"
      ? "The team allows mode off: numbers alone, no text."
      : `The team allows up to mode ${policy.mode} and keeps text ${days}; without your consent here it stays off.`,
    running
      ? "The collector that runs takes it over by itself, where it runs the default configuration."
      : "Start with `talos run`; `talos status` shows what was read and what left.",
  ];
}
