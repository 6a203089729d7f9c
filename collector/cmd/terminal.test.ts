/** What a person sees: commands in a pseudo-terminal, made by `script`. */
import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { afterEach, expect, it } from "vitest";
import { Machine } from "./testing.ts";

const TIMEOUT_MS = 120_000;
const MAIN = path.resolve(import.meta.dirname, "main.ts");
/** The one of util-linux; others take other options. */
const hasScript = spawnSync("script", ["--version"]).stdout?.toString().includes("util-linux") ?? false;

let machine: Machine;
afterEach(() => machine.dispose());

interface Seen {
  code: number | null;
  text: string;
}

/** Runs a command in a terminal, and types `answer` once `question` is shown. */
async function inTerminal(args: string[], question?: string, answer = ""): Promise<Seen> {
  const command = [process.execPath, MAIN, ...args, "--config", machine.configFile]
    .map((word) => `'${word}'`)
    .join(" ");
  const env = { ...process.env, HOME: machine.dir, TERM: "xterm", NO_COLOR: undefined };
  const child = spawn("script", ["-qefc", command, "/dev/null"], { env });
  const seen: Seen = { code: null, text: "" };
  let asked = question;
  child.stdout.on("data", (chunk: Buffer) => {
    seen.text += chunk.toString();
    if (asked === undefined || !seen.text.includes(asked)) return;
    asked = undefined;
    child.stdin.write(answer);
  });
  seen.code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return seen;
}

function days(...outputs: number[]): void {
  machine = new Machine({ startAt: "end" });
  for (const [ago, output] of outputs.entries()) {
    const noon = new Date(Date.now() - 86_400_000 * (ago + 1)).setHours(12, 0, 0, 0);
    machine.request("s", { output, atMs: noon, cwd: ago === 0 ? "/srv/work/new" : "/srv/work/old" });
  }
}

const options = { skip: !hasScript, timeout: TIMEOUT_MS };

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
