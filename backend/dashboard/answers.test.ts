import { expect, it } from "vitest";
import { isReport, isVersion } from "./answers.ts";
import { ApiFailure, connect } from "./api.ts";
import { keepOrder } from "./order.ts";

const answering = (status: number, body: string) => connect(async () => new Response(body, { status }));

it.each([
  {
    name: "a 401 is being signed out",
    status: 401,
    body: '{"error":{"code":"no_session","message":""}}',
    kind: "signed_out",
  },
  {
    name: "another status is a refusal with its code",
    status: 503,
    body: '{"error":{"code":"busy","message":""}}',
    kind: "refused",
  },
  {
    name: "an HTML page with 200 is not an answer",
    status: 200,
    body: "<html>sign in to the hotel</html>",
    kind: "shape",
  },
  { name: "a version that is a word is not an answer", status: 200, body: '{"version":"1"}', kind: "shape" },
])("$name", async ({ status, body, kind }) => {
  await expect(answering(status, body).version()).rejects.toMatchObject({ kind, status });
});

it("a connection that fails is offline", async () => {
  const api = connect(async () => {
    throw new TypeError("network");
  });
  await expect(api.me()).rejects.toEqual(new ApiFailure("offline", 0, "no_answer"));
});

it("escapes what it puts into an address", async () => {
  const paths: string[] = [];
  const api = connect(async (input) => {
    paths.push(String(input));
    return new Response(null, { status: 204 });
  });
  await api.labelProject("../me", "x");
  expect(paths).toEqual(["/api/projects/..%2Fme"]);
});

it("a newer server may add fields, but not leave one out", () => {
  expect(isVersion({ version: 1, more: true })).toBe(true);
  expect(isReport({ version: 1 })).toBe(false);
});

it("rows stay in place while somebody is in the table", () => {
  expect(keepOrder(["b", "a"], ["a", "c", "b"], (row) => row)).toEqual(["b", "a", "c"]);
});
