/** The command as it stands in hooks.json, run as Cursor runs it. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Shim } from "../../../e2e/faults/shim.ts";
import { isOurs, launcherText, posixEntry, RECORDER, recorderOf, windowsEntry } from "./command.ts";
import { type Answer, HookMachine, stopPayload, until } from "./testkit.ts";

/** What the command waits for the recorder, with what a busy machine adds. */
const BUDGET_MS = 20_000;

let machine: HookMachine;
beforeEach(() => {
  machine = new HookMachine();
});
afterEach(() => machine.dispose());

describe("Cursor gets `{}` and exit code 0", () => {
  it("from 100 at once, and each is recorded once", { timeout: 120_000 }, async () => {
    const count = 100;
    const command = machine.command();
    const payloads = Array.from({ length: count }, (_, i) =>
      JSON.stringify(stopPayload({ generation_id: `turn-${i}` })),
    );
    const answers = await Promise.all(payloads.map((payload) => machine.end(payload, { command })));
    expectAnswers(answers);
    const turns = (await machine.recorded(count)).map(({ generation }) => generation);
    expect(new Set(turns).size).toBe(count);
    expect(turns).toHaveLength(count);
  });

  it.each([
    { name: "without Node", over: { node: "/nowhere/node" } },
    { name: "without the recorder", over: { recorder: "/nowhere/recorder.cjs" } },
    { name: "without a folder", over: { folder: "/nowhere/cursor-hooks" } },
    { name: "with something else in Node's place", over: { node: import.meta.filename } },
  ])("$name", async ({ over }) => {
    expectAnswers([await machine.end(JSON.stringify(stopPayload()), { command: machine.command(over) })]);
    expect(machine.lines()).toEqual([]);
  });

  it("while Node hangs as it starts", async () => {
    const node = path.join(machine.dir, "node");
    writeFileSync(node, "#!/bin/sh\nexec sleep 3\n");
    chmodSync(node, 0o755);
    const answer = await machine.end(JSON.stringify(stopPayload()), { command: machine.command({ node }) });
    expectAnswers([answer]);
    expect(answer.ms).toBeGreaterThan(900);
  });

  it("while the disk hangs, and the recorder ends itself", async ({ skip }) => {
    const shim = Shim.make(machine.folder);
    if (typeof shim === "string") {
      skip(shim);
      return;
    }
    shim.failing = "hangs";
    Object.assign(machine.env, shim.env);
    const command = machine.command().replace('"$3" $$ $s', '"$3" $$ $s 300');
    expectAnswers([await machine.end(JSON.stringify(stopPayload()), { command })]);
    await until(() => !isRunning(machine.folder));
    expect(machine.lines()).toEqual([]);
    shim.remove();
  });

  it("while the disk is full, which is counted where that can be", async ({ skip }) => {
    const folder = path.join(machine.dir, "small");
    mkdirSync(folder, { mode: 0o700 });
    const command = machine.command({ folder });
    const script = `mount -t tmpfs -o size=8k,mode=700 none "$0" && cd "$0" && printf . > dropped-full && ! head -c 9000 /dev/zero > rest; sh -c "$1"; i=0; while [ $i -lt 600 ] && [ "$(stat -c %s dropped-full)" = 1 ]; do sleep 0.1; i=$((i+1)); done; stat -c "%s %n" dropped-full *.jsonl 2>&1; true`;
    const ran = spawnSync("unshare", ["-rm", "sh", "-c", script, folder, command], {
      input: JSON.stringify(stopPayload()),
      env: { ...process.env, HOME: machine.home },
      encoding: "utf8",
    });
    if (ran.error !== undefined || ran.stderr.includes("mount:") || ran.stderr.includes("unshare:")) {
      skip("no disk of one's own can be had here");
      return;
    }
    expect(ran.stdout.split("\n").slice(0, 2)).toEqual(["{}", "2 dropped-full"]);
  });

  it("from every shell that may start it", async () => {
    const shells = [["dash"], ["bash"], ["zsh"], ["fish"], ["busybox", "sh"]] as const;
    const outcomes = shells.flatMap(([shell, ...args]) => {
      const ran = spawnSync(shell, [...args, "-c", machine.command()], {
        input: JSON.stringify(stopPayload()),
        env: { ...process.env, HOME: machine.home },
        encoding: "utf8",
      });
      return ran.error === undefined ? [`${shell} ${ran.status} ${ran.stdout}${ran.stderr}`] : [];
    });
    expect(outcomes.filter((outcome) => !/^\w+ 0 \{\}\n$/.test(outcome))).toEqual([]);
    await machine.recorded(1);
  });
});

describe("the command's text", () => {
  const recorder = {
    node: "/opt/talos auditor/node",
    recorder: RECORDER,
    folder: "/home/dev/state/cursor-hooks",
  };

  it("is found again, with its paths", () => {
    const { command } = posixEntry(recorder);
    expect(isOurs(command)).toBe(true);
    expect(recorderOf(command)).toEqual(recorder);
    expect(isOurs("./talos.sh")).toBe(false);
  });

  it("on Windows is one that both of its shells read alike, and a launcher does the rest", () => {
    const { command } = windowsEntry("C:\\Users\\dev\\App Data\\talos-cursor-hooks.cmd");
    expect(command).toBe('cmd /d /c "C:\\Users\\dev\\App Data\\talos-cursor-hooks.cmd"');
    expect(isOurs(command)).toBe(true);
    const paths = { node: "C:\\talos\\node.exe", recorder: "C:\\100%\\recorder.cjs", folder: "C:\\state" };
    const text = launcherText(paths);
    expect(text).toContain(
      '"C:\\talos\\node.exe" "C:\\100%%\\recorder.cjs" "C:\\state" >nul 2>nul\r\necho {}\r\nexit /b 0\r\n',
    );
    expect(recorderOf(text)).toEqual(paths);
  });

  it("cannot hold a path that a shell would read as something else", () => {
    expect(() => posixEntry({ ...recorder, node: "/o'brien/node" })).toThrow("quote");
    expect(() => windowsEntry("C:\\a & b\\x.cmd")).toThrow("&");
  });
});

function expectAnswers(answers: readonly Answer[]): void {
  const wrong = answers.filter(({ stdout, code, ms }) => stdout !== "{}" || code !== 0 || ms > BUDGET_MS);
  expect(wrong).toEqual([]);
}

/** Whether a process names this folder on its command line. */
function isRunning(folder: string): boolean {
  const { stdout } = spawnSync("ps", ["-eo", "args"], { encoding: "utf8" });
  return stdout.split("\n").some((args) => args.includes("recorder.cjs") && args.includes(folder));
}
