import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Machine } from "../collector/cmd/testing.ts";

/**
 * Writes what `talos enroll` sets up as the user's own file, but for who reads prompts (`TOKEN` stands for the machine's),
 * and with a key that a test can open things with.
 */
export function configure(
  machine: Machine,
  { endpoint, reader }: { endpoint: string; reader: string },
): void {
  const folder = path.join(machine.dir, ".config/talos-auditor");
  mkdirSync(folder, { recursive: true });
  const token = '"${file:enrolment/token}"';
  const text = `receivers: { claude_code: {} }
processors:
  cwd_hash: { salt: "\${file:enrolment/salt}" }
  redaction: { mode: full }
  categorize: { ${reader.replace("TOKEN", token)} }
exporters:
  otlp_http/talos: { endpoint: "${endpoint}", token: ${token}, destination: talos }
service:
  outbox: { key_source: file }
  pipelines:
    logs: { receivers: [claude_code], processors: [cwd_hash, redaction, categorize], exporters: [otlp_http/talos] }
`;
  writeFileSync(path.join(folder, "config.yaml"), text);
}

interface Dialogue {
  session: string;
  cwd: string;
  prompt: string;
  /** Blocks as Claude Code keeps them. */
  answer: object[];
}

/** What the person writes in a session of its own, and the answer. */
export function writeDialogue(machine: Machine, { session, cwd, prompt, answer }: Dialogue): void {
  const folder = path.join(machine.dir, ".claude/projects/-srv-work");
  mkdirSync(folder, { recursive: true });
  const timestamp = new Date().toISOString();
  const common = { sessionId: session, cwd, version: "2.1.330", isSidechain: false, timestamp };
  const lines = [
    {
      ...common,
      type: "user",
      uuid: `user-${session}`,
      promptId: `prompt-${session}`,
      promptSource: "typed",
      message: { role: "user", content: prompt },
    },
    {
      ...common,
      type: "assistant",
      uuid: `answer-${session}`,
      requestId: `req_${session}`,
      message: {
        id: `msg_${session}`,
        model: "claude-sonnet-5-5",
        content: answer,
        stop_reason: "end_turn",
        usage: { input_tokens: 10, output_tokens: 20 },
      },
    },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  appendFileSync(path.join(folder, `${session}.jsonl`), text);
}
