import type { SourceRecord, Value } from "#component/record.ts";
import { admits, type AttributeRule, type Mode, type RecordRule, ruleFor } from "#proto/egress.ts";
import type { AnyValue, KeyValue, LogRecord } from "#proto/logs.ts";
import type { DestinationIds } from "./ids.ts";

/** Where a local id ends up, and only as a keyed hash. */
const ID_ATTRIBUTES = ["log.record.uid", "gen_ai.conversation.id", "talos.turn.id"] as const;

/**
 * The last step before anything is stored or sent: builds the record that leaves from the contract's table, so
 * that what the table does not name cannot pass.
 */
export class Gate {
  readonly #ids: DestinationIds;
  readonly #mode: Mode;
  /** Counts what was held back: a contract name or `other`, never a value. */
  readonly #blocked: (name: string) => void;

  constructor(ids: DestinationIds, mode: Mode, blocked: (name: string) => void) {
    this.#ids = ids;
    this.#mode = mode;
    this.#blocked = blocked;
  }

  /** Returns the record as it may leave, or undefined when the contract does not allow it at all. */
  pass(record: SourceRecord): LogRecord | undefined {
    const rule = ruleFor(record.eventName);
    if (rule === undefined || !rule.modes.includes(this.#mode)) return this.#refuse("event");
    const attributes = this.#attributes(rule, this.#withIds(record));
    if (attributes === undefined) return undefined;
    const body = this.#body(rule, record.body);
    return {
      timeUnixNano: BigInt(Math.floor(record.timeMs / rule.resolutionMs) * rule.resolutionMs) * 1_000_000n,
      eventName: record.eventName,
      attributes,
      ...(body && { body }),
    };
  }

  #withIds(record: SourceRecord): ReadonlyMap<string, Value> {
    const { attributes, local, source } = record;
    for (const name of ID_ATTRIBUTES) attributes.delete(name);
    attributes.set("log.record.uid", this.#ids.record(source, local.request));
    if (local.session !== undefined) {
      attributes.set("gen_ai.conversation.id", this.#ids.conversation(local.session));
    }
    if (local.turn !== undefined) attributes.set("talos.turn.id", this.#ids.turn(local.turn));
    return attributes;
  }

  #attributes(rule: RecordRule, given: ReadonlyMap<string, Value>): KeyValue[] | undefined {
    const passed: KeyValue[] = [];
    let named = 0;
    for (const attribute of rule.attributes) {
      const value = given.get(attribute.name);
      if (value !== undefined) named += 1;
      if (value !== undefined && this.#allows(attribute, value)) {
        passed.push({ key: attribute.name, value: wireValue(attribute, value) });
        continue;
      }
      if (value !== undefined) this.#blocked(attribute.name);
      if (attribute.required === true) return this.#refuse(attribute.name);
    }
    if (named < given.size) this.#blocked("other");
    return passed;
  }

  #allows(attribute: AttributeRule, value: Value): boolean {
    return attribute.modes.includes(this.#mode) && attribute.optIn === undefined && admits(attribute, value);
  }

  #body(rule: RecordRule, text: string | undefined): AnyValue | undefined {
    if (text === undefined) return undefined;
    if (rule.body?.modes.includes(this.#mode) === true && text.length <= rule.body.maxLength) {
      return { stringValue: text };
    }
    this.#blocked("body");
    return undefined;
  }

  #refuse(name: string): undefined {
    this.#blocked(name);
    return undefined;
  }
}

function wireValue({ type }: AttributeRule, value: Value): AnyValue {
  if (type === "int") return { intValue: Number(value) };
  if (type === "double") return { doubleValue: Number(value) };
  if (type === "bool") return { boolValue: value === true };
  return { stringValue: String(value) };
}
