import { createServer, type Server } from "node:http";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SocketTrap } from "#testkit/preloaded.ts";
import { contractHash, writeAcceptance } from "../consent/acceptance.ts";
import { FakeTeam } from "../enrolment/testing.ts";
import { Planted } from "../proof/canaries.ts";
import { writeHome } from "../proof/session.ts";
import { refuseInDryRun } from "./dry-run.ts";
import { Machine, until } from "./testing.ts";

let machine: Machine;
let server: Server;
let asked: string[];
let traps: string;

beforeEach(async () => {
  machine = new Machine();
  traps = mkdtempSync(path.join(tmpdir(), "dry-run-"));
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    request.resume();
    response.setHeader("content-type", "application/x-protobuf").end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const yaml = `{ endpoint: ${url()}, token: t, destination: talos }`;
  machine.configure({ exporter: { id: "otlp_http/talos", yaml } });
});
afterEach(async () => {
  await machine.dispose();
  rmSync(traps, { recursive: true, force: true });
  server.closeAllConnections();
  server.close();
});

function url(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The documents on stderr, without the lines of the log. */
function printed(stderr: string): Record<string, unknown>[] {
  return stderr
    .split(/^(?=\{$)/m)
    .filter((part) => part.startsWith("{\n"))
    .map((part) => JSON.parse(part.slice(0, part.indexOf("\n}\n") + 2)) as Record<string, unknown>);
}

function uidsIn(stderr: string): string[] {
  return Array.from(
    stderr.matchAll(/"log\.record\.uid": "([0-9a-f]{32})"/g),
    ([, uid = ""]) => uid,
  ).toSorted();
}

async function queued(): Promise<Record<string, number>> {
  const { balance } = (await machine.status()) as unknown as {
    balance: { destinations: { exporter: string; queued: number; acknowledged: number }[] };
  };
  expect(balance.destinations.every(({ acknowledged }) => acknowledged === 0)).toBe(true);
  return Object.fromEntries(balance.destinations.map((each) => [each.exporter, each.queued]));
}

it("prints what would be sent, opens no socket, and keeps it queued for the first run that sends", async () => {
  const trap = new SocketTrap(traps, ["listen "]);
  for (const output of [10, 20, 30]) machine.request("a", { output });
  machine.env["TALOS_DRY_RUN"] = "1";
  machine.env["NODE_OPTIONS"] = trap.nodeOptions;
  const first = await machine.talos("run", "--once");
  expect(first.code).toBe(0);
  expect(first.stderr.split("\n")[0]).toContain("NOTHING IS SENT");
  expect(new Set(printed(first.stderr).map(({ would_send_to: to }) => to))).toEqual(
    new Set(["otlp_http/talos"]),
  );
  expect(uidsIn(first.stderr)).toHaveLength(3);
  expect(await queued()).toEqual({ "otlp_http/talos": 3 });
  // What waits from before is printed again.
  const second = await machine.talos("run", "--once");
  expect(uidsIn(second.stderr)).toEqual(uidsIn(first.stderr));
  expect([trap.tried.filter((each) => !each.startsWith("listen ")), asked]).toEqual([[], []]);

  machine.env["TALOS_DRY_RUN"] = "0";
  machine.env["NODE_OPTIONS"] = "";
  expect((await machine.talos("run", "--once")).code).toBe(0);
  expect(asked).toEqual(["/v1/logs"]);
});

it("prints records as they come while it runs, and stops at once", async () => {
  machine.env["TALOS_DRY_RUN"] = "yes";
  machine.run();
  await until(() => machine.output.includes("collector started"), "it runs");
  machine.request("b", { output: 7 });
  await until(() => machine.output.includes(`"gen_ai.usage.output_tokens": 7`), "the record was printed");
  await machine.stop();
  expect(asked).toEqual([]);
  expect(await queued()).toEqual({ "otlp_http/talos": 1 });
});

it("asks no backend for a category: it prints the question, and the prompt waits", async () => {
  const text = readFileSync(machine.configFile, "utf8")
    .replace(
      `redaction: { mode: "off" }`,
      `redaction: { mode: categorize_cloud }, categorize: { provider: cloud, endpoint: ${url()}, token: t }`,
    )
    .replace("[cwd_hash, redaction]", "[cwd_hash, redaction, categorize]");
  writeFileSync(machine.configFile, text);
  const atMs = Date.now() - 3_600_000;
  mkdirSync(machine.stateDir, { mode: 0o700 });
  const firstStart = { first_start_ms: atMs, instance_id: "0".repeat(32) };
  writeFileSync(path.join(machine.stateDir, "first-start.json"), JSON.stringify(firstStart));
  writeAcceptance(machine.stateDir, {
    mode: "categorize_cloud",
    by: "developer",
    team: "",
    agent: "",
    retention_days: 0,
    contract: contractHash("categorize_cloud"),
    accepted_at: atMs,
    expires_at: atMs + 86_400_000,
  });
  writeHome(machine.home, new Planted(), { secrets: [], nowMs: Date.now() });
  machine.env["TALOS_DRY_RUN"] = "1";
  const { code, stderr } = await machine.talos("run", "--once");
  expect(code).toBe(0);
  const questions = printed(stderr).filter(({ would_post_to: to }) => to !== undefined);
  expect(questions).toEqual([
    {
      would_post_to: `${url()}/v1/categorize`,
      body: { prompt: expect.stringContaining("Fix the") as string },
    },
  ]);
  expect(asked).toEqual([]);
  expect((await queued())["text:logs"]).toBe(6);
});

it("an enrolled machine tells its team nothing, in a dry run and in a preview", async () => {
  const team = await FakeTeam.start();
  try {
    rmSync(machine.configFile);
    const enrolled = await machine.talosAlone("enroll", team.token(), "--endpoint", team.url, "--unattended");
    expect(enrolled.code).toBe(0);
    const before = team.calls.length;
    const previewed = await machine.talosAlone("preview", "--json");
    expect(JSON.parse(previewed.stdout)).toMatchObject({ configured: true, mode_in_force: "off" });
    machine.env["TALOS_DRY_RUN"] = "1";
    expect((await machine.talosAlone("run", "--once")).code).toBe(0);
    machine.followAlone();
    await until(() => machine.output.includes("collector started"), "it runs");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await machine.stop();
    expect(team.calls.slice(before)).toEqual([]);
  } finally {
    await team.close();
  }
});

it.each([
  ["enroll", "1", true],
  ["backfill", "true", true],
  ["consent", "anything", true],
  ["account", "1", true],
  ["enroll", "0", false],
  ["enroll", "false", false],
  ["enroll", "", false],
  ["run", "1", false],
  ["status", "1", false],
])("talos %s with TALOS_DRY_RUN=%s is refused: %s", (command, value, refused) => {
  let said = "";
  try {
    refuseInDryRun(command, { TALOS_DRY_RUN: value });
  } catch (error) {
    said = String(error);
  }
  expect(said.includes("TALOS_DRY_RUN")).toBe(refused);
});

it("a command that would send is refused before it does anything", async () => {
  machine.env["TALOS_DRY_RUN"] = "1";
  const { code, stderr } = await machine.talosAlone("enroll", "tal_x", "--endpoint", url());
  expect([code, stderr]).toEqual([1, expect.stringContaining("unset it first")]);
  expect(asked).toEqual([]);
});
