/** What a person sees: commands in a pseudo-terminal, as the testkit makes it. */
import path from "node:path";
import { afterEach, expect, it } from "vitest";
import { noTerminal, Terminal } from "#testkit/terminal.ts";
import { Machine, until } from "./testing.ts";

const TIMEOUT_MS = 120_000;
const MAIN = path.resolve(import.meta.dirname, "main.ts");

let machine: Machine;
afterEach(() => machine.dispose());

/** Runs a command in a terminal, and types `answer` once `question` is shown. */
async function inTerminal(args: string[], question?: string, answer = "") {
  const terminal = new Terminal([process.execPath, MAIN, ...args, "--config", machine.configFile], {
    env: { ...process.env, HOME: machine.dir, TERM: "xterm", NO_COLOR: undefined },
    dir: machine.dir,
  });
  if (question !== undefined) {
    await until(() => terminal.text.includes(question), `"${question}" is shown`);
    terminal.type(answer);
  }
  return { code: await terminal.ended, text: terminal.output };
}

function days(...outputs: number[]): void {
  machine = new Machine({ startAt: "end" });
  for (const [ago, output] of outputs.entries()) {
    const noon = new Date(Date.now() - 86_400_000 * (ago + 1)).setHours(12, 0, 0, 0);
    machine.request("s", { output, atMs: noon, cwd: ago === 0 ? "/srv/work/new" : "/srv/work/old" });
  }
}

const options = { skip: noTerminal() !== undefined, timeout: TIMEOUT_MS };

it("shows a table, a dim head and a sparkline in a terminal", options, async () => {
  days(400_000, 100_000, 200_000);
  const { code, text } = await inTerminal(["usage"]);
  expect(code).toBe(0);
  expect(text.replaceAll("\u001B", "ESC")).toMatch(/ESC\[2mday +requests +prompts .* +list value *ESC\[0m/);
  expect(text).toContain("▅▃█  list value by day");
  expect(text).toMatch(/total +3 +0 +30 +0% +700K +\$7\.00/);
  const folders = await inTerminal(["usage", "--by", "folder"]);
  expect(folders.text).toMatch(/\/srv\/work\/new.*\s+\/srv\/work\/old/);
});

it("asks, shows a bar, and brings what was found", options, async () => {
  days(1, 2, 3);
  const { code, text } = await inTerminal(["backfill", "--since", "30d"], "[y/N]", "y\r");
  expect(code).toBe(0);
  expect(text).toContain("Bring it to file? [y/N]");
  expect(text).toMatch(/\[█{30}\] 100 % {2}3 new records/);
  expect(text).toContain("Done: 3 new records, all delivered.");
  expect(machine.sent()).toEqual([1, 2, 3]);
});

it.each([
  { name: "no", answer: "n\r", exit: 0 },
  { name: "nothing", answer: "\r", exit: 0 },
  { name: "Ctrl-C", answer: "\u0003", exit: 130 },
])("brings nothing after $name", options, async ({ answer, exit }) => {
  days(1);
  const { code, text } = await inTerminal(["backfill", "--since", "30d"], "[y/N]", answer);
  expect(code).toBe(exit);
  expect(text).not.toContain("Done");
  expect(text).not.toContain("talos:");
  expect(machine.sent()).toEqual([]);
});
