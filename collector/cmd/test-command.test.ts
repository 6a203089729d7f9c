import { globSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Machine } from "./testing.ts";

const EXAMPLES = path.resolve(import.meta.dirname, "../../config/examples");
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
