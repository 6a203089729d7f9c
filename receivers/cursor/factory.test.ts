import { appendFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { CursorHome, uuid } from "#testkit/cursor/home.ts";
import { describeReceiverContract } from "#testkit/receiver-contract.ts";
import { cursorFactory } from "./factory.ts";

const canary = "CANARY-transcript";
const T0 = Date.UTC(2026, 9, 5);

describeReceiverContract(cursorFactory, (dir) => {
  const transcripts = path.join(dir, "projects", canary, "agent-transcripts");
  mkdirSync(transcripts, { recursive: true });
  let n = 0;
  return {
    config: {
      include: [path.join(dir, "projects", "*", "agent-transcripts", "**", "*.jsonl")],
      start_at: "beginning",
      database: false,
    },
    append() {
      n += 1;
      const id = `conversation-${n % 3}`;
      mkdirSync(path.join(transcripts, id), { recursive: true });
      const text = (role: string) => ({ role, message: { content: [{ type: "text", text: canary }] } });
      const lines = [text("user"), text("assistant"), { type: "turn_ended", status: "success" }];
      const json = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
      appendFileSync(path.join(transcripts, id, `${id}.jsonl`), `${json}{"role":"broken ${canary}\n`);
    },
    canary,
  };
});

describeReceiverContract({ ...cursorFactory, type: "cursor with a database" }, (dir) => {
  const home = new CursorHome(dir);
  const conversations = [0, 1, 2].map((k) => ({
    id: uuid(`c${k}`),
    folder: `/home/${canary}`,
    model: "gpt-5",
    turns: [] as { atMs: number; prompt: string; answer: string }[],
    tiers: ["database"] as const,
  }));
  let n = 0;
  return {
    config: {
      include: [path.join(dir, "none", "*.jsonl")],
      user_dir: home.userDir,
      start_at: "beginning",
      database_interval: "100ms",
    },
    append() {
      n += 1;
      const conversation = conversations[n % 3];
      conversation?.turns.push({ atMs: T0 + n * 60_000, prompt: canary, answer: canary });
      if (conversation !== undefined) home.write(conversation);
    },
    canary,
  };
});
