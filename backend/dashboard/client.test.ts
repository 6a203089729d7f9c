import { expect, expectTypeOf, it } from "vitest";
import { auditRoutes } from "../domain/api/audit.ts";
import { memberRoutes } from "../domain/api/members.ts";
import { client, pathOf } from "./client.ts";

const invite = {
  id: `inv_${"0".repeat(24)}`,
  email: "ada@example.com",
  role: "viewer",
  invitedBy: "Grace",
  createdAt: 1,
  expiresAt: 2,
  state: "open",
};

/** Answers each request with the next of these, and notes what was asked. */
function server(...answers: Response[]) {
  const asked: [string, RequestInit | undefined][] = [];
  const fetcher: typeof fetch = async (url, init) => {
    asked.push([String(url), init]);
    return answers.shift() ?? new Response(null, { status: 500 });
  };
  return { asked, call: client(fetcher, { ...memberRoutes, ...auditRoutes }) };
}

it("sends a route's query and reads its answer by its schema", async () => {
  const { asked, call } = server(Response.json({ invites: [invite], next: null, more: 1 }));
  const answer = await call("GET /api/invites", { query: { cursor: "a.b" } });
  expect(answer).toEqual({ invites: [invite], next: null });
  expect(asked[0]?.[0]).toBe("/api/invites?cursor=a.b");
  expect(asked[0]?.[1]).toMatchObject({ method: "GET", cache: "no-store" });
  expectTypeOf(answer.invites[0]?.state).toEqualTypeOf<
    "open" | "accepted" | "revoked" | "expired" | undefined
  >();
});

it("fills the path and sends the body as JSON", async () => {
  const { asked, call } = server(new Response(null, { status: 204 }));
  const answer = await call("PUT /api/members/:member/role", {
    params: { member: "mem_/../x" },
    body: { role: "admin" },
  });
  expect(answer).toBe(undefined);
  expect(asked[0]?.[0]).toBe("/api/members/mem_%2F..%2Fx/role");
  expect(asked[0]?.[1]).toMatchObject({
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: '{"role":"admin"}',
  });
});

it("leaves out what is undefined, and a call that needs nothing needs no argument", async () => {
  const { asked, call } = server(
    Response.json({ invites: [], next: null }),
    Response.json({ invites: [], next: null }),
  );
  await call("GET /api/invites");
  await call("GET /api/invites", { query: {} });
  expect(asked.map(([url]) => url)).toEqual(["/api/invites", "/api/invites"]);
});

it.each([
  [Response.json({ invites: [{ ...invite, role: "emperor" }], next: null }), "shape"],
  [new Response("<html>"), "shape"],
  [Response.json({ error: { code: "signed_out", message: "" } }, { status: 401 }), "signed_out"],
  [Response.json({ error: { code: "not_allowed", message: "" } }, { status: 403 }), "refused"],
])("throws what the page can act on, case %#", async (response, kind) => {
  const { call } = server(response);
  await expect(call("GET /api/invites")).rejects.toMatchObject({ kind });
});

it("without an answer is offline", async () => {
  const call = client(() => Promise.reject(new TypeError("no network")), memberRoutes);
  await expect(call("GET /api/account")).rejects.toMatchObject({ kind: "offline", code: "no_answer" });
});

it("types refuse a wrong name, a missing body and a wrong value", () => {
  const { call } = server();
  // @ts-expect-error -- there is no such route
  const name = () => call("GET /api/secrets");
  // @ts-expect-error -- the body is missing
  const missing = () => call("POST /api/invites");
  // @ts-expect-error -- no such role
  const wrong = () => call("POST /api/invites", { body: { email: "a@b.c", role: "emperor" } });
  expect([name, missing, wrong]).toHaveLength(3);
});

it("tells where a download is", () => {
  expect(pathOf("GET /api/audit/export", { query: { format: "csv" } })).toBe("/api/audit/export?format=csv");
});
