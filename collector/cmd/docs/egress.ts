import {
  type AgentField,
  CATEGORIZE_FIELDS,
  CONSENT_FIELDS,
  ENROL_FIELDS,
  HEADER_FIELDS,
  STATUS_FIELDS,
  UNENROL_FIELDS,
} from "#proto/egress-agent.ts";
import type { AttributeRule, Mode, RecordRule } from "#proto/egress.ts";
import { MODES, PROMISES, RECORDS, RESOURCE, SCOPE_NAMES, SCOPE_VERSION } from "#proto/egress.ts";
import {
  LOG_FIELDS,
  METRICS,
  type MetricRule,
  TELEMETRY_LABELS,
  TELEMETRY_RESOURCE,
  TELEMETRY_SCOPE,
} from "#proto/egress-telemetry.ts";
import { table } from "./table.ts";

const INTRODUCTION = `# What may leave a developer's machine

<!-- Generated from proto/egress*.ts by \`npm run docs\`. A test fails when the two differ. -->

The table behind this page is the only list of what may be sent. The collector's gate applies it when a record is
queued and again when it is sent, and the server applies it to what it receives. What it does not name cannot leave:
an unknown record or attribute is removed and counted, by its name in the contract or as \`other\`, never by its value.`;

/** How each word of the promise is kept. */
const KEPT: Record<(typeof PROMISES)[number], string> = {
  "token counts": "Token counts",
  timestamps: "Timestamps",
  "model names": "Model names",
  "working directory hash": "A salted hash of the working directory",
};

/** Renders the contract as docs/egress-contract.md. */
export function egressPage(): string {
  return `${[INTRODUCTION, modeOff(), allModes(), envelope(), agent(), telemetry()].join("\n\n")}\n`;
}

function modeOff(): string {
  return `## Mode \`off\`, the default

> Only token counts, timestamps, model names, and a salted hash of the working directory leave the agent.

### What the promise names

${table(["The promise", "What is sent"], PROMISES.map(promised))}

### What it does not name, and why it is sent

Hashes are pseudonyms: they carry no name, but the same thing always has the same hash. They are keyed with a secret of the
team, so that nobody without it can test a guess.

${table(["Attribute", "Meaning", "Why"], exceptions())}

No prompt, no answer, no tool argument or result, no file content, no path, no branch, no host name, no user name and no
e-mail address is sent.`;
}

function promised(word: (typeof PROMISES)[number]): string[] {
  if (word === "timestamps") {
    const times = recordsOf("off").map((rule) => `of \`${rule.eventName}\` in whole ${resolution(rule)}`);
    return [KEPT[word], `The record's time: ${times.join(", ")}`];
  }
  const names = attributesOf("off").filter(({ promise }) => promise === word);
  return [KEPT[word], names.map(({ name }) => `\`${name}\``).join(", ")];
}

function exceptions(): string[][] {
  const rows = attributesOf("off")
    .filter(({ promise }) => promise === "exception")
    .map(({ name, meaning, reason = "" }) => [`\`${name}\``, meaning, reason]);
  return [
    ...rows,
    ["`scope.name`", "The receiver that read the record.", "OpenTelemetry's name for the source."],
  ];
}

function allModes(): string {
  const sections = RECORDS.map((rule) => {
    const rows = rule.attributes.map((attribute) => [
      `\`${attribute.name}\``,
      shape(attribute),
      ...marks(attribute.modes),
      attribute.meaning +
        (attribute.optIn === undefined ? "" : ` Needs the team's opt-in \`${attribute.optIn}\`.`),
    ]);
    const time = ["_time_", `whole ${resolution(rule)}`, ...marks(rule.modes), ""];
    const body = rule.body && [
      "_body_",
      text(rule.body.maxLength),
      ...marks(rule.body.modes),
      "The text itself.",
    ];
    return `### \`${rule.eventName}\`\n\n${rule.meaning}\n\n${modesTable([time, ...rows, ...(body ? [body] : [])])}`;
  });
  return `## Every record in every mode\n\nA mode lists everything that it permits; nothing is implied by another mode.\n\n${sections.join("\n\n")}`;
}

function envelope(): string {
  const rows = RESOURCE.map((rule) => [`\`${rule.name}\``, shape(rule), ...marks(rule.modes), rule.meaning]);
  const scopes = SCOPE_NAMES.map((name) => `\`${name}\``).join(" or ");
  return `## Resource and scope\n\n${modesTable(rows)}\n\nThe scope's name is the receiver: ${scopes}. Its version is the receiver's: ${shape(SCOPE_VERSION)}. It has no attributes.`;
}

