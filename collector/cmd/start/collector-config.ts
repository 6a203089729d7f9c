import { writeFileSync } from "node:fs";
import path from "node:path";
import type { StartFolder } from "./folder.ts";

/** The configuration that `npm start` runs: an ordinary file, to read and to copy from. */
export function writeCollectorConfig(folder: StartFolder, url: string, source: "real" | "invented"): void {
  const receiver =
    source === "real"
      ? "  claude_code: {}\n  cursor: {}"
      : `  claude_code:
    include: [${JSON.stringify(path.posix.join(folder.invented.replaceAll("\\", "/"), "projects/**/*.jsonl"))}]
    start_at: beginning`;
  const text = `# Written by npm start at every start. Copy it to change it.
receivers:
${receiver}
processors:
  cwd_hash:
    salt: ${fromFile(folder.config, "salt")}
  redaction:
    mode: "off"
exporters:
  otlp_http/talos:
    endpoint: "${url}"
    token: ${fromFile(folder.config, "token")}
    destination: talos
service:
  state_dir: ${JSON.stringify(folder.state)}
  config_dir: ${JSON.stringify(folder.config)}
  logs:
    level: warn
  pipelines:
    logs:
      receivers: [${source === "real" ? "claude_code, cursor" : "claude_code"}]
      processors: [cwd_hash, redaction]
      exporters: [otlp_http/talos]
`;
  writeFileSync(folder.collectorConfigFile, text, { mode: 0o600 });
}

function fromFile(dir: string, name: string): string {
  return JSON.stringify(`\${file:${path.join(dir, name)}}`);
}
