import * as z from "zod";
import type { Access, RouteSpec, RouteSpecs } from "./api/spec.ts";

type Json = Record<string, unknown>;

/** Codes that every route of its kind may answer, by status. */
const ANYWHERE: Readonly<Record<number, readonly string[]>> = {
  429: ["rate_limited"],
  503: ["temporarily_unavailable"],
};
const MEANINGS: Readonly<Record<number, string>> = {
  400: "What was sent has not the shape that the route takes.",
  401: "Nobody is signed in, or the token is worth nothing.",
  402: "The team's monthly limit is reached.",
  403: "The role, the scope or the request's origin does not allow it.",
  404: "There is no such thing in this team.",
  409: "It does not fit with what is there.",
  413: "The body is too large.",
  422: "Nothing can be said of it.",
  429: "Too often: try again after the seconds in Retry-After.",
  503: "Not now: try again after the seconds in Retry-After.",
};

const SECURITY_SCHEMES = {
  session: {
    type: "apiKey",
    in: "cookie",
    name: "__Host-talos_session",
    description:
      "Set by signing in. Requests that change something must come from the dashboard's own origin.",
  },
  apiKey: {
    type: "http",
    scheme: "bearer",
    description: "An API key of the team, `tak_…`. It may only read.",
  },
  agent: { type: "http", scheme: "bearer", description: "The token of one machine, `tal_…`." },
};

const ERROR = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: {
        code: { type: "string", description: "Constant, for programs." },
        message: { type: "string", description: "For people." },
      },
      required: ["code", "message"],
    },
  },
  required: ["error"],
};

/** OpenAPI 3.1 of a table of routes. */
export function openApi(routes: RouteSpecs): Json {
  const paths: Record<string, Json> = {};
  for (const [name, spec] of Object.entries(routes)) {
    const [method = "", route = ""] = name.split(" ");
    const path = route.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(method, route, spec) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Talos Auditor", version: API_VERSION, description: "See docs/api.md.", license: LICENSE },
    servers: [{ url: "/" }],
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, schemas: { Error: ERROR } },
  };
}
/** Of the API, not of the program: grows when something that worked works no more. */
const API_VERSION = "1";
const LICENSE = { name: "Apache-2.0", identifier: "Apache-2.0" };

function operation(method: string, route: string, spec: RouteSpec): Json {
  const parameters = [...pathParameters(route, spec), ...queryParameters(spec)];
  return {
    operationId: idOf(method, route),
    summary: spec.summary,
    tags: [route.split("/")[2] ?? ""],
    ...accessOf(spec.access),
    ...(parameters.length > 0 && { parameters }),
    ...(spec.body !== undefined && {
      requestBody: {
        required: true,
        content: { "application/json": { schema: schemaOf(spec.body, "input") } },
      },
    }),
    responses: { ...success(spec), ...refusals(method, spec) },
  };
}

/** `PUT /api/members/:member/role` → `put_members_member_role`. */
function idOf(method: string, route: string): string {
  const words = route.replace(/^\/api\//, "").match(/\w+/g) ?? [];
  return [method.toLowerCase(), ...words].join("_");
}

function accessOf(access: Access): Json {
  if (access.who === "anyone") return { security: [] };
  if (access.who === "agent") return { security: [{ agent: [] }] };
  const { role, scope } = access;
  const byKey = scope === undefined ? [] : [{ apiKey: [scope] }];
  return {
    security: [{ session: [] }, ...byKey],
    "x-talos-role": role,
    ...(scope !== undefined && { "x-talos-scope": scope }),
  };
}

function pathParameters(route: string, { params }: RouteSpec): Json[] {
  const { properties } = shapeOf(params);
  return [...route.matchAll(/:(\w+)/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    schema: properties[name] ?? { type: "string" },
  }));
}

function queryParameters({ query }: RouteSpec): Json[] {
  const { properties, required } = shapeOf(query);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    ...(required.includes(name) && { required: true }),
    schema,
  }));
}

const Shape = z.object({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
});

function shapeOf(schema: z.ZodType | undefined): z.output<typeof Shape> {
  return Shape.parse(schema === undefined ? {} : schemaOf(schema, "input"));
}

function success({ answer, streams }: RouteSpec): Json {
  if (streams !== undefined) {
    const content = Object.fromEntries(streams.map((type) => [type, { schema: { type: "string" } }]));
    return { 200: { description: "A file, as a stream.", content } };
  }
  if (answer === undefined) return { 204: { description: "Done." } };
  const content = { "application/json": { schema: schemaOf(answer, "output") } };
  return { 200: { description: "The answer.", content } };
}

function refusals(method: string, spec: RouteSpec): Json {
  const byStatus = new Map<number, string[]>();
  const add = (status: number, ...codes: string[]) =>
    byStatus.set(status, [...(byStatus.get(status) ?? []), ...codes]);
  if (spec.params !== undefined) add(400, "invalid_path");
  if (spec.query !== undefined) add(400, "invalid_query");
  if (spec.body !== undefined) add(400, "invalid_body", "malformed_request");
  if (spec.body !== undefined) add(413, "body_too_large");
  if (spec.access.who === "member") {
    add(401, "signed_out", ...(spec.access.scope === undefined ? [] : ["unknown_key"]));
    add(403, "not_allowed");
  }
  if (method !== "GET" && isForBrowsers(spec.access)) add(403, "cross_origin");
  if (spec.access.who === "agent") add(401, "missing_token", "unknown_token");
  if (spec.access.who === "agent") add(403, "revoked_token");
  if (spec.params !== undefined) add(404, "not_found");
  for (const [status, codes] of Object.entries(ANYWHERE)) add(Number(status), ...codes);
  for (const [code, status] of Object.entries(spec.refusals ?? {})) add(status, code);
  return Object.fromEntries(
    [...byStatus].toSorted(([a], [b]) => a - b).map(([status, codes]) => [status, refusal(status, codes)]),
  );
}

function isForBrowsers(access: Access): boolean {
  return access.who === "member" || (access.who === "anyone" && access.browser !== false);
}

function refusal(status: number, codes: readonly string[]): Json {
  const retry = { description: "Whole seconds.", schema: { type: "integer", minimum: 1 } };
  return {
    description: MEANINGS[status] ?? "It was refused.",
    ...((status === 429 || status === 503) && { headers: { "Retry-After": retry } }),
    content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
    "x-talos-codes": [...new Set(codes)],
  };
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...made } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return { ...made };
}
