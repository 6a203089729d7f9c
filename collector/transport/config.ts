import * as z from "zod";
import { secret } from "#config/secret.ts";

/** Headers that the sender sets itself: what leaves in them is part of the egress contract. */
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

export const headerName = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, { error: "is not a header name" })
  .refine((name) => !OWN_HEADERS.has(name.toLowerCase()), { error: "is set by this exporter" });

/** Line breaks and other control characters would end the header and begin another. */
export const headerSecret = secret().refine(
  (value) => /^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/.test(value.reveal()),
  {
    error: "must be printable ASCII without spaces around it",
  },
);

export const TlsConfig = z
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
  .describe("How the server is checked.");
export type TlsConfig = z.output<typeof TlsConfig>;
