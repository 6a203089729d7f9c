import type { Mode } from "./attribute-rule.ts";

/** True where a record's text may be read on the machine in that mode: for a category, or to be sent. */
export function readsText(eventName: string, mode: Mode): boolean {
  if (eventName === "talos.prompt") return mode !== "off";
  return eventName === "talos.completion" && mode === "full";
}
