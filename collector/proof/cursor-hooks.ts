import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { HOOKS_FOLDER, RECORDER } from "../../receivers/cursor/hooks/command.ts";
import { inventedWord, type Planted } from "./canaries.ts";

/**
 * Lets the recorder of Cursor's hooks keep what it keeps of invented calls, with something planted in all that Cursor
 * tells. Returns the folder that it wrote. Nothing else knows of that turn.
 */
export async function recordHooks(home: string, planted: Planted): Promise<string> {
  const folder = path.join(home, HOOKS_FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Whose it is does not matter: the recorder seals the working directory to it.
  writeFileSync(path.join(folder, "key.pub"), `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
  await Promise.all(payloads(home, planted).map(async (payload) => record({ home, folder, payload })));
  return folder;
}

function payloads(home: string, planted: Planted): string[] {
  const place = (what: string) => planted.word("place", what);
  const mail = `${inventedWord(4)}@${inventedWord(3)}.com`;
  const common = {
    user_email: planted.add({ kind: "personal", what: "an e-mail address in a hook", needle: mail }),
    workspace_roots: [path.join(home, place("a folder in a hook"))],
    transcript_path: path.join(home, ".cursor", `${place("a transcript's name in a hook")}.jsonl`),
  };
  const turn = {
    ...common,
    conversation_id: planted.told("a conversation's id in a hook"),
    generation_id: planted.told("a turn's id in a hook"),
    cursor_version: "3.18.25",
    model: "claude-4-sonnet",
    input_tokens: 23_600,
    output_tokens: 512,
    cache_read_tokens: 23_000,
    cache_write_tokens: 500,
  };
  const text = planted.word("tool", "an answer in a hook");
  const prompt = planted.word("tool", "a prompt in a hook");
  return [
    { ...turn, hook_event_name: "afterAgentResponse", text },
    { ...turn, hook_event_name: "stop", status: "completed", prompt },
    { ...common, hook_event_name: "Stop", session_id: planted.uuid("a session's id in a hook"), text },
  ].map((payload) => JSON.stringify(payload));
}

interface Call {
  home: string;
  folder: string;
  payload: string;
}

async function record({ home, folder, payload }: Call): Promise<void> {
  // Of this machine's variables, what Windows cannot do without.
  const env = { HOME: home, USERPROFILE: home, SystemRoot: process.env["SystemRoot"] ?? "" };
  const child = spawn(process.execPath, [RECORDER, folder], { env, stdio: ["pipe", "ignore", "ignore"] });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject).once("close", () => resolve());
  });
  // One that ended before it read all is found missing.
  child.stdin.on("error", () => {});
  child.stdin.end(payload);
  await ended;
}
