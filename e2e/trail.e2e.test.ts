import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LocalBackend, PROJECT } from "./backend.ts";

let backend: LocalBackend;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), "talos-trail-"));
  backend = await LocalBackend.start();
});
afterAll(async () => {
  await backend.close();
  rmSync(dir, { recursive: true, force: true });
});

function node(script: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, HOME: dir };
  return new Promise((resolve) => {
    execFile(process.execPath, [path.join(PROJECT, script), ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}
const rotate = (...args: string[]) =>
  node(
    "collector/cmd/start/rotate-keys.ts",
    "--folder",
    path.dirname(backend.folder.root),
    "--port",
    new URL(backend.url).port,
    ...args,
  );
const talos = (...args: string[]) => node("collector/cmd/main.ts", ...args);
const fingerprint = async () => (await backend.get<{ fingerprint: string }>("/api/team")).fingerprint;

async function exported(): Promise<string> {
  const code = new URL(await backend.signInLink()).hash.slice(1);
  const headers = { "content-type": "application/json", origin: backend.url };
  const body = JSON.stringify({ code });
  const signedIn = await fetch(`${backend.url}/api/sign-in`, { method: "POST", headers, body });
  const cookie = (signedIn.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
  const response = await fetch(`${backend.url}/api/audit/export`, { headers: { cookie } });
  const file = path.join(dir, "trail.ndjson");
  writeFileSync(file, await response.text());
  return file;
}

async function restart(): Promise<void> {
  await backend.stop();
  await backend.up();
}

it("secrets are replaced under a running team, and its trail stays what it was", async () => {
  const before = await fingerprint();
  const first = await talos("audit", "verify", await exported(), "--team-fingerprint", before);
  expect(first).toMatchObject({ code: 0, stderr: "" });

  expect(await rotate("--renew")).toMatchObject({ code: 0, stderr: "" });
  await restart();
  const rotated = await rotate("--json");
  expect(JSON.parse(rotated.stdout)).toMatchObject({ unreadable: 0, sealed: { "teams.salt": 0 } });
  expect(await fingerprint()).toBe(before);
  expect(await rotate("--forget")).toMatchObject({ code: 0, stderr: "" });
  await restart();

  expect(await fingerprint()).toBe(before);
  expect(await backend.get("/api/audit/check")).toMatchObject({ broken: null, next: null });
  const file = await exported();
  const intact = await talos("audit", "verify", file, "--team-fingerprint", before);
  expect(intact).toMatchObject({ code: 0, stderr: "" });
  expect(readFileSync(file, "utf8")).toContain('"action":"keys.rotate"');

  const lines = readFileSync(file, "utf8").trim().split("\n");
  writeFileSync(file, `${lines.toSpliced(2, 1).join("\n")}\n`);
  const cut = await talos("audit", "verify", file, "--team-fingerprint", before);
  expect([cut.code, cut.stdout]).toEqual([3, expect.stringContaining("entry 2: removed")]);
});
