import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { noTerminal, Terminal } from "#testkit/terminal.ts";
import { Machine, until } from "./testing.ts";

const MAIN = path.resolve(import.meta.dirname, "main.ts");
const CANARY = "canary-4c1e";
/** Shown beside each test that is skipped for it. */
const reason = noTerminal();
const inPty = reason === undefined ? "" : ` (skipped: ${reason})`;

let machine: Machine;
let terminals: Terminal[];
beforeEach(() => {
  machine = new Machine();
  terminals = [];
});
afterEach(async () => {
  for (const terminal of terminals) terminal.kill();
  await machine.dispose();
});

function inTerminal(...args: string[]): Terminal {
  const terminal = new Terminal([process.execPath, MAIN, ...args, "--config", machine.configFile], {
    env: { ...process.env, HOME: machine.dir, TERM: "xterm" },
    dir: machine.dir,
  });
  terminals.push(terminal);
  return terminal;
}

async function running(): Promise<void> {
  machine.run();
  await until(async () => (await machine.talos("tap")).code === 0, "the collector answers");
}

function talk(output: number): void {
  machine.request("one", { output, cwd: `/srv/${CANARY}` });
}

it.skipIf(reason !== undefined)(
  `top fills the terminal, renews itself and gives the terminal back on q${inPty}`,
  { timeout: 90_000 },
  async () => {
    talk(7);
    await running();
    const top = inTerminal("top");
    await until(() => top.text.includes("CPU") && /CPU \d/.test(top.text), "two looks");
    top.type("q");
    expect(await top.ended).toBe(0);
    expect(top.output).toContain("\u001B[?1049h");
    expect(top.output.endsWith("\u001B[?25h\u001B[?1049l")).toBe(true);
    expect(top.text).toMatch(/running \(process \d+/);
    expect(top.text).toMatch(/records in +\S+ +1/);
    expect(top.text).toMatch(/file +0 +0/);
    expect(top.text).toMatch(/memory \d+ MiB/);
    expect(top.text).not.toContain(CANARY);
  },
);

it.skipIf(reason !== undefined)(
  `top gives the terminal back on Ctrl-C${inPty}`,
  { timeout: 90_000 },
  async () => {
    await running();
    const top = inTerminal("top");
    await until(() => top.text.includes("records in"), "the first look");
    top.type("\u0003");
    expect(await top.ended).toBe(0);
    expect(top.output.endsWith("\u001B[?1049l")).toBe(true);
  },
);

it("top --once and --json do without a terminal and without escapes", { timeout: 90_000 }, async () => {
  talk(7);
  await running();
  const once = await machine.talos("top");
  expect(once).toMatchObject({ code: 0, stderr: "" });
  expect(once.stdout).not.toContain("\u001B");
  expect(once.stdout).toContain("records in");
  const json = await machine.talos("top", "--once", "--json");
  const frame = JSON.parse(json.stdout) as { rates: object; process: object; status: object };
  expect(frame.rates).toHaveProperty("read");
  expect(frame.process).toHaveProperty("rssBytes");
  await machine.stop();
  expect((await machine.talos("top", "--once")).stdout).toContain("not running");
  expect(JSON.stringify([once, json])).not.toContain(CANARY);
});

it("top says what to do where no collector ever ran", async () => {
  const ran = await machine.talos("top", "--once");
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain("talos run");
});

it("tap refuses what stands before redaction, with the reason", { timeout: 90_000 }, async () => {
  await running();
  expect((await machine.talos("tap")).stdout.split("\n")).toEqual([
    expect.stringMatching(/^logs {2}cwd_hash {2}\(refused: stands before redaction/),
    "logs  redaction",
    "logs  gate",
    "logs  file",
    "",
  ]);
  const refused = await machine.talos("tap", "cwd_hash");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("stands before redaction");
  expect(refused.stderr).toContain("redaction, gate, file");
  expect((await machine.talos("tap", "gate", "--pipeline", "logs/none")).code).toBe(2);
});

it.each(["redaction", "gate", "file"])(
  "tap %s shows every record as it leaves and nothing else",
  { timeout: 90_000 },
  async (point) => {
    await running();
    const tap = machine.talos("tap", point, "--format", "json", "--max", "2");
    let done = false;
    void tap.then(() => (done = true));
    // The tap may begin after the first of them: it sees what passes from then on.
    let output = 100;
    await until(() => {
      talk((output += 1));
      return done;
    }, "two records are shown");
    const { code, stdout } = await tap;
    expect(code).toBe(0);
    const records = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Shown);
    expect(records).toHaveLength(2);
    for (const { attributes, event, resource } of records) {
      expect(event).toBe("gen_ai.client.inference.operation.details");
      expect(attributes["gen_ai.usage.output_tokens"]).toBeGreaterThan(100);
      expect(attributes["talos.cwd.hash"]).toMatch(/^[0-9a-f]{64}$/);
      expect(attributes["log.record.uid"]).toMatch(/^[0-9a-f]{32}$/);
      expect(resource["talos.privacy.mode"]).toBe("off");
    }
    expect(stdout).not.toMatch(new RegExp(`${CANARY}|An answer|/srv/`));
  },
);

it(
  "tap --pipeline shows of an exporter that several pipelines share what that one queues, and no more",
  { timeout: 90_000 },
  async () => {
    const pipelines = ["a", "b"].map(
      (name) =>
        `    logs/${name}: { receivers: [claude_code/${name}], processors: [cwd_hash, redaction], exporters: [file] }`,
    );
    const receivers = ["a", "b"].map(
      (name) => `  claude_code/${name}: { include: ["${machine.home}/projects/*/${name}.jsonl"] }`,
    );
    const text = `receivers:
${receivers.join("\n")}
processors: { cwd_hash: { salt: "a-team-salt-of-32-characters-012" }, redaction: { mode: "off" } }
exporters: { file: { path: ${machine.outFile("file")} } }
service:
  state_dir: ${machine.stateDir}
  outbox: { key_source: file }
  batch: { timeout: 1s }
  pipelines:
${pipelines.join("\n")}
`;
    writeFileSync(machine.configFile, text);
    await running();
    const shown = await Promise.all(
      [["--pipeline", "logs/b"], []].map(async (only) => {
        let done = false;
        const tap = machine.talos("tap", "file", ...only, "--format", "json", "--max", "60");
        void tap.then(() => (done = true));
        let output = 0;
        await until(() => {
          machine.request("a", { output: 1_000 + (output += 1) });
          machine.request("b", { output: 2_000 + output });
          return done;
        }, "sixty records are shown: more than one pass of one receiver gives");
        return new Set((await tap).stdout.match(/(?<="gen_ai.usage.output_tokens":)\d/g));
      }),
    );
    expect(shown).toEqual([new Set(["2"]), new Set(["1", "2"])]);
  },
);

interface Shown {
  event: string;
  attributes: Record<string, string | number>;
  resource: Record<string, string>;
}

it.skipIf(reason !== undefined)(
  `tap ends cleanly on Ctrl-C in a terminal${inPty}`,
  { timeout: 90_000 },
  async () => {
    await running();
    const tap = inTerminal("tap", "gate");
    let output = 200;
    await until(() => {
      talk((output += 1));
      return tap.text.includes("gen_ai.usage.output_tokens=");
    }, "a record is shown");
    tap.type("\u0003");
    expect(await tap.ended).toBe(0);
    expect(tap.text).not.toContain(CANARY);
  },
);

it("a collector that was killed leaves nothing in the way of the next", { timeout: 120_000 }, async () => {
  await running();
  await machine.stop("SIGKILL");
  const gone = await machine.talos("tap", "gate");
  expect(gone.code).toBe(1);
  expect(gone.stderr).toContain("talos run");
  await running();
  expect((await machine.talos("tap")).code).toBe(0);
});
