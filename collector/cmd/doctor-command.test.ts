import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { noTerminal, Terminal } from "#testkit/terminal.ts";
import { Machine, until } from "./testing.ts";

const MAIN = path.resolve(import.meta.dirname, "main.ts");
const CANARY = "canary-93be";
const reason = noTerminal();
const inPty = reason === undefined ? "" : ` (skipped: ${reason})`;

let machine: Machine;
beforeEach(() => void (machine = new Machine()));
afterEach(() => machine.dispose());

it("prints JSON of a fixed shape, with 0 where nothing failed", { timeout: 90_000 }, async () => {
  machine.request("one", { output: 7, cwd: `/srv/${CANARY}` });
  machine.run();
  await until(async () => (await machine.talos("tap")).code === 0, "the collector answers");
  const ran = await machine.talos("doctor", "--json");
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  const { results, ...counts } = JSON.parse(ran.stdout) as {
    results: Record<string, string>[];
  } & Record<string, number>;
  for (const result of results)
    expect(Object.keys(result).toSorted()).toEqual(["detail", "fix", "id", "status", "title"]);
  expect(Object.keys(counts).toSorted()).toEqual(["fail", "ok", "skip", "warn"]);
  expect(Object.values(counts).reduce((a, b) => a + b, 0)).toBe(results.length);
  expect(results.find(({ id }) => id === "instance")).toMatchObject({
    status: "ok",
    detail: expect.stringMatching(/^runs \(process \d+\); every record is accounted for$/) as string,
  });
  expect(ran.stdout).not.toMatch(new RegExp(`${CANARY}|-srv-work|An answer`));
});

it("exits with 1 when something failed, and with 2 for an unknown option", { timeout: 60_000 }, async () => {
  machine.configure({ exporter: { id: "otlp_http", yaml: "{ endpoint: 'http://127.0.0.1:9' }" } });
  const failed = await machine.talos("doctor");
  expect(failed.code).toBe(1);
  expect(failed.stdout).toContain("ECONNREFUSED");
  expect(failed.stdout).not.toContain("\u001B");
  expect((await machine.talos("doctor", "--offline")).code).toBe(0);
  expect((await machine.talos("doctor", "--canary")).code).toBe(2);
});

it.skipIf(reason !== undefined)(
  `in a terminal, marks are coloured and each problem is followed by what to do${inPty}`,
  { timeout: 60_000 },
  async () => {
    machine.configure({ exporter: { id: "otlp_http", yaml: "{ endpoint: 'http://127.0.0.1:9' }" } });
    const { NO_COLOR: _, ...env } = process.env;
    const terminal = new Terminal([process.execPath, MAIN, "doctor", "--config", machine.configFile], {
      env: { ...env, HOME: machine.dir, TERM: "xterm" },
      dir: machine.dir,
    });
    expect(await terminal.ended).toBe(1);
    expect(terminal.output).toContain("\u001B[31m✗\u001B[0m Destinations");
    expect(terminal.text).toMatch(/✗ Destinations +otlp_http: cannot be reached .*\n +→ look at the network/);
    expect(terminal.text).toMatch(/✓ Configuration +~\/config\.yaml is valid/);
    expect(terminal.text).toContain("1 problem, 1 warning");
  },
);
