import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, it } from "vitest";
import { ROUTES } from "../../../backend/domain/api/routes.ts";
import type { Access, RouteSpec } from "../../../backend/domain/api/spec.ts";
import { openApiPage, rolesTable } from "./api.ts";

interface Operation {
  operationId: string;
  security: Record<string, string[]>[];
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: { properties?: object } }> };
  responses: Record<string, { "x-talos-codes"?: string[] }>;
  "x-talos-role"?: string;
}
const page = JSON.parse(openApiPage()) as { paths: Record<string, Record<string, Operation>> };
const routes = Object.entries(ROUTES) as [string, RouteSpec][];
const operationOf = (name: string) => {
  const [method = "", route = ""] = name.split(" ");
  return page.paths[route.replaceAll(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
};

it("is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  const result = await validator.validate(JSON.parse(openApiPage()) as Record<string, unknown>);
  expect(result.errors).toBeUndefined();
  expect([result.valid, validator.version]).toEqual([true, "3.1"]);
});

function securityOf(access: Access): [string[], string | undefined] {
  if (access.who === "anyone") return [[], undefined];
  if (access.who === "agent") return [["agent"], undefined];
  return [access.scope === undefined ? ["session"] : ["session", "apiKey"], access.role];
}

it.each(routes)("has %s with its security, parameters and refusals", (name, spec) => {
  const operation = operationOf(name);
  expect(operation).toBeDefined();
  const kinds = operation?.security.map((each) => Object.keys(each).join()) ?? [];
  expect([kinds, operation?.["x-talos-role"]]).toEqual(securityOf(spec.access));
  const inPath = operation?.parameters?.filter((parameter) => parameter.in === "path") ?? [];
  expect(inPath.map((parameter) => parameter.name)).toEqual(name.match(/(?<=:)\w+/g) ?? []);
  for (const [code, status] of Object.entries(spec.refusals ?? {})) {
    expect(operation?.responses[status]?.["x-talos-codes"]).toContain(code);
  }
  expect(Object.keys(operation?.responses ?? {})).toEqual(
    expect.arrayContaining([
      spec.answer !== undefined || spec.streams !== undefined ? "200" : "204",
      "429",
      "503",
    ]),
  );
});

it("names each operation once", () => {
  const ids = routes.map(([name]) => operationOf(name)?.operationId);
  expect(new Set(ids).size).toBe(routes.length);
});

it("takes what is sent, not what it becomes", () => {
  const body = operationOf("POST /api/invites")?.requestBody?.content["application/json"]?.schema;
  expect(body?.properties).toMatchObject({ email: { type: "string", format: "email" } });
  const query = operationOf("GET /api/report")?.parameters ?? [];
  expect(query).toContainEqual({ name: "from", in: "query", required: true, schema: { type: "string" } });
  expect(query.find(({ name }) => name === "by")).not.toHaveProperty("required");
});

it("tells in a table which role may call what", () => {
  const lines = rolesTable().split("\n");
  const row = (name: string) =>
    (lines.find((line) => line.includes(`\`${name}\``)) ?? "").split("|").map((cell) => cell.trim());
  expect(row("GET /api/audit").slice(2, 7)).toEqual(["", "", "✓", "✓", "key with `audit:read`"]);
  expect(row("PUT /api/team/visibility").slice(2, 7)).toEqual(["", "", "", "✓", ""]);
  expect(row("POST /api/sign-in").slice(2, 7)).toEqual(["", "", "", "", "anyone"]);
  expect(lines).toHaveLength(routes.length + 2);
});
