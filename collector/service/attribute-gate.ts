import type { Value } from "#component/record.ts";
import { admits, type AttributeRule, type Mode } from "#proto/egress.ts";
import type { AnyValue } from "#proto/logs.ts";
import { attributeBytes, nameBytes, type RecordWriter } from "#proto/record-writer.ts";

/** Values remembered per attribute: models, versions, folders and sessions repeat, and checking and writing them costs. */
const REMEMBERED = 1_024;

/** One attribute of the contract at one destination: writes a value that may leave, and no other. */
export class AttributeGate {
  readonly name: string;
  readonly required: boolean;
  readonly #rule: AttributeRule;
  readonly #leaves: boolean;
  readonly #repeats: boolean;
  readonly #name: Uint8Array;
  /** Texts that were admitted, as they are written. */
  readonly #written = new Map<string, Uint8Array>();

  /** `repeats`: false for values that hardly ever occur twice. */
  constructor(rule: AttributeRule, mode: Mode, repeats: boolean) {
    this.name = rule.name;
    this.required = rule.required === true;
    this.#rule = rule;
    // A project's hash is made from what is there only where the team turned that on.
    const isTaken = rule.optIn === undefined || rule.optIn === "project_identity";
    this.#leaves = rule.modes.includes(mode) && isTaken;
    this.#repeats = repeats;
    this.#name = nameBytes(rule.name);
  }

  /** False, with nothing written, for a value that may not leave. */
  write(value: Value, into: RecordWriter): boolean {
    if (!this.#leaves) return false;
    const known = typeof value === "string" ? this.#written.get(value) : undefined;
    if (known === undefined && !admits(this.#rule, value)) return false;
    if (known !== undefined) into.attribute(known);
    else if (typeof value === "string") this.#text(value, into);
    else if (this.#rule.type === "int") into.count(this.#name, Number(value));
    else into.attribute(attributeBytes(this.name, wireValue(value)));
    return true;
  }

  #text(value: string, into: RecordWriter): void {
    if (!this.#repeats) return into.ascii(this.#name, value);
    if (this.#written.size >= REMEMBERED) this.#written.clear();
    const bytes = attributeBytes(this.name, { stringValue: value });
    this.#written.set(value, bytes);
    into.attribute(bytes);
  }
}

function wireValue(value: number | boolean): AnyValue {
  return typeof value === "number" ? { doubleValue: value } : { boolValue: value };
}
