export interface ScreenFacts {
  link: string;
  folder: string;
  /** What removes it. */
  removal: string;
  /** Sentences on which tools were found. */
  tools: string[];
  /** Why an invented developer plays; undefined when none does. */
  invented: string | undefined;
  keyNote: string;
  /** Keys can be pressed. */
  hasKeys: boolean;
}

/** What a newcomer reads first: where to look, where data goes, what is written, how to remove it. */
export function welcome(facts: ScreenFacts): string {
  const rows: [string, string][] = [
    ["Dashboard", `${facts.link}   (signs in once; a new start prints a new link)`],
    ["Data goes to", "this computer only; nothing leaves it"],
    [
      "Privacy mode",
      "off: token counts, times, model names and a salted hash of the folder. No prompts, no answers",
    ],
    ["Writes to", `${facts.folder}   (remove all of it: ${facts.removal})`],
    ["Outbox key", facts.keyNote],
    ...facts.tools.map((tool, i): [string, string] => [i === 0 ? "Tools" : "", tool]),
  ];
  const lines = rows.map(([name, text]) => `  ${name.padEnd(13)} ${text}`);
  const invented =
    facts.invented === undefined
      ? []
      : ["", `  INVENTED DATA: an invented developer plays live, ${facts.invented}.`];
  return [
    "",
    "  Talos Auditor",
    "",
    ...lines,
    ...invented,
    "",
    ...(facts.hasKeys ? ["  h counts your last 30 days here, and asks whether to bring them in."] : []),
    "  Ctrl-C ends it and loses nothing.",
    "",
  ].join("\n");
}
