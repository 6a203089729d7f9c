/**
 * The managed configuration where it really stands, `/etc/talos-auditor`, seen by real processes: each in a mount
 * namespace of its own whose `/etc` holds nothing else. So no option has to lead the program to another place.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Machine, type Ran } from "../testing.ts";

const MAIN = path.resolve(import.meta.dirname, "../main.ts");
const PLACE = "/etc/talos-auditor/config.yaml";
const PREPARE = `mount -t tmpfs tmpfs /etc && mkdir /etc/talos-auditor && cp -R "$0" ${PLACE} && exec "$@"`;
/** As root, else as whoever may be root in a namespace of their own. */
const unshare = [["-m"], ["-Urm"]].find(
  (flags) => spawnSync("unshare", [...flags, "sh", "-c", "mount -t tmpfs tmpfs /etc"]).status === 0,
);
const reason = unshare === undefined ? " (skipped: this user may have no mount namespace)" : "";
const options = { skip: unshare === undefined, timeout: 90_000 };

let machine: Machine;
let managed: string;
beforeEach(() => {
  machine = new Machine();
  managed = path.join(machine.dir, "managed.yaml");
  writeFileSync(
    managed,
    `
processors: { redaction: { mode: "off" } }
exporters: { file: { path: "${machine.outFile("file")}" } }
service: { batch: { timeout: 3s } }
`,
  );
});
afterEach(() => machine.dispose());

/** `talos`, as a user who would rather not be bound runs it. */
async function talos(args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const command = [...(unshare ?? []), "sh", "-c", PREPARE, managed, process.execPath, MAIN, ...args];
  const child = spawn("unshare", command, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HOME: machine.dir, NO_COLOR: "1", ...env },
  });
  const ran: Ran = { code: null, stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => void (ran.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => void (ran.stderr += chunk.toString()));
  ran.code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return ran;
}

/** What this user would like instead. */
function wishes(): string {
  const file = path.join(machine.dir, "mine.yaml");
  const elsewhere = path.join(machine.dir, "elsewhere.jsonl");
  writeFileSync(
    file,
    `
processors: { redaction: { mode: full } }
exporters: { file: { path: "${elsewhere}" } }
service: { batch: { timeout: 1s, size: 8KiB } }
`,
  );
  return file;
}

it(
  `config print --origin: what is managed stands, with its place; the rest is the user's${reason}`,
  options,
  async () => {
    const { code, stdout } = await talos([
      "config",
      "print",
      "--origin",
      "-c",
      machine.configFile,
      "-c",
      wishes(),
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain(`timeout: 3s # ${PLACE}:4`);
    expect(stdout).toMatch(/size: 8KiB # .*mine\.yaml:4/);
    expect(stdout).toContain(`path: ${machine.outFile("file")} # ${PLACE}:3`);
    expect(stdout).toMatch(/mode: off #/);
    const explained = await talos(["config", "explain", "service.batch.timeout", "-c", machine.configFile]);
    expect(explained.stdout).toMatch(/^service\.batch\.timeout = 3s\n +from +\/etc\/.*locked/);
  },
);

it(
  `a collector that runs obeys: its records go where they must, and hold no more than they may${reason}`,
  options,
  async () => {
    machine.request("one", { output: 7, cwd: "/srv/canary-71c" });
    const ran = await talos(["run", "--once", "-c", machine.configFile, "-c", wishes()]);
    expect(ran.code).toBe(0);
    expect(machine.sent()).toEqual([7]);
    const sent = readFileSync(machine.outFile("file"), "utf8");
    expect(sent).toContain('"talos.privacy.mode","value":{"stringValue":"off"}');
    expect(sent + ran.stderr).not.toMatch(/An answer|canary-71c/);
  },
);

it(`no variable of the environment leads past it${reason}`, options, async () => {
  const nowhere = path.join(machine.dir, "nowhere");
  mkdirSync(nowhere);
  const env = Object.fromEntries(
    ["ProgramFiles", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "TALOS_MANAGED", "TALOS_CONFIG", "TALOS_HOME"].map(
      (name) => [name, nowhere],
    ),
  );
  const { stdout } = await talos(["config", "print", "--origin", "-c", machine.configFile], env);
  expect(stdout).toContain(`timeout: 3s # ${PLACE}:4`);
});

it(
  `one that cannot be read or used stops the collector instead of being left out${reason}`,
  options,
  async () => {
    writeFileSync(managed, "service: { batch: { timeuot: 3s } }\n");
    const slip = await talos(["run", "--once", "-c", machine.configFile]);
    expect([slip.code, slip.stderr]).toEqual([2, expect.stringContaining("timeuot")]);
    managed = path.join(machine.dir, "folder");
    mkdirSync(managed);
    const unreadable = await talos(["run", "--once", "-c", machine.configFile]);
    expect(unreadable.code).toBe(2);
    expect(unreadable.stderr).toContain("cannot read the managed configuration (EISDIR)");
  },
);
