/**
 * Writes an invented Claude Code home whose requests and prompts are known, with the traps of real ones: one line
 * per content block, resumes, forks with and without their mark, copies cut in the middle of a request, replays
 * under another id, sub-agents, progress lines, advisors, web searches, gateways, `<synthetic>` lines, programs'
 * prompts, torn and glued lines, broken bytes, unknown types, and files that are no transcripts.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Prose } from "./prose.ts";
import { Random } from "./random.ts";
import { type Session, SessionWriter } from "./session.ts";
import { emptyTruth, type Truth } from "./truth.ts";

export interface CorpusOptions {
  /** About so many bytes are written. */
  bytes: number;
  seed: number;
  /** Time of the first line, in milliseconds since the Unix epoch, UTC. */
  startMs?: number;
}

/** Writes `dir/projects/**` and returns the truth. */
export function writeClaudeHome(dir: string, { bytes, seed, startMs }: CorpusOptions): Truth {
  const truth = emptyTruth();
  const random = new Random(seed);
  const world = {
    random,
    truth,
    prose: new Prose(seed + 1),
    clock: { ms: startMs ?? Date.UTC(2026, 9, 1, 8) },
  };
  const earlier: Session[] = [];
  for (let n = 0; truth.bytes < bytes; n += 1) {
    const cwd = `/home/${random.pick(["mira", "jon", "aya"])}/src/app-${n % 9}`;
    if (!truth.cwds.includes(cwd)) truth.cwds.push(cwd);
    const folder = path.join(dir, "projects", cwd.replaceAll(/[^A-Za-z0-9]/g, "-"));
    mkdirSync(folder, { recursive: true });
    const copied =
      earlier.length > 0 && random.chance(30) ? earlier[random.between(0, earlier.length - 1)] : undefined;
    const session = new SessionWriter(world, folder, cwd).write(copied);
    earlier.push(session);
    if (earlier.length > 6) earlier.shift();
    if (n === 0) writeDecoys(folder, session.id);
  }
  return truth;
}

/** Files that look like transcripts and are not. */
function writeDecoys(folder: string, id: string): void {
  const line = JSON.stringify({
    type: "assistant",
    sessionId: id,
    timestamp: "2026-10-01T00:00:00.000Z",
    message: {
      id: "msg_decoy",
      model: "claude-opus-5",
      usage: { input_tokens: 1, output_tokens: 1_000_000 },
    },
  });
  const workflow = path.join(folder, id, "subagents", "workflows", "wf_1");
  const results = path.join(folder, id, "tool-results");
  mkdirSync(workflow, { recursive: true });
  mkdirSync(results, { recursive: true });
  writeFileSync(path.join(workflow, "journal.jsonl"), `${line}\n`);
  writeFileSync(path.join(results, "copy.jsonl"), `${line}\n`);
  writeFileSync(path.join(folder, "sessions-index.json"), line);
}
