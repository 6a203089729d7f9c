/**
 * Checks against the egress contract. Violations are codes of contract names, or `other`; never values.
 *
 *   event:other · event:<name>          not a contract record, or not one of this mode
 *   time · observed_time · body · field:<name>
 *   attribute:other · attribute:<name>  not in the contract, or not in this record, mode or opt-in
 *   value:<name> · duplicate:<name> · missing:<name>
 *   scope:name · scope:version · scope:attributes · field:schema_url
 */
import type { AttributeRule, Mode, OptIn } from "./attribute-rule.ts";
import { admits, MODES } from "./attribute-rule.ts";
import type { RecordRule } from "./egress-table.ts";
import { RESOURCE, SCOPE_NAMES, SCOPE_VERSION } from "./egress-resource.ts";
import { RECORDS } from "./egress-table.ts";
import type { AnyValue, KeyValue, LogRecord, ResourceLogs, ScopeLogs } from "./logs.ts";

export type { AttributeRule, Mode, OptIn } from "./attribute-rule.ts";
export { admits, MODES, PROMISES } from "./attribute-rule.ts";
export type { RecordRule } from "./egress-table.ts";
export { RECORDS } from "./egress-table.ts";
export { RESOURCE, SCOPE_NAMES, SCOPE_VERSION } from "./egress-resource.ts";

/** What a team may turn on beyond its mode. */
export const NO_OPT_INS: ReadonlySet<OptIn> = new Set();

/** No record is younger than this: 2100-01-01, in nanoseconds since the Unix epoch. */
const END_OF_TIME = 4_102_444_800_000_000_000n;

type RulesByName = ReadonlyMap<string, AttributeRule>;

/** The rules of one record for one mode, ready to look up. */
interface Column {
  byName: RulesByName;
  required: readonly string[];
}

function column(rules: readonly AttributeRule[], mode: Mode): Column {
  const inMode = rules.filter((rule) => rule.modes.includes(mode));
  return {
    byName: new Map(inMode.map((rule) => [rule.name, rule])),
    required: inMode.filter((rule) => rule.required).map((rule) => rule.name),
  };
}

function columns(rules: readonly AttributeRule[]): ReadonlyMap<Mode, Column> {
  return new Map(MODES.map((mode) => [mode, column(rules, mode)]));
}

const recordRules: ReadonlyMap<string, RecordRule> = new Map(RECORDS.map((rule) => [rule.eventName, rule]));
const recordColumns = new Map(RECORDS.map((rule) => [rule, columns(rule.attributes)]));
const resourceColumns = columns(RESOURCE);
const contractNames: ReadonlySet<string> = new Set(
  [...RECORDS.flatMap((rule) => rule.attributes), ...RESOURCE].map((rule) => rule.name),
);
const scopeNames: ReadonlySet<string> = new Set(SCOPE_NAMES);

export function ruleFor(eventName: string): RecordRule | undefined {
  return recordRules.get(eventName);
}

const optIns: ReadonlyMap<string, OptIn> = new Map(
  RECORDS.flatMap(({ attributes }) => attributes).flatMap(({ name, optIn }) =>
    optIn === undefined ? [] : [[name, optIn] as const],
  ),
);

/** What a team must have turned on for this attribute to leave; undefined for what needs nothing. */
export function optInOf(name: string): OptIn | undefined {
  return optIns.get(name);
}

/** The rule of one attribute of a record in a mode. */
export function attributeRule(eventName: string, name: string, mode: Mode): AttributeRule | undefined {
  const rule = recordRules.get(eventName);
  return rule && recordColumns.get(rule)?.get(mode)?.byName.get(name);
}

/** The name as it may be counted and logged: itself where the contract has it, else `other`. */
export function contractName(name: string): string {
  return contractNames.has(name) ? name : "other";
}

/** The strictest of several modes. */
export function strictest(first: Mode, ...others: Mode[]): Mode {
  return others.reduce((a, b) => (MODES.indexOf(b) < MODES.indexOf(a) ? b : a), first);
}

/** The mode that a resource says was applied; undefined where it names none. */
export function modeOf(resource: ResourceLogs["resource"]): Mode | undefined {
  const named = resource.attributes.find(({ key }) => key === "talos.privacy.mode")?.value.stringValue;
  return MODES.find((mode) => mode === named);
}

