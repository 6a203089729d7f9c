import type { SourceRecord } from "#component/record.ts";

/** A prompt as a receiver hands it on where the mode lets its text be read. */
export function promptRecord(body: string): SourceRecord {
  return {
    eventName: "talos.prompt",
    source: "claude_code",
    timeMs: 0,
    lastTimeMs: 0,
    local: { request: "r" },
    attributes: new Map(),
    body,
    weight: { final: true, output: 0, input: 0, webSearches: 0 },
    range: { fileKey: "", from: 0, to: 0 },
  };
}
