import type { Mode } from "./attribute-rule.ts";
import { RECORDS } from "./egress-table.ts";

/**
 * All that a mode lets out of texts and about them, as bytes that are the same wherever the contract is. Their SHA-256
 * is part of what a developer accepts: when more may leave, they are asked again.
 */
export function contractBytes(mode: Mode): Uint8Array<ArrayBuffer> {
  const records = RECORDS.filter(({ modes }) => modes.includes(mode)).map((record) => [
    record.eventName,
    record.resolutionMs,
    record.body?.modes.includes(mode) === true ? record.body.maxLength : 0,
    record.attributes
      .filter(({ modes }) => modes.includes(mode))
      .map(({ name, type, values = [], maxLength = 0, optIn = "" }) => [
        name,
        type,
        values,
        maxLength,
        optIn,
      ]),
  ]);
  return Uint8Array.from(new TextEncoder().encode(JSON.stringify(["talos-contract-1", mode, records])));
}
