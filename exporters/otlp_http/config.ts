import * as z from "zod";
import { duration } from "#config/duration.ts";
import { endpoint } from "#config/endpoint.ts";
import { headerName, headerSecret, TlsConfig } from "../../collector/transport/config.ts";
import { ProxyConfig } from "../../collector/transport/proxy.ts";

const LONGEST_TIMEOUT_MS = 3_600_000;

export const OtlpHttpConfig = z
  .strictObject({
    endpoint: endpoint("base").optional().describe("Base URL; `/v1/logs` is appended."),
    logs_endpoint: endpoint("full").optional().describe("Full URL, used as it is. Instead of `endpoint`."),
    encoding: z.enum(["proto", "json"]).default("proto").describe("How requests are written."),
    compression: z.enum(["gzip", "none"]).default("gzip").describe("How request bodies are compressed."),
    timeout: duration()
      .refine((ms) => ms > 0 && ms <= LONGEST_TIMEOUT_MS, { error: "must be more than 0 and at most 1h" })
      .prefault("30s")
      .describe("Longest one request may take, from connecting to the last byte of the answer."),
    token: headerSecret.optional().describe("Sent as `Authorization: Bearer …`."),
    headers: z.record(headerName, headerSecret).default({}).describe("Sent with every request."),
    destination: z
      .enum(["foreign", "talos"])
      .default("foreign")
      .describe("`talos`: the team's own backend, which replaces a record by a later version of it."),
    tls: TlsConfig,
    proxy: ProxyConfig,
  })
  .refine((c) => (c.endpoint === undefined) !== (c.logs_endpoint === undefined), {
    path: ["endpoint"],
    error: "set either `endpoint` or `logs_endpoint`",
  })
  .refine(
    (c) => c.token === undefined || !Object.keys(c.headers).some((n) => n.toLowerCase() === "authorization"),
    {
      path: ["headers"],
      error: "must not hold `Authorization` beside `token`",
    },
  );

export type OtlpHttpConfig = z.output<typeof OtlpHttpConfig>;
