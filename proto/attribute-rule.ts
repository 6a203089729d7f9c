/** How the egress contract describes one attribute, and the few shapes its values have. */

/** Privacy modes, the strictest first. */
export const MODES = ["off", "categorize_local", "categorize_cloud", "full"] as const;
export type Mode = (typeof MODES)[number];

/** What mode `off` promises to send; everything else of that mode is an exception with a reason. */
export const PROMISES = ["token counts", "timestamps", "model names", "working directory hash"] as const;

export interface AttributeRule {
  name: string;
  type: "string" | "int" | "double" | "bool";
  /** Modes that let it leave. */
  modes: readonly Mode[];
  /** A record without it is refused. */
  required?: boolean;
  /** Closed list. */
  values?: readonly string[];
  pattern?: RegExp;
  /** UTF-16 units. Every string has one. */
  maxLength?: number;
  min?: number;
  max?: number;
  meaning: string;
  promise: (typeof PROMISES)[number] | "exception";
  /** Why it leaves though no word of the promise names it. Every exception has one. */
  reason?: string;
  /** Leaves only when the team has turned this on. */
  optIn?: OptIn;
}

export type OptIn = "project_identity" | "activity";

/** True when the value has the rule's type, shape and size. */
export function admits(rule: AttributeRule, value: string | number | bigint | boolean): boolean {
  switch (rule.type) {
    case "string":
      return typeof value === "string" && admitsText(rule, value);
    case "int":
      return typeof value === "number" && Number.isSafeInteger(value) && within(rule, value);
    case "double":
      return typeof value === "number" && Number.isFinite(value) && within(rule, value);
    case "bool":
      // Absent is how a record says "no": only `true` carries anything.
      return value === true;
    default:
      return false;
  }
}

function admitsText(rule: AttributeRule, value: string): boolean {
  if (value.length > (rule.maxLength ?? 0)) return false;
  if (rule.values !== undefined) return members(rule.values).has(value);
  return rule.pattern?.test(value) ?? false;
}

function within(rule: AttributeRule, value: number): boolean {
  return value >= (rule.min ?? 0) && value <= (rule.max ?? 0);
}

const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function members(values: readonly string[]): ReadonlySet<string> {
  const known = sets.get(values);
  if (known !== undefined) return known;
  const made = new Set(values);
  sets.set(values, made);
  return made;
}

type Shape = Pick<AttributeRule, "type" | "values" | "pattern" | "maxLength" | "min" | "max">;

export function oneOf(values: readonly string[]): Shape {
  return { type: "string", values, maxLength: Math.max(...values.map((value) => value.length)) };
}

/** Lower-case hex digits, exactly so many: what keyed hashes look like. */
export function hex(digits: number): Shape {
  return { type: "string", pattern: new RegExp(`^[0-9a-f]{${digits}}$`), maxLength: digits };
}

/** `2.1.240`, `1.0.0-beta.2`: too narrow for words, addresses or ids. */
export function version(): Shape {
  return {
    type: "string",
    pattern: /^\d{1,5}\.\d{1,5}(?:\.\d{1,5})?(?:-(?:alpha|beta|dev|nightly|pre|preview|rc)(?:\.\d{1,8})?)?$/,
    maxLength: 40,
  };
}

/** A whole number from 0 to `max`: a larger one is a mistake, or a message in disguise. */
export function count(max: number): Shape {
  return { type: "int", min: 0, max };
}

/** A short line of text without control characters. */
export function line(maxLength: number): Shape {
  return { type: "string", pattern: /^[^\p{Cc}\u2028\u2029]+$/u, maxLength };
}

/** A rule that no word of the promise names. In every mode, unless it says otherwise. */
export function exception(
  rule: Omit<AttributeRule, "modes" | "promise"> & { modes?: readonly Mode[]; reason: string },
): AttributeRule {
  return { modes: MODES, ...rule, promise: "exception" };
}
