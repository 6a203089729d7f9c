import * as z from "zod";
import type { SourceRecord } from "#component/record.ts";
import type { Unit } from "#component/unit.ts";

/** A record with its text, as it waits in the encrypted state until it is worked on. */
export interface TextEnvelope {
  record: SourceRecord;
  scope: Unit["scope"];
  /** Who is to get what comes of it: no destination that is added meanwhile, and none that has it already. */
  destinations: readonly string[];
}

const Record = z.object({
  eventName: z.enum(["talos.prompt", "talos.completion"]),
  source: z.enum(["claude_code", "cursor"]),
  timeMs: z.number(),
  lastTimeMs: z.number(),
  local: z.object({
    request: z.string(),
    session: z.string().exactOptional(),
    turn: z.string().exactOptional(),
    origin: z.string().exactOptional(),
  }),
  cwd: z.string().exactOptional(),
  attributes: z
    .array(z.tuple([z.string(), z.union([z.string(), z.number(), z.boolean()])]))
    .transform((all) => new Map(all)),
  body: z.string().exactOptional(),
  weight: z.object({ final: z.boolean(), output: z.number(), input: z.number(), webSearches: z.number() }),
  range: z.object({ fileKey: z.string(), from: z.number(), to: z.number() }),
});
const Envelope = z.object({
  record: Record,
  scope: z.object({ name: z.string(), version: z.string() }),
  destinations: z.array(z.string()),
});

export function encodeText({ record, scope, destinations }: TextEnvelope): Uint8Array {
  const plain = { ...record, attributes: [...record.attributes] };
  return new TextEncoder().encode(JSON.stringify({ record: plain, scope, destinations }));
}

/** Undefined for what this version did not write. */
export function decodeText(bytes: Uint8Array): TextEnvelope | undefined {
  try {
    return Envelope.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
}
