import { attributeRule, MODES, type Mode, RECORDS } from "#proto/egress.ts";

/** The modes that a developer may accept. */
export const ACCEPTABLE = ["categorize_local", "categorize_cloud", "full"] as const satisfies Mode[];
export type Acceptable = (typeof ACCEPTABLE)[number];

const WHERE: Record<Acceptable, string> = {
  categorize_local: "your prompts are read by Ollama on this computer, or by rules; they do not leave it",
  categorize_cloud:
    "your prompts, with secrets replaced, pass one at a time through the team's backend to Anthropic, which sorts them; neither keeps them",
  full: "your prompts and the answers, with secrets replaced, are kept by the team's backend, encrypted for the team",
};

export interface Terms {
  mode: Acceptable;
  /** "" on a machine that belongs to no team. */
  team: string;
  host: string;
  /** Undefined where nobody keeps anything. 0 is for ever. */
  retentionDays: number | undefined;
  days: number;
}

/** What somebody reads before they accept. Made from the contract, so that it cannot say less than leaves. */
export function termsText({ mode, team, host, retentionDays, days }: Terms): string {
  const rows: [string, string[]][] = [
    ["What happens", [WHERE[mode]]],
    ["What leaves", [...beyondOff(mode)]],
    ["To", [host === "" ? "the destinations of your configuration" : `${host}, for the team ${team}`]],
    ["Kept", [keptWords(retentionDays)]],
    [
      "Your say",
      [
        "`talos consent off` takes it back at any time: what waits here is then taken out, and nobody is shown that you did",
        `it ends by itself after ${days} days, when the team keeps text longer, or when more would leave`,
        "only what you write from now on is read, never what was written before",
      ],
    ],
  ];
  const lines = rows.flatMap(([name, texts]) =>
    texts.map((text, i) => `  ${(i === 0 ? name : "").padEnd(13)} ${text}`),
  );
  return ["", `  Accept ${mode} on this computer`, "", ...lines, ""].join("\n");
}

function keptWords(days: number | undefined): string {
  if (days === undefined) return "as long as those destinations keep it";
  return days === 0 ? "for ever" : `for ${days} days`;
}

/** What the mode lets out that mode `off` does not. */
function beyondOff(mode: Acceptable): string[] {
  const found: string[] = [];
  for (const { eventName, attributes, body, modes, meaning } of RECORDS) {
    if (!modes.includes(mode)) continue;
    if (body?.modes.includes(mode) === true) found.push(`${eventName}: the text itself. ${meaning}`);
    for (const { name, meaning: what } of attributes) {
      const isMore = attributeRule(eventName, name, mode) !== undefined && modes.includes("off");
      if (isMore && attributeRule(eventName, name, "off") === undefined) found.push(`${name}: ${what}`);
    }
  }
  return [...new Set(found)];
}

export function isAcceptable(text: string): text is Acceptable {
  return ACCEPTABLE.some((mode) => mode === text);
}

export function strictnessOf(mode: Mode): number {
  return MODES.indexOf(mode);
}
