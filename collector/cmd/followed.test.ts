/** Scope, exclusions and pauses, by real processes over real files. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, it } from "vitest";
import { Machine, until } from "./testing.ts";

const TIMEOUT_MS = 180_000;
let machine: Machine;
afterEach(() => machine.dispose());

const sends = (...outputs: number[]) =>
  until(() => outputs.every((output) => machine.sent().includes(output)), `sent ${outputs.join(", ")}`);
const says = (text: string) => until(() => machine.output.includes(text), `said "${text}"`);

function clone(name: string, url: string): string {
  const dir = path.join(machine.dir, name);
  mkdirSync(path.join(dir, ".git"), { recursive: true });
  writeFileSync(path.join(dir, ".git/config"), `[remote "origin"]\n\turl = ${url}\n`);
  return dir;
}

it("follows what the scope names, by folder and by repository", { timeout: TIMEOUT_MS }, async () => {
  machine = new Machine({
    receiver:
      '    scope: { include: ["/srv/work", { remote: "github.com/acme/*" }], exclude: ["/srv/work/own"] }',
  });
  machine.request("s", { output: 1, cwd: "/srv/work/app" });
  machine.request("s", { output: 2, cwd: "/srv/work/own/diary" });
  machine.request("s", { output: 3, cwd: clone("canary-clone", "git@github.com:acme/canary-app.git") });
  machine.request("s", {
    output: 4,
    cwd: clone("canary-hobby", "https://tok:canary-secret@github.com/kim/hobby"),
  });
  expect((await machine.talos("run", "--once")).code).toBe(0);
  expect(machine.sent()).toEqual([1, 3]);
  const { balance } = await machine.status();
  expect(balance).toMatchObject({ dropped: { out_of_scope: 2 }, balanced: true });
  expectNoCanary();
});

it(
  "leaves out what the user excludes, at once and at every later start",
  { timeout: TIMEOUT_MS },
  async () => {
    machine = new Machine();
    machine.run();
    machine.request("s", { output: 1, cwd: "/srv/canary-private/x" });
    await sends(1);
    expect((await machine.talos("exclude", "/srv/canary-private")).code).toBe(0);
    expect((await machine.talos("exclude", "github.com/kim/*")).code).toBe(0);
    expect(statSync(path.join(machine.stateDir, "exclude")).mode & 0o777).toBe(0o600);
    machine.request("s", { output: 2, cwd: "/srv/canary-private/x" });
    machine.request("s", { output: 3, cwd: clone("canary-hobby", "git@github.com:kim/canary-hobby") });
    machine.request("s", { output: 4 });
    await sends(4);
    await machine.stop();
    machine.request("s", { output: 5, cwd: "/srv/canary-private/y" });
    machine.request("s", { output: 6 });
    machine.run();
    await sends(6);
    expect((await machine.talos("exclude", "--remove", "/srv/canary-private")).code).toBe(0);
    machine.request("s", { output: 7, cwd: "/srv/canary-private/x" });
    await sends(7);
    expect(machine.sent()).toEqual([1, 4, 6, 7]);
    expect((await machine.status()).balance).toMatchObject({ dropped: { out_of_scope: 3 }, balanced: true });
    expectNoCanary("exclude");
  },
);

it("reads nothing while paused, and never what was written then", { timeout: TIMEOUT_MS }, async () => {
  machine = new Machine();
  machine.run();
  machine.request("s", { output: 1 });
  await sends(1);
  machine.request("s", { output: 2 });
  expect((await machine.talos("pause", "2h")).code).toBe(0);
  await says("paused, nothing is read");
  await sends(2);
  machine.request("s", { output: 3, id: "hidden" });
  machine.request("t", { output: 4 });
  const read = (await machine.status()).counters["receiver_read_bytes"];
  await machine.stop();
  machine.run();
  machine.request("u", { output: 5 });
  const { paused, counters } = await machine.status();
  expect(paused?.untilMs).toBeGreaterThan(Date.now() + 3_600_000);
  expect(counters["receiver_read_bytes"]).toBe(read);
  await machine.talos("resume");
  await says("the pause is over");
  const later = Date.now();
  machine.request("s", { output: 6 });
  // A fork tells a line of the pause again in a new file.
  machine.request("fork", { output: 3, id: "hidden", atMs: later - 3_600_000 });
  await sends(6);
  await machine.stop();
  expect(machine.sent().filter((output) => output !== 3)).toEqual([1, 2, 6]);
  expect((await machine.status()).balance.balanced).toBe(true);
});

it(
  "steps over what a pause hid, and drops it where a fork tells it again",
  { timeout: TIMEOUT_MS },
  async () => {
    machine = new Machine();
    machine.run();
    machine.request("s", { output: 1 });
    await sends(1);
    await machine.talos("pause");
    await says("paused, nothing is read");
    const hiddenAtMs = Date.now();
    machine.request("s", { output: 2, id: "hidden", atMs: hiddenAtMs });
    machine.request("idle", { output: 3 });
    // Longer than the step in which the slowest file systems tell times.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const { counters } = await machine.status();
    await machine.talos("resume");
    await says("the pause is over");
    machine.request("fork", { output: 2, id: "hidden", atMs: hiddenAtMs });
    machine.request("fork", { output: 4 });
    machine.request("s", { output: 5 });
    await sends(4, 5);
    await machine.stop();
    expect(machine.sent()).toEqual([1, 4, 5]);
    const after = await machine.status();
    // The two lines of the fork and the last one; of the pause itself, nothing was read.
    expect(Number(after.counters["receiver_read_lines"]) - Number(counters["receiver_read_lines"])).toBe(3);
    expect(after.balance).toMatchObject({ dropped: { paused: 1 }, balanced: true });
  },
);

it("catches up when asked", { timeout: TIMEOUT_MS }, async () => {
  machine = new Machine();
  machine.run();
  machine.request("s", { output: 1 });
  await sends(1);
  await machine.talos("pause");
  await says("paused, nothing is read");
  machine.request("s", { output: 2 });
  await machine.talos("resume", "--catch-up");
  await sends(2);
  expect(machine.sent()).toEqual([1, 2]);
});

it("does not read in `run --once` while paused", { timeout: TIMEOUT_MS }, async () => {
  machine = new Machine();
  await machine.talos("pause");
  machine.request("s", { output: 1 });
  const ran = await machine.talos("run", "--once");
  expect(ran.code).toBe(0);
  expect(ran.stderr).toContain("paused");
  expect(machine.sent()).toEqual([]);
});

/** Names of folders and repositories are in no output, no file that is sent and no state. */
function expectNoCanary(...but: string[]): void {
  const files = readdirSync(machine.stateDir, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !but.includes(entry.name))
    .map((entry) => entry.name);
  const texts = files.map((name) => readFileSync(path.join(machine.stateDir, name), "latin1"));
  const said = machine.output.replaceAll(/^Left out from now on.*$/gm, "");
  for (const text of [...texts, said, readFileSync(machine.outFile("file"), "utf8")])
    expect(text).not.toMatch(/canary|hobby|acme/);
}
