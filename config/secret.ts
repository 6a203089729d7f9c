import { inspect } from "node:util";
import * as z from "zod";

/** A value that must not be shown: it prints, logs and serialises as `[secret]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}

/** A non-empty string that becomes a `Secret`. Errors never repeat it; `writeOnly` in the JSON Schema hides it. */
export function secret(minLength = 1) {
  return z
    .string({ error: "expected text" })
    .min(minLength, { error: `must have at least ${minLength} characters` })
    .transform((value) => new Secret(value))
    .meta({ writeOnly: true });
}
