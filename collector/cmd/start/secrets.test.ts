import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { forgetPreviousSecrets, readOrCreateSecrets, renewSecrets } from "./secrets.ts";

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "talos-secrets-"));
  file = path.join(dir, "secrets.env");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const lines = () => readFileSync(file, "utf8").split("\n");

it("are made once, and only this user can read them", () => {
  const made = readOrCreateSecrets(file);
  expect(readOrCreateSecrets(file)).toEqual(made);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it("are renewed with the old ones beside them until these are forgotten, whatever reads them in between", () => {
  const old = readOrCreateSecrets(file);
  expect(renewSecrets(file)).toBe(true);
  const fresh = readOrCreateSecrets(file);
  expect([fresh.SETUP_SECRET, fresh.KMS_KEY === old.KMS_KEY, fresh.PEPPER === old.PEPPER]).toEqual([
    old.SETUP_SECRET,
    false,
    false,
  ]);
  expect(lines()).toContain(`KMS_KEY_PREVIOUS=${old.KMS_KEY}`);
  expect(lines()).toContain(`PEPPER_PREVIOUS=${old.PEPPER}`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(renewSecrets(file)).toBe(false);
  expect(readOrCreateSecrets(file)).toEqual(fresh);
  forgetPreviousSecrets(file);
  expect(readOrCreateSecrets(file)).toEqual(fresh);
  expect(lines().join()).not.toContain("PREVIOUS");
});

it("leave somebody's own settings of the Workers where they are", () => {
  const made = readOrCreateSecrets(file);
  appendFileSync(file, "MAIL_FROM='Talos <talos@talos.example>'\n");
  expect(readOrCreateSecrets(file)).toEqual(made);
  renewSecrets(file);
  forgetPreviousSecrets(file);
  expect(lines().filter((line) => line.startsWith("MAIL_FROM="))).toEqual([
    "MAIL_FROM='Talos <talos@talos.example>'",
  ]);
  expect(lines().filter((line) => line === "INBOX=on")).toHaveLength(1);
});
