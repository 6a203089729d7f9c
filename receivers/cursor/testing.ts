/** For tests: a real collector that follows an invented home of Cursor's. */
import { writeFileSync } from "node:fs";
import type { Machine } from "../../collector/cmd/testing.ts";

/** Writes the machine's configuration. `setting` is one more of the receiver's. */
export function followCursor(machine: Machine, userDir: string, setting = "hooks: true"): void {
  const text = `receivers:
  cursor:
    include: ["${machine.home}/.cursor/projects/*/agent-transcripts/**/*.jsonl"]
    user_dir: "${userDir}"
    start_at: beginning
    database_interval: 200ms
    ${setting}
processors: { cwd_hash: { salt: "a-team-salt-of-32-characters-012" }, redaction: { mode: "off" } }
exporters: { file: { path: "${machine.outFile("file")}" } }
service:
  state_dir: ${machine.stateDir}
  outbox: { key_source: file }
  batch: { timeout: 200ms }
  pipelines:
    logs: { receivers: [cursor], processors: [cwd_hash, redaction], exporters: [file] }
`;
  writeFileSync(machine.configFile, text);
}
