import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { EnrolledMachine, FakeTeam } from "./testing.ts";

const FOLDER = path.join(import.meta.dirname, "testdata");
const DAY_MS = 86_400_000;

let team: FakeTeam;
const machines: EnrolledMachine[] = [];

beforeEach(async () => {
  team = await FakeTeam.start();
});

afterEach(async () => {
  for (const machine of machines.splice(0)) machine.dispose();
  await team.close();
});

/** Whose token is due. */
function oldMachine(): EnrolledMachine {
  team.now = () => Date.now() - 31 * DAY_MS;
  const machine = new EnrolledMachine(team);
  team.now = Date.now;
  machines.push(machine);
  return machine;
}

/** A process that may be killed right before its n-th change of the disk. Resolves to what came of it. */
function rotate({ configDir }: EnrolledMachine, dieAt = -1, log = ""): Promise<string> {
  const args = ["--import", path.join(FOLDER, "die-at.ts"), path.join(FOLDER, "rotator.ts")];
  const more = log === "" ? {} : { DIE_LOG: log };
  const child = spawn(process.execPath, args, {
    env: { ...process.env, CONFIG_DIR: configDir, DIE_AT: String(dieAt), ...more },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => void (said += chunk.toString()));
  return new Promise((resolve) => {
    child.once("close", (_code, signal) => resolve(signal ?? said));
  });
}

it("after a crash at any step the machine holds a token that is taken, and the exchange is ended", async () => {
  const whole = oldMachine();
  const log = path.join(whole.configDir, "steps");
  expect(await rotate(whole, 0, log)).toBe("rotated");
  const steps = Number(readFileSync(log, "utf8"));
  rmSync(log);
  expect(steps).toBeGreaterThan(12);
  for (let at = 1; at <= steps; at += 1) {
    const machine = oldMachine();
    expect(await rotate(machine, at)).toBe("SIGKILL");
    expect(team.knows(machine.folder.readFile("token") ?? "")).toBe(true);
    // What is not known to have ended is ended, or asked for again.
    expect(await rotate(machine)).toMatch(/^rotated$|^not_due$/);
    expect(team.knows(machine.folder.readFile("token") ?? "")).toBe(true);
    expect(machine.folder.readFile("token.previous")).toBeUndefined();
  }
}, 180_000);
