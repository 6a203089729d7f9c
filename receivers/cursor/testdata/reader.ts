/** A program that reads a database without a pause until its input ends, and says what came of it. */
import { run } from "../database/job.ts";

const [file = "", ...ids] = process.argv.slice(2);
const outcomes: Record<string, number> = {};
const state = { isDone: false };
process.stdin.on("end", () => void (state.isDone = true)).resume();

function note(outcome: string): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}

const START = { row: 0, headers: { changedMs: 0, id: "" } };
while (!state.isDone) {
  note(run({ kind: "changes", file, since: START, budgetMs: 50 }).outcome);
  note(run({ kind: "conversations", file, ids, budgetMs: 50 }).outcome);
  note(run({ kind: "texts", file, keys: ids.map((id) => `bubbleId:${id}:b1`) }).outcome);
  await new Promise(setImmediate);
}
process.stdout.write(JSON.stringify(outcomes));
