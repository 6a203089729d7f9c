import { globSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { noTerminal, Terminal } from "#testkit/terminal.ts";
import { Machine } from "./testing.ts";

const EXAMPLES = path.resolve(import.meta.dirname, "../../config/examples");
const MAIN = path.resolve(import.meta.dirname, "main.ts");
/** Shown beside the tests that are skipped for it. */
const reason = noTerminal();
const inPty = reason === undefined ? "" : ` (skipped: ${reason})`;
const EXAMPLE = path.join(EXAMPLES, "one-request.test.yaml");

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine.dispose());

function changed(from: string, to: string): string {
  const file = path.join(machine.dir, "changed.test.yaml");
  writeFileSync(file, readFileSync(EXAMPLE, "utf8").replaceAll(from, to));
  return file;
}

it.each(globSync("*.test.yaml", { cwd: EXAMPLES }))("the example %s passes", async (name) => {
  const ran = await machine.talosAlone("test", path.join(EXAMPLES, name));
  expect(ran).toMatchObject({ code: 0, stderr: "" });
});

it("shows what differs from the record that comes nearest, and exits with 1", async () => {
  const file = changed("gen_ai.usage.output_tokens: 25", "gen_ai.usage.output_tokens: 26");
  const ran = await machine.talosAlone("test", file);
  expect(ran.code).toBe(1);
  expect(ran.stdout).toContain("gen_ai.usage.output_tokens: expected 26, got 25");
  expect(ran.stdout).toContain("1 passed, 1 failed");
});

it("counts and drops are compared whole, and --json tells them to scripts", async () => {
  const ran = await machine.talosAlone("test", changed("historical: 1", "synthetic: 1"), "--json");
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    failed: 1,
    results: [
      { passed: true },
      { problems: ["drops of historical: expected 0, got 1", "drops of synthetic: expected 1, got 0"] },
    ],
  });
});

it.each([
  ["expect:", "expects:", "expects"],
  ["redaction: { mode", "redaction: { moode", "moode"],
])("a test file or configuration with %s as %s is refused by name", async (from, to, named) => {
  const ran = await machine.talosAlone("test", changed(from, to));
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain(named);
});

it("says nothing of a line's text, its folder or where it ran", async () => {
  const file = changed("cwd: /srv/example", "cwd: /srv/canary-88d");
  writeFileSync(
    file,
    readFileSync(file, "utf8").replaceAll("usage.output_tokens: 25", "usage.output_tokens: 26"),
  );
  const ran = await machine.talosAlone("test", file);
  expect(ran.code).toBe(1);
  expect(ran.stdout + ran.stderr).not.toMatch(/canary-88d|talos-test-/);
});

it("several configuration files are merged as `talos run` merges them", async () => {
  const strict = path.join(machine.dir, "strict.yaml");
  writeFileSync(strict, "receivers: { claude_code: { scope: { include: ['~/elsewhere/**'] } } }\n");
  const example = path.join(EXAMPLES, "work-only.test.yaml");
  const file = path.join(machine.dir, "merged.test.yaml");
  const text = readFileSync(example, "utf8").replace(
    "config: work-only.yaml",
    `config: [${path.join(EXAMPLES, "work-only.yaml")}, strict.yaml]`,
  );
  writeFileSync(file, text.replaceAll("file: work-only/", `file: ${EXAMPLES}/work-only/`));
  const ran = await machine.talosAlone("test", file);
  expect(ran.stdout).toContain("drops of out_of_scope: expected 2, got 3");
  expect(ran.code).toBe(1);
});

it.each([
  {
    what: "a file that is not there",
    from: "file: work-only/agent.jsonl",
    to: "file: work-only/none.jsonl",
    told: "none.jsonl cannot be read (ENOENT)",
  },
  {
    what: "a name that leads elsewhere",
    from: "private.jsonl: {",
    to: "../private.jsonl: {",
    told: "expected a name such as",
  },
  {
    what: "a slip within a file",
    from: "private.jsonl: { file:",
    to: "private.jsonl: { flie:",
    told: "private.jsonl",
  },
  {
    what: "two kinds of input at once",
    from: "claude_code:\n        lines:",
    to: "claude_code:\n        file: x\n        lines:",
    told: "expected one of",
  },
  {
    what: "a receiver that is not configured",
    from: "      claude_code:",
    to: "      claude_code/x:",
    told: "no pipeline of the configuration has it",
  },
])("input that cannot be had is refused by name: $what", async ({ from, to, told }) => {
  const file = path.join(machine.dir, "changed.test.yaml");
  const text = readFileSync(path.join(EXAMPLES, "work-only.test.yaml"), "utf8")
    .replace(from, to)
    .replace("config: work-only.yaml", `config: ${path.join(EXAMPLES, "work-only.yaml")}`);
  writeFileSync(file, text.replaceAll("file: work-only/", `file: ${EXAMPLES}/work-only/`));
  const ran = await machine.talosAlone("test", file);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain(told);
});

it.skipIf(reason !== undefined)(
  `in a terminal, what passed is green and what failed is red, with what differs below it${inPty}`,
  { timeout: 60_000 },
  async () => {
    const file = changed("gen_ai.usage.output_tokens: 25", "gen_ai.usage.output_tokens: 26");
    const { NO_COLOR: _, ...env } = process.env;
    const terminal = new Terminal([process.execPath, MAIN, "test", file], {
      env: { ...env, HOME: machine.dir, TERM: "xterm" },
      dir: machine.dir,
    });
    expect(await terminal.ended).toBe(1);
    expect(terminal.output).toContain(`\u001B[31m✗\u001B[0m ${file}: two lines of one request`);
    expect(terminal.output).toContain(`\u001B[32m✓\u001B[0m ${file}: what is older`);
    expect(terminal.text).toContain("1 passed, 1 failed");
    expect(terminal.text).toMatch(/nearest differs in\n +gen_ai\.usage\.output_tokens: expected 26, got 25/);
  },
);
