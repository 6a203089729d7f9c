import type { SourceRecord, Value } from "#component/record.ts";
import { type Mode, RECORDS, type RecordRule } from "#proto/egress.ts";
import { eventNameBytes, type RecordWriter } from "#proto/record-writer.ts";
import { AttributeGate } from "./attribute-gate.ts";
import type { DestinationIds } from "./ids.ts";

/** Where a local id ends up, and only as a keyed hash. */
const IDS: ReadonlyMap<string, (ids: DestinationIds, record: SourceRecord) => string | undefined> = new Map([
  ["log.record.uid", (ids, { source, local }) => ids.record(source, local.request)],
  ["gen_ai.conversation.id", (ids, { local }) => local.session && ids.conversation(local.session)],
  ["talos.turn.id", (ids, { local }) => local.turn && ids.turn(local.turn)],
  ["talos.project.hash", (ids, { local }) => local.origin && ids.project(local.origin)],
]);

/** Their values are hardly worth remembering. */
const SELDOM_REPEATED: ReadonlySet<string> = new Set(["log.record.uid", "talos.turn.id"]);

interface Field {
  attribute: AttributeGate;
  /** Makes the value from local ids: what the record itself holds under this name is ignored. */
  id: ((ids: DestinationIds, record: SourceRecord) => string | undefined) | undefined;
}

/** What is allowed of one kind of record. */
interface Allowed {
  rule: RecordRule;
  fields: readonly Field[];
  eventName: Uint8Array;
}

/**
 * The last step before anything is stored or sent: writes the record that leaves by the contract's table, so that
 * what the table does not name cannot pass.
 */
export class Gate {
  readonly #ids: DestinationIds;
  readonly #mode: Mode;
  /** Counts what was held back: a contract name or `other`, never a value. */
  readonly #blocked: (name: string) => void;
  readonly #allowed: ReadonlyMap<string, Allowed>;

  constructor(ids: DestinationIds, mode: Mode, blocked: (name: string) => void) {
    this.#ids = ids;
    this.#mode = mode;
    this.#blocked = blocked;
    this.#allowed = new Map(
      RECORDS.filter(({ modes }) => modes.includes(mode)).map((rule) => [
        rule.eventName,
        allowedOf(rule, mode),
      ]),
    );
  }

  /** Writes the record as it may leave. False, with nothing written, when the contract does not allow it at all. */
  pass(record: SourceRecord, into: RecordWriter): boolean {
    const allowed = this.#allowed.get(record.eventName);
    if (allowed === undefined) return this.#refuse("event");
    const { resolutionMs } = allowed.rule;
    into.begin(BigInt(Math.floor(record.timeMs / resolutionMs) * resolutionMs) * 1_000_000n);
    if (!this.#attributes(allowed.fields, record, into)) {
      into.discard();
      return false;
    }
    if (record.body !== undefined) this.#body(allowed.rule, record.body, into);
    into.end(allowed.eventName);
    return true;
  }

  #attributes(fields: readonly Field[], record: SourceRecord, into: RecordWriter): boolean {
    const given = record.attributes;
    let named = 0;
    for (const { attribute, id } of fields) {
      const own = given.get(attribute.name);
      if (own !== undefined) named += 1;
      const value: Value | undefined = id === undefined ? own : id(this.#ids, record);
      if (value !== undefined && attribute.write(value, into)) continue;
      if (value !== undefined) this.#blocked(attribute.name);
      if (attribute.required) return this.#refuse(attribute.name);
    }
    if (named < given.size) this.#blocked("other");
    return true;
  }

  #body(rule: RecordRule, text: string, into: RecordWriter): void {
    if (rule.body?.modes.includes(this.#mode) === true && text.length <= rule.body.maxLength) into.body(text);
    else this.#blocked("body");
  }

  #refuse(name: string): false {
    this.#blocked(name);
    return false;
  }
}

function allowedOf(rule: RecordRule, mode: Mode): Allowed {
  // Where modes differ in the values of one attribute, it has a rule for each: only this mode's counts.
  const byName = new Map(rule.attributes.map((attribute) => [attribute.name, attribute]));
  for (const attribute of rule.attributes)
    if (attribute.modes.includes(mode)) byName.set(attribute.name, attribute);
  const fields = Array.from(byName.values(), (attribute) => ({
    attribute: new AttributeGate(attribute, mode, !SELDOM_REPEATED.has(attribute.name)),
    id: IDS.get(attribute.name),
  }));
  return { rule, fields, eventName: eventNameBytes(rule.eventName) };
}
