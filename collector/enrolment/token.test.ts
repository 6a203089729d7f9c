import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { checkedLogin, groupingOf, normalLogin } from "./login.ts";
import { parseToken } from "./token.ts";

const part = (fill: number) => Buffer.alloc(32, fill).toString("base64url");
const person = `tep_${part(1)}.${part(2)}`;
const bulk = `teb_${part(1)}.${part(2)}.${part(3)}`;

it("takes apart a token for one person", () => {
  const token = parseToken(` ${person}\n`);
  expect(token).toEqual({
    kind: "person",
    secret: `tep_${part(1)}`,
    fingerprint: Buffer.alloc(32, 2),
    groupingKey: undefined,
  });
});

it("takes apart a token for many machines, whose grouping key is no part of the secret", () => {
  const token = parseToken(bulk);
  expect(token).toMatchObject({ kind: "bulk", secret: `teb_${part(1)}`, groupingKey: Buffer.alloc(32, 3) });
  expect(token.secret).not.toContain(part(3));
});

it.each([
  "",
  "tep_",
  "hello",
  `tex_${part(1)}.${part(2)}`,
  person.slice(0, -1),
  `${person}A`,
  `${person}.${part(3)}`,
  bulk.slice(0, -4),
  `teb_${part(1)}.${part(2)}`,
  person.replace(".", ""),
  person.replace(".", "="),
  `tep_${part(1)}.${part(2).slice(0, -1)}B`,
  `tep_${part(1)} .${part(2)}`,
])("refuses %j, and does not repeat it", (text) => {
  let said = "";
  try {
    parseToken(text);
  } catch (error) {
    said = String(error);
  }
  expect(said).toMatch(/enrolment token/);
  expect(said).not.toContain(text.length > 8 ? text.slice(4, 12) : "canary");
});

it.each([
  ["ada", "ada"],
  ["Ada", "ada"],
  ["CORP\\Ada", "ada"],
  ["corp/ada", "ada"],
  ["ada@corp.example", "ada"],
  ["AzureAD\\Ada.Lovelace", "ada.lovelace"],
  ["  ada ", "ada"],
])("the login %j is %j on each machine", (text, login) => {
  expect(normalLogin(text)).toBe(login);
});

it("groups machines by the login under the team's key, and by nothing else", () => {
  const key = randomBytes(32);
  expect(groupingOf(key, "ada")).toMatch(/^[0-9a-f]{64}$/);
  expect(groupingOf(key, "ada")).toBe(groupingOf(key, "ada"));
  expect(groupingOf(key, "ada")).not.toBe(groupingOf(randomBytes(32), "ada"));
  expect(groupingOf(key, "ada")).not.toBe(groupingOf(key, "bob"));
  // HMAC-SHA-256 with a key of zeros, as any other program computes it.
  expect(groupingOf(Buffer.alloc(32), "ada")).toBe(
    "f511103a4f5f11256c03bfd575892ebb778a710229c49033ee945913499e234e",
  );
});

it.each(["root", "Administrator", "", "vscode"])(
  "the found login %j would make one developer of many",
  (found) => {
    expect(() => checkedLogin(undefined, found)).toThrow("--login NAME");
  },
);

it("a login that was said on purpose holds", () => {
  expect(checkedLogin("root", "x")).toBe("root");
  expect(checkedLogin("CORP\\Ada", "root")).toBe("ada");
});
