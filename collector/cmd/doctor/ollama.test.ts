import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Mode } from "#proto/egress.ts";
import { FakeOllama } from "#testkit/fake-ollama.ts";
import { HttpFaultServer } from "#testkit/http-fault-server.ts";
import { contractHash, writeAcceptance } from "../../consent/acceptance.ts";
import { Machine } from "../testing.ts";
import { ollama } from "./ollama.ts";
import { runChecks } from "./run-checks.ts";

const CANARY = "canary-9e02";

let machine: Machine;
let fake: FakeOllama;
beforeEach(async () => {
  machine = new Machine();
  fake = await FakeOllama.start();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.close();
  await machine.dispose();
});

interface Machinery {
  mode?: Mode;
  /** Settings of `categorize`. */
  settings?: string;
  offline?: boolean;
}

const own = () => `provider: ollama, endpoint: "${fake.url}"`;

async function look({ mode = "categorize_local", settings = own(), offline = false }: Machinery = {}) {
  const text = readFileSync(machine.configFile, "utf8")
    .replace('redaction: { mode: "off" }', `redaction: { mode: full }, categorize: { ${settings} }`)
    .replace("processors: [cwd_hash, redaction]", "processors: [cwd_hash, redaction, categorize]");
  writeFileSync(machine.configFile, text);
  const atMs = Date.now() - 1_000;
  writeAcceptance(machine.stateDir, {
    mode,
    by: "developer",
    team: "",
    agent: "",
    retention_days: 30,
    contract: contractHash(mode),
    accepted_at: atMs,
    expires_at: atMs + 86_400_000,
  });
  const results = await runChecks({ config: [machine.configFile], offline });
  return results.find(({ id }) => id === ollama.id);
}

const there = () => fake.url.replace("http://", "");

it.each<Mode>(["categorize_local", "full"])(
  "in %s the model that is there is found, and shown nothing",
  async (mode) => {
    vi.stubEnv("http_proxy", "http://127.0.0.1:9");
    machine.request("one", { output: 1, cwd: `/srv/${CANARY}` });
    expect(await look({ mode })).toMatchObject({
      status: "ok",
      detail: `${there()} has llama3.1:8b`,
      fix: "",
    });
    expect(fake.asked).toEqual(["/api/show"]);
    expect(JSON.parse(fake.learned)).toEqual({ model: "llama3.1:8b" });
  },
);

it("where Ollama does not run, the two commands are told", async () => {
  const [settings, where] = [own(), there()];
  await fake.close();
  expect(await look({ settings })).toMatchObject({
    status: "warn",
    detail: `${where} does not answer; prompts are categorized by rules meanwhile`,
    fix: "start it: `ollama serve`; get the model: `ollama pull llama3.1:8b`",
  });
});

it("a model that was not pulled is told, and how to get it", async () => {
  expect(await look({ settings: `${own()}, model: "qwen3:4b"` })).toMatchObject({
    status: "warn",
    detail: expect.stringContaining(`${there()} does not have qwen3:4b`) as string,
    fix: "get the model: `ollama pull qwen3:4b`",
  });
});

it("a model that Ollama passes on to another computer is a failure", async () => {
  fake.models.set("llama3.1:8b", { remoteHost: `https://${CANARY}.example.com` });
  const found = await look();
  expect(found).toMatchObject({
    status: "fail",
    fix: expect.stringContaining("processors.categorize.model") as string,
  });
  expect(JSON.stringify(found)).not.toContain(CANARY);
});

it("something else that listens there is not taken for Ollama, and not quoted", async () => {
  const other = await HttpFaultServer.start();
  other.next({ kind: "answer", status: 200, body: `<html>${CANARY}` });
  const found = await look({ settings: `provider: ollama, endpoint: "${other.url}"` });
  await other.close();
  expect(found).toMatchObject({
    status: "warn",
    detail: expect.stringContaining("not as Ollama does") as string,
  });
  expect(JSON.stringify(found)).not.toContain(CANARY);
});

it.each<Machinery & { name: string; detail: string }>([
  { name: "in off", mode: "off", detail: "no prompt is categorized" },
  { name: "in categorize_cloud", mode: "categorize_cloud", detail: "by rules (categorize_cloud)" },
  {
    name: "in categorize_cloud, by the backend",
    mode: "categorize_cloud",
    settings: "provider: auto, endpoint: FAKE, token: t",
    detail: "by the team's backend (categorize_cloud)",
  },
  {
    name: "in full, by the backend",
    mode: "full",
    settings: "provider: auto, endpoint: FAKE, token: t",
    detail: "by the team's backend (full)",
  },
  { name: "with rules", settings: "provider: rules", detail: "by rules (categorize_local)" },
  { name: "offline", offline: true, detail: "left out by --offline" },
])("$name nobody is asked", async ({ detail, settings, ...rest }) => {
  const reader = (settings ?? own()).replace("FAKE", `"${fake.url}"`);
  expect(await look({ ...rest, settings: reader })).toMatchObject({
    status: "skip",
    detail: expect.stringContaining(detail) as string,
  });
  expect(fake.asked).toEqual([]);
});
