import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const MAIN = path.resolve(import.meta.dirname, "rotate-keys.ts");
const DONE = { kms: "aaaaaaaa", pepper: "bbbbbbbb", sealed: { "teams.salt": 0 }, hashed: { api_keys: 0 } };

let folder: string;
let server: Server;
let asked: { cursor?: string; authorization: string | undefined }[];
let answers: object[];
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "talos-rotate-"));
  asked = [];
  answers = [];
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => void (body += chunk.toString()));
    request.on("end", () => {
      const { cursor } = JSON.parse(body) as { cursor?: string };
      asked.push({
        ...(cursor === undefined ? {} : { cursor }),
        authorization: request.headers.authorization,
      });
      response.setHeader("content-type", "application/json").end(JSON.stringify(answers.shift()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function run(...args: string[]) {
  const port = String((server.address() as AddressInfo).port);
  const child = spawn(process.execPath, [MAIN, "--port", port, "--folder", folder, ...args]);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => void (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => void (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout, stderr };
}
const secrets = () => {
  const text = readFileSync(path.join(folder, "local/secrets.env"), "utf8");
  return Object.fromEntries(
    text.split("\n").map((line) => line.split("=", 1).concat(line.slice(line.indexOf("=") + 1))),
  );
};

describe("npm run rotate-keys", () => {
  it(
    "asks until everything is done, adds up, and tells it by text, JSON and exit code",
    { timeout: 60_000 },
    async () => {
      answers = [
        { resealed: 3, unreadable: 0, next: "team:20" },
        { resealed: 2, unreadable: 0, next: "letter:" },
        { resealed: 1, unreadable: 0, next: null, left: DONE },
      ];
      const text = await run();
      expect(text).toMatchObject({ code: 0, stderr: "" });
      expect(text.stdout).toContain(
        "6 values sealed anew, 0 cannot be read\nnothing needs the old secrets any more\n",
      );
      expect(asked.map(({ cursor }) => cursor)).toEqual([undefined, "team:20", "letter:"]);
      expect(asked[0]?.authorization).toBe(`Bearer ${secrets()["SETUP_SECRET"]}`);

      answers = [
        { resealed: 0, unreadable: 1, next: null, left: { ...DONE, hashed: { api_keys: 2, invites: 0 } } },
      ];
      const json = await run("--json");
      expect(json.code).toBe(3);
      expect(JSON.parse(json.stdout)).toEqual({
        resealed: 0,
        unreadable: 1,
        ...DONE,
        hashed: { api_keys: 2, invites: 0 },
      });
    },
  );

  it(
    "renews once, and forgets the old secrets only when nothing sealed needs them",
    { timeout: 60_000 },
    async () => {
      const none = await run("--renew");
      expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("no npm start")]);
      answers = [{ resealed: 0, unreadable: 0, next: null, left: DONE }];
      expect((await run()).code).toBe(0);
      expect((await run("--renew")).code).toBe(0);
      const renewed = secrets();
      expect(renewed["KMS_KEY_PREVIOUS"]).toMatch(/^.{44}$/);
      const again = await run("--renew");
      expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("under way already")]);

      answers = [{ resealed: 0, unreadable: 0, next: null, left: { ...DONE, sealed: { "teams.salt": 1 } } }];
      const kept = await run("--forget");
      expect([kept.code, kept.stderr]).toEqual([3, expect.stringContaining("the old secrets stay")]);
      expect(secrets()).toEqual(renewed);

      answers = [{ resealed: 0, unreadable: 1, next: null, left: DONE }];
      expect((await run("--forget")).code).toBe(3);
      expect(secrets()).toEqual(renewed);

      answers = [{ resealed: 0, unreadable: 0, next: null, left: { ...DONE, hashed: { api_keys: 1 } } }];
      expect((await run("--forget")).code).toBe(0);
      expect(secrets()).toMatchObject({ KMS_KEY: renewed["KMS_KEY"], PEPPER: renewed["PEPPER"] });
      expect(Object.keys(secrets()).join()).not.toContain("PREVIOUS");
    },
  );

  it(
    "sends the set-up secret to no address without TLS, and takes it from no option",
    { timeout: 60_000 },
    async () => {
      const none = await run("--url", "https://127.0.0.1:9");
      expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("SETUP_SECRET is not set")]);
      process.env["SETUP_SECRET"] = "canary-secret";
      try {
        const plain = await run("--url", "http://127.0.0.1:9");
        expect([plain.code, plain.stderr]).toEqual([1, expect.stringContaining("must begin with https://")]);
        const gone = await run("--url", "https://127.0.0.1:9");
        expect(gone.code).toBe(1);
        expect(gone.stderr + gone.stdout).not.toContain("canary");
      } finally {
        delete process.env["SETUP_SECRET"];
      }
    },
  );
});
