import { appendFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { describeReceiverContract } from "#testkit/receiver-contract.ts";
import { claudeCodeFactory } from "./factory.ts";

const canary = "CANARY-transcript";

describeReceiverContract(claudeCodeFactory, (dir) => {
  const projects = path.join(dir, "projects");
  mkdirSync(path.join(projects, canary), { recursive: true });
  let n = 0;
  return {
    config: { include: [path.join(projects, "**", "*.jsonl")], start_at: "beginning", final_delay: "10ms" },
    append() {
      n += 1;
      const file = path.join(projects, canary, `${n % 3}.jsonl`);
      appendFileSync(file, half(n) + whole(n) + `{"type":"user","broken ${canary}\n`);
    },
    canary,
  };
});

/** The request's first block, and what a person wrote before it. */
function half(n: number): string {
  const prompt = { type: "user", uuid: `p${n}`, message: { role: "user", content: canary } };
  return row(n, prompt) + row(n, assistant(n, 1, null));
}

function whole(n: number): string {
  return row(n, assistant(n, 7, "end_turn"));
}

function assistant(n: number, output: number, stop: string | null): Record<string, unknown> {
  const usage = { input_tokens: 3, output_tokens: output };
  const content = [{ type: "text", text: canary }];
  const message = { id: `msg_${n}`, model: "claude-opus-4-5", stop_reason: stop, content, usage };
  return { type: "assistant", uuid: `a${n}-${output}`, message };
}

function row(n: number, own: Record<string, unknown>): string {
  const timestamp = new Date(Date.UTC(2026, 9, 5) + n * 1_000).toISOString();
  return `${JSON.stringify({ sessionId: canary, cwd: `/home/${canary}`, timestamp, ...own })}\n`;
}
