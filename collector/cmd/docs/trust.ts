import { type AttributeRule, type Mode, MODES, RECORDS, RESOURCE, SCOPE_VERSION } from "#proto/egress.ts";
import { PROMISED, type Promised } from "./promises.ts";
import { table } from "./table.ts";

const INTRODUCTION = `# Trust

<!-- Generated from collector/cmd/docs/promises.ts and proto/egress*.ts by \`npm run docs\`. A test fails when they differ. -->

Each sentence that customers were given about their data, how this program keeps it, and the test that fails when it does
not. What is not kept in this version is said so. [threat-model.md](threat-model.md) says against whom this holds, and where it
does not.

You need not believe any of it: [proof.md](proof.md) shows how to see for yourself what leaves, on your own machine, with your
own logs and without a network.`;

const BEYOND = `## What leaves beyond the words of the promise

The words of mode \`off\` are "token counts, timestamps, model names, and a salted hash of the working directory". These
attributes leave though none of them names it, each for the reason given. The list is made from the contract that the
program enforces, [egress-contract.md](egress-contract.md), which also lists what an enrolled machine tells its team's backend of
itself.`;

const SALT = `## Who holds the salt

A hash of a directory can be tested by guessing, by whoever has the salt. Which of the two holds is the team's choice, on the
page of its settings:

- **Salt policy \`server\`**, the default: the server makes the salt and keeps it, sealed under \`KMS_KEY\`, which is not in the
  database. **Whoever runs the server can then test whether a guessed directory is the one behind a hash.** A stolen database
  alone cannot.
- **Salt policy \`managed\`**: the salt comes by your managed configuration. **The server never has it**, hands none out, and
  cannot test a guess. A test keeps this: "hands no salt out where it comes by managed policy" in
  [backend/http/enrol.test.ts](../backend/http/enrol.test.ts).

Either way a hash is a pseudonym: the same directory always gives the same one. Another destination than the team's own
backend gets other ids for records and sessions, so that the two cannot be joined by them; by directory hashes and times
they still could be.`;

/** Renders docs/trust.md. */
export function trustPage(): string {
  const promises = PROMISED.map(
    ({ title, promises: all }) => `## ${title}\n\n${all.map(promiseText).join("\n\n")}`,
  );
  return `${[INTRODUCTION, ...promises, `${BEYOND}\n\n${beyond()}`, SALT].join("\n\n")}\n`;
}

function promiseText({ words, how, tests }: Promised): string {
  const kept = tests.map(([file, name]) => `- [${file}](../${file}): "${plain(name)}"`);
  const state = tests.length === 0 ? "**Not kept in this version.** " : "";
  return [`> ${words}`, `${state}${how}`, ...(kept.length === 0 ? [] : [kept.join("\n")])].join("\n\n");
}

/** Names of tests that run for many cases, without the places of the cases. */
function plain(name: string): string {
  return name.replaceAll(/^%s: |[:,]? ?\$\w+/g, "");
}

function beyond(): string {
  const rows = [...exceptions().values()].map(({ rule, modes }) => [
    `\`${rule.name}\``,
    ...MODES.map((mode) => (modes.has(mode) ? "✓" : "")),
    rule.reason ?? "",
  ]);
  const scope = ["`scope.name`", ...MODES.map(() => "✓"), "OpenTelemetry's name for the source."];
  return table(["Attribute", ...MODES.map((mode) => `\`${mode}\``), "Why"], [...rows, scope]);
}

function exceptions(): Map<string, { rule: AttributeRule; modes: Set<Mode> }> {
  const all = new Map<string, { rule: AttributeRule; modes: Set<Mode> }>();
  for (const rule of [...RECORDS.flatMap(({ attributes }) => attributes), ...RESOURCE, SCOPE_VERSION]) {
    if (rule.promise !== "exception") continue;
    const known = all.get(rule.name) ?? { rule, modes: new Set<Mode>() };
    for (const mode of rule.modes) known.modes.add(mode);
    all.set(rule.name, known);
  }
  return all;
}
