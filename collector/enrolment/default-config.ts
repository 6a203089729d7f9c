import path from "node:path";
import { type Layer, layerOf } from "#config/layers.ts";
import type { Enrolment, EnrolmentFolder } from "./folder.ts";

/** How messages call it: it is in no file. */
export const ENROLLED_CONFIG = "the configuration that talos enroll set up";

/**
 * What an enrolled machine runs where its user has written no configuration: Claude Code and Cursor, to the team's backend.
 * Its privacy mode is what the team allows and the developer accepted on this machine.
 */
export function enrolledLayer(folder: EnrolmentFolder, enrolment: Enrolment): Layer {
  const { endpoint, ca_file: caFile } = enrolment;
  const hasSalt = folder.readFile("salt") !== undefined;
  const fromFile = (name: "token" | "salt") => JSON.stringify(`\${file:${folder.fileOf(name)}}`);
  const tls = caFile === undefined ? "" : `, tls: { ca_file: ${JSON.stringify(caFile)} }`;
  const lines = [
    "receivers:",
    "  claude_code: {}",
    "  cursor: {}",
    "processors:",
    // Without a salt here, the managed configuration brings it.
    hasSalt ? `  cwd_hash: { salt: ${fromFile("salt")} }` : "  cwd_hash: {}",
    // No tighter than the team and the developer: what is in force is the strictest of all.
    "  redaction: { mode: full }",
    // Reads nothing while the privacy mode is off, and then follows it.
    `  categorize: { provider: auto, endpoint: ${JSON.stringify(endpoint.href)}, token: ${fromFile("token")}${tls} }`,
    "exporters:",
    "  otlp_http/talos:",
    `    endpoint: ${JSON.stringify(endpoint.href)}`,
    `    token: ${fromFile("token")}`,
    "    destination: talos",
    ...(tls === "" ? [] : [`    ${tls.slice(2)}`]),
    "service:",
    "  pipelines:",
    "    logs:",
    "      receivers: [claude_code, cursor]",
    "      processors: [cwd_hash, redaction, categorize]",
    "      exporters: [otlp_http/talos]",
  ];
  const layer = layerOf(`${lines.join("\n")}\n`, ENROLLED_CONFIG);
  return { ...layer, baseDir: path.dirname(folder.dir) };
}
