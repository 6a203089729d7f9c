import { inspect } from "node:util";
import { expect, it } from "vitest";
import { OtlpHttpConfig } from "./config.ts";

const problems = (input: unknown) =>
  OtlpHttpConfig.safeParse(input).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

it.each([
  ["https://example.com", "https://example.com/v1/logs"],
  ["https://example.com/", "https://example.com/v1/logs"],
  ["https://example.com/otlp//", "https://example.com/otlp/v1/logs"],
  ["https://example.com/otlp?team=1", "https://example.com/otlp/v1/logs?team=1"],
  ["http://localhost:4318", "http://localhost:4318/v1/logs"],
  ["http://127.9.9.9:4318", "http://127.9.9.9:4318/v1/logs"],
  ["http://0x7f.1", "http://127.0.0.1/v1/logs"],
  ["http://[::1]:4318", "http://[::1]:4318/v1/logs"],
])("sends to %s by POST %s", (endpoint, url) => {
  expect(OtlpHttpConfig.parse({ endpoint }).endpoint?.href).toBe(url);
});

it("uses `logs_endpoint` as it is", () => {
  const { logs_endpoint } = OtlpHttpConfig.parse({ logs_endpoint: "https://example.com/v1/logs?x=1" });
  expect(logs_endpoint?.href).toBe("https://example.com/v1/logs?x=1");
});

it.each([
  ["http://example.com", "http:// is refused except to this computer; use https://"],
  ["http://127.0.0.1.example.com", "http:// is refused except to this computer; use https://"],
  ["http://localhost.example.com", "http:// is refused except to this computer; use https://"],
  ["http://128.0.0.1", "http:// is refused except to this computer; use https://"],
  ["http://0.0.0.0", "http:// is refused except to this computer; use https://"],
  ["http://[::2]", "http:// is refused except to this computer; use https://"],
  ["https://me:canary@example.com", "must not hold a user name or password; use `token` or `headers`"],
  ["https://me@example.com", "must not hold a user name or password; use `token` or `headers`"],
  ["https://example.com/#canary", "must not hold a fragment (#…)"],
  ["https://example.com/v1/logs", "already ends in /v1/logs; leave that out, or use `logs_endpoint`"],
  ["ftp://example.com", "expected a URL such as https://host"],
  ["canary", "expected a URL such as https://host"],
])("refuses the endpoint %s", (endpoint, message) => {
  expect(problems({ endpoint })).toEqual([`endpoint: ${message}`]);
});

it.each([
  [{}, "endpoint: set either `endpoint` or `logs_endpoint`"],
  [
    { endpoint: "https://example.com", logs_endpoint: "https://example.com" },
    "endpoint: set either `endpoint` or `logs_endpoint`",
  ],
  [{ endpoint: "https://example.com", timeout: "0s" }, "timeout: must be more than 0 and at most 1h"],
  [
    { endpoint: "https://example.com", token: "canary\r\nx: y" },
    "token: must be printable ASCII without spaces around it",
  ],
  [
    { endpoint: "https://example.com", headers: { "X-Key": "canary\n" } },
    "headers.X-Key: must be printable ASCII without spaces around it",
  ],
  [
    { endpoint: "https://example.com", headers: { authorization: "canary" }, token: "canary" },
    "headers: must not hold `Authorization` beside `token`",
  ],
])("refuses %o", (input, message) => {
  expect(problems(input)).toEqual([message]);
});

it.each(["User-Agent", "content-type", "Host", "bad name", ""])("refuses the header %s", (name) => {
  expect(problems({ endpoint: "https://example.com", headers: { [name]: "x" } })).toHaveLength(1);
});

it("shows no secret when it is printed", () => {
  const config = OtlpHttpConfig.parse({
    endpoint: "https://example.com",
    token: "canary",
    headers: { "x-key": "canary" },
  });
  expect(inspect(config, { depth: 9 }) + JSON.stringify(config)).not.toContain("canary");
});

it("defaults every other setting", () => {
  expect(OtlpHttpConfig.parse({ endpoint: "https://example.com" })).toMatchObject({
    encoding: "proto",
    compression: "gzip",
    timeout: 30_000,
    headers: {},
    destination: "foreign",
    tls: {},
  });
});
