import { spawn } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "talos-run-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function assistantLine(n: number): string {
  const usage = { input_tokens: 1, output_tokens: 1 };
  const message = {
    id: `msg_${n}`,
    role: "assistant",
    model: "claude-opus-4-5",
    stop_reason: "end_turn",
    usage,
  };
  const timestamp = new Date(Date.now() - 1_000).toISOString();
  return `${JSON.stringify({ type: "assistant", sessionId: "s", uuid: `u${n}`, timestamp, message })}\n`;
}

async function talos(...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const main = path.join(import.meta.dirname, "main.ts");
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stderr };
}

function config(): string {
  const file = path.join(dir, "config.yaml");
  const text = `
receivers: { claude_code: { include: ["${dir}/*.jsonl"], start_at: beginning } }
processors: { cwd_hash: { salt: "0123456789abcdef" } }
exporters: { otlp_http: { endpoint: "http://127.0.0.1:9" } }
service:
  state_dir: "${dir}/state"
  outbox: { key_source: file, max_size: 1 }
  pipelines: { logs: { receivers: [claude_code], processors: [cwd_hash], exporters: [otlp_http] } }
`;
  writeFileSync(file, text);
  return file;
}

it("run --once ends by itself, and says so, when the queue is full and the destination is dead", async () => {
  mkdirSync(path.join(dir, "state"));
  const lines = Array.from({ length: 20_000 }, (_, n) => assistantLine(n));
  writeFileSync(path.join(dir, "a.jsonl"), lines.join(""));
  writeFileSync(path.join(dir, "b.jsonl"), lines.map((line) => line.replace("msg_", "msg_b")).join(""));
  const { code, stderr } = await talos("run", "--once", "--drain-timeout", "1", "--config", config());
  expect(stderr).toContain("the next run reads on from here");
  expect(stderr).toMatch(/\d+ records wait for otlp_http/);
  expect(code).toBe(3);
}, 60_000);

it.each(["abc", "-1", "1e9", ""])("refuses --drain-timeout %j", async (given) => {
  const { code, stderr } = await talos("run", "--once", "--drain-timeout", given, "--config", config());
  expect(stderr).toContain("must be a number of seconds");
  expect(code).toBe(2);
});

it("status --watch ends quietly when nobody reads it any more", async () => {
  const main = path.join(import.meta.dirname, "main.ts");
  const file = config();
  await talos("run", "--once", "--config", file);
  const child = spawn(process.execPath, [main, "status", "--watch", "--config", file]);
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdout.once("data", () => child.stdout.destroy());
  await new Promise((resolve) => child.once("close", resolve));
  expect(stderr).toBe("");
}, 30_000);