/** Everything by which the record departs from the contract in this mode. Empty: it may leave. */
export function checkRecord(record: LogRecord, mode: Mode, allowed = NO_OPT_INS): string[] {
  const rule = recordRules.get(record.eventName ?? "");
  if (rule === undefined) return ["event:other"];
  if (!rule.modes.includes(mode)) return [`event:${rule.eventName}`];
  const found = checkFields(record);
  if (!timeFits(record.timeUnixNano, rule)) found.push("time");
  if (record.body !== undefined && !bodyFits(record.body, rule, mode)) found.push("body");
  const rules = recordColumns.get(rule)?.get(mode);
  if (rules !== undefined) checkAttributes(record.attributes, rules, allowed, found);
  return found;
}

/** The same for a resource's attributes. */
export function checkResource(attributes: readonly KeyValue[], mode: Mode): string[] {
  const found: string[] = [];
  const rules = resourceColumns.get(mode);
  if (rules !== undefined) checkAttributes(attributes, rules, NO_OPT_INS, found);
  return found;
}

/** The same for a scope and the envelope of its records. */
export function checkScope({ scope, schemaUrl }: Pick<ScopeLogs, "scope" | "schemaUrl">): string[] {
  const found: string[] = [];
  if (!scopeNames.has(scope.name)) found.push("scope:name");
  if (!admits(SCOPE_VERSION, scope.version)) found.push("scope:version");
  if (scope.attributes.length > 0) found.push("scope:attributes");
  if (schemaUrl) found.push("field:schema_url");
  return found;
}

/** Fields of the data model that no record of this project uses. */
function checkFields(record: LogRecord): string[] {
  const found: string[] = [];
  if (record.observedTimeUnixNano) found.push("observed_time");
  if (record.severityNumber) found.push("field:severity_number");
  if (record.severityText) found.push("field:severity_text");
  if (record.droppedAttributesCount) found.push("field:dropped_attributes_count");
  if (record.flags) found.push("field:flags");
  if (record.traceId?.length) found.push("field:trace_id");
  if (record.spanId?.length) found.push("field:span_id");
  return found;
}

function timeFits(timeUnixNano: bigint, rule: RecordRule): boolean {
  const resolution = rule.resolutionMs === 1000 ? 1_000_000_000n : 60_000_000_000n;
  return timeUnixNano > 0n && timeUnixNano < END_OF_TIME && timeUnixNano % resolution === 0n;
}

function bodyFits(body: AnyValue, { body: rule }: RecordRule, mode: Mode): boolean {
  const member = soleMember(body);
  if (member === undefined) return true;
  const permitted = rule?.modes.includes(mode) ? rule.maxLength : -1;
  return member === "stringValue" && (body.stringValue?.length ?? 0) <= permitted;
}

function checkAttributes(
  attributes: readonly KeyValue[],
  rules: Column,
  allowed: ReadonlySet<OptIn>,
  found: string[],
): void {
  const seen = new Set<string>();
  for (const { key, value } of attributes) {
    const rule = rules.byName.get(key);
    if (rule === undefined || (rule.optIn !== undefined && !allowed.has(rule.optIn))) {
      found.push(`attribute:${contractName(key)}`);
    } else if (seen.has(key)) {
      found.push(`duplicate:${key}`);
    } else {
      seen.add(key);
      if (!admitsValue(rule, value)) found.push(`value:${key}`);
    }
  }
  for (const name of rules.required) if (!seen.has(name)) found.push(`missing:${name}`);
}

function admitsValue(rule: AttributeRule, value: AnyValue): boolean {
  const plain = value[MEMBER_OF[rule.type]];
  return plain !== undefined && soleMember(value) === MEMBER_OF[rule.type] && admits(rule, plain);
}

const MEMBER_OF = {
  string: "stringValue",
  int: "intValue",
  double: "doubleValue",
  bool: "boolValue",
} as const;

/** The one member that is set; `several` for a value that no encoder of OTLP makes. */
function soleMember(value: AnyValue): string | undefined {
  const set = Object.keys(value);
  return set.length > 1 ? "several" : set[0];
}
