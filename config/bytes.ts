import * as z from "zod";

const BYTES_PER_UNIT = new Map([
  ["", 1],
  ["b", 1],
  ["kb", 1_000],
  ["mb", 1_000_000],
  ["gb", 1_000_000_000],
  ["kib", 1_024],
  ["mib", 1_048_576],
  ["gib", 1_073_741_824],
]);

/** Accepts `64KiB`, `10MB` or a plain number of bytes. The parsed value is in bytes. */
export function bytes() {
  return z.union([z.string(), z.number()]).transform((given, ctx) => {
    const [, amount, unit = ""] = /^(\d+)\s*([a-z]*)$/i.exec(String(given)) ?? [];
    const size = BYTES_PER_UNIT.get(unit.toLowerCase());
    if (amount !== undefined && size !== undefined) return Number(amount) * size;
    // What was given is not repeated: it may be a secret in the wrong place.
    ctx.addIssue('expected a size such as "64KiB" or "10MB"');
    return z.NEVER;
  });
}
