import * as z from "zod";
import { duration } from "#config/duration.ts";
import { secret } from "#config/secret.ts";
import { endpoint } from "#config/endpoint.ts";
import { ProxyConfig } from "./proxy.ts";

const LONGEST_TIMEOUT_MS = 3_600_000;

/** Headers that this exporter sets itself: what leaves in them is part of the egress contract. */
const OWN_HEADERS = new Set([
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "cookie",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
]);

const headerName = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, { error: "is not a header name" })
  .refine((name) => !OWN_HEADERS.has(name.toLowerCase()), { error: "is set by this exporter" });

/** Line breaks and other control characters would end the header and begin another. */
const headerSecret = secret().refine(
  (value) => /^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/.test(value.reveal()),
  {
    error: "must be printable ASCII without spaces around it",
  },
);

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
    tls: z
      .strictObject({
        ca_file: z
          .string()
          .min(1)
          .optional()
          .describe("PEM file of authorities to trust as well, for example of a proxy that reads TLS."),
        system_cas: z
          .boolean()
          .default(true)
          .describe(
            "Trust the well-known authorities and this computer's own. `false`: only those in `ca_file`.",
          ),
      })
      .prefault({})
      .describe("How the server is checked."),
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