function agent(): string {
  const parts = [
    ["`POST /v1/enroll`, once", ENROL_FIELDS],
    ["`POST /v1/agent/status`, each few minutes", STATUS_FIELDS],
    ["`POST /v1/agent/consent`, when a mode is accepted", CONSENT_FIELDS],
    ["`POST /v1/categorize`, for one prompt at a time", CATEGORIZE_FIELDS],
    ["`POST /v1/agent/unenroll`, once", UNENROL_FIELDS],
    ["Headers of `POST /v1/logs` and `POST /v1/categorize`", HEADER_FIELDS],
  ] as const;
  const tables = parts.map(
    ([title, fields]) => `### ${title}\n\n${table(["Field", "Value", "Meaning"], agentRows(fields))}`,
  );
  return `## What an enrolled machine tells its team's backend

Besides records, and only after \`talos enroll\`. Asking for the configuration (\`GET /v1/agent/config\`) and for a new agent
token (\`POST /v1/agent/token\`), and \`talos account\` (\`POST /v1/agent/link\`, \`POST /v1/agent/unlink\`), send the agent token
and nothing else. A request with any other field is refused.

${tables.join("\n\n")}`;
}

function agentRows(fields: Readonly<Record<string, AgentField>>): string[][] {
  return Object.entries(fields).map(([name, { value, meaning }]) => [
    `\`${name}\``,
    agentShape(value),
    meaning,
  ]);
}

function agentShape(value: AgentField["value"]): string {
  if (value === "flag") return "true or false";
  if (value === "counts") return "whole numbers";
  if (value === "text") return "text";
  return value instanceof RegExp ? "fixed pattern" : value.map((each) => `\`${each}\``).join(" ");
}

function telemetry(): string {
  const metrics = Object.values(METRICS).map(({ name, labels }: MetricRule) => [
    `\`${name}\``,
    labels.map((label) => `\`${label}\``).join(", "),
  ]);
  const labels = Object.entries(TELEMETRY_LABELS).map(([name, values]) => [
    `\`${name}\``,
    values.map((value) => `\`${value}\``).join(", "),
  ]);
  return `## What the collector tells of itself

Only where \`service.telemetry.otlp\` names an endpoint: [telemetry.md](telemetry.md). The resource is ${TELEMETRY_RESOURCE.map((name) => `\`${name}\``).join(", ")}; the scope is
\`${TELEMETRY_SCOPE}\`. Values of labels come from closed lists, log lines are known messages with the fields ${Object.keys(
    LOG_FIELDS,
  )
    .map((name) => `\`${name}\``)
    .join(", ")}.

${table(["Metric", "Labels"], metrics)}

${table(["Label", "Values"], labels)}`;
}

function modesTable(rows: readonly (readonly string[])[]): string {
  return table(["Attribute", "Value", ...MODES.map((mode) => `\`${mode}\``), "Meaning"], rows);
}

function marks(modes: readonly Mode[]): string[] {
  return MODES.map((mode) => (modes.includes(mode) ? "✓" : ""));
}

function recordsOf(mode: Mode): RecordRule[] {
  return RECORDS.filter((rule) => rule.modes.includes(mode));
}

/** Every attribute that the mode lets leave, once, in the order of the contract. */
function attributesOf(mode: Mode): AttributeRule[] {
  const all = [...recordsOf(mode).flatMap((rule) => rule.attributes), ...RESOURCE, SCOPE_VERSION];
  const inMode = all.filter(({ modes }) => modes.includes(mode));
  return [...new Map(inMode.map((rule) => [rule.name, rule])).values()];
}

function resolution({ resolutionMs }: RecordRule): string {
  return resolutionMs === 1000 ? "seconds" : "minutes";
}

/** A list as long as this is printed; of a longer one the length. */
const PRINTED_VALUES = 6;

function shape(rule: AttributeRule): string {
  if (rule.type === "bool") return "`true`";
  if (rule.type !== "string") {
    return `${rule.type === "int" ? "whole number" : "number"}, ${number(rule.min)} to ${number(rule.max)}`;
  }
  if (rule.values !== undefined) {
    if (rule.values.length > PRINTED_VALUES) return `closed list of ${rule.values.length}`;
    return rule.values.map((value) => `\`${value}\``).join(" ");
  }
  const digits = /^\^\[0-9a-f\]\{(\d+)\}\$$/.exec(rule.pattern?.source ?? "")?.[1];
  return digits === undefined ? `${text(rule.maxLength)}, fixed pattern` : `${digits} hex digits`;
}

function text(maxLength = 0): string {
  return `text, at most ${number(maxLength)} characters`;
}

function number(value = 0): string {
  return value.toLocaleString("en-US");
}
