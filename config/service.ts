import * as z from "zod";
import { STATUS_FIELDS } from "#proto/egress-agent.ts";
import { bytes } from "./bytes.ts";
import { duration } from "./duration.ts";
import { endpoint, isLoopback } from "./endpoint.ts";
import { secret } from "./secret.ts";

const names = (what: string) =>
  z
    .array(z.string())
    .min(1, { error: `needs at least one ${what}` })
    .describe(`Ids of ${what}s.`);

/** `127.0.0.1:13133`, `[::1]:13133` or `localhost:13133`: what this computer alone can reach. */
const loopbackAddress = z.string().transform((text, ctx) => {
  const url = URL.canParse(`http://${text}`) ? new URL(`http://${text}`) : undefined;
  const isPlain = url !== undefined && url.pathname === "/" && !/[/?#@]/.test(text) && /:\d+$/.test(text);
  if (url === undefined || !isPlain || !isLoopback(url.hostname)) {
    ctx.addIssue("expected an address of this computer with a port, such as 127.0.0.1:13133");
    return z.NEVER;
  }
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(url.port === "" ? 80 : url.port) };
});

/** Shorter ones would be met by a computer that sleeps over night. */
const maxAge = duration().refine((ms) => ms >= 86_400_000, { error: "must be at least 24h" });

/** One path from receivers to exporters. The first exporter is the primary: only its full queue stops reading. */
export const PipelineConfig = z.strictObject({
  receivers: names("receiver"),
  processors: z.array(z.string()).default([]).describe("Ids of processors, in order."),
  exporters: names("exporter"),
});
export type PipelineConfig = z.output<typeof PipelineConfig>;

export const ServiceConfig = z.strictObject({
  accept: z
    .enum(["off", "categorize_local"])
    .default("off")
    .describe(
      "Managed configuration only: a privacy mode that is accepted for all users of this machine, at most `categorize_local`. What lets text leave, each developer accepts with `talos consent`.",
    ),
  groups: z
    .array(z.string().regex(STATUS_FIELDS.groups.value, { error: "is not a group's name" }))
    .max(5)
    .default([])
    .describe(
      "Managed configuration only: groups of developers that this machine's user belongs to, for the team's reports.",
    ),
  state_dir: z.string().optional().describe("Folder of `state.db`: positions and the encrypted outbox."),
  config_dir: z
    .string()
    .optional()
    .describe(
      "Folder of the moment of the first start. Default: `state_dir` when that is set, else beside the token.",
    ),
  outbox: z
    .strictObject({
      key_source: z
        .enum(["keychain", "memory", "file"])
        .default("keychain")
        .describe("Where the outbox key lives."),
      max_size: bytes()
        .prefault("256MiB")
        .describe("Per destination. A full primary stops reading; another one is refilled later."),
      max_age: maxAge
        .optional()
        .describe(
          "Longest a record waits for a destination that is no primary. Then it is given up, and counted.",
        ),
      limits: z
        .record(z.string(), z.strictObject({ max_size: bytes().optional(), max_age: maxAge.optional() }))
        .default({})
        .describe("Both for single destinations by their ids; `max_age` here also holds for a primary."),
    })
    .prefault({}),
  ledger: z
    .strictObject({
      enabled: z.boolean().default(true).describe("Keep what leaves this computer, for `talos ledger`."),
      max_size: bytes()
        .refine((size) => size >= 1_048_576, { error: "must be at least 1MiB" })
        .prefault("64MiB")
        .describe("Room on the disk. The oldest goes first."),
      max_age: maxAge.prefault("2160h").describe("How long it is kept."),
      keep_content: z
        .boolean()
        .default(false)
        .describe(
          "Keep prompts and answers that left, too. Otherwise their digest and place in the transcript stay.",
        ),
    })
    .prefault({}),
  batch: z
    .strictObject({
      timeout: duration().prefault("5m").describe("Longest a record waits before it is sent."),
      size: bytes().prefault("64KiB").describe("Queued bytes that send at once."),
    })
    .prefault({}),
  logs: z
    .strictObject({
      level: z.enum(["debug", "info", "warn", "error"]).default("info"),
      format: z.enum(["text", "json"]).default("text"),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      otlp: z
        .strictObject({
          endpoint: endpoint("root").describe("Base URL; `/v1/logs` and `/v1/metrics` are appended."),
          headers: z.record(z.string(), secret()).default({}).describe("Sent with every request."),
          interval: duration()
            .refine((ms) => ms >= 1_000, { error: "must be at least 1s" })
            .prefault("60s")
            .describe("Time between two reports of metrics."),
        })
        .optional(),
    })
    .prefault({})
    .describe("What the collector tells of itself, and to whom. Off by default."),
  health: z
    .strictObject({
      endpoint: loopbackAddress
        .optional()
        .describe("Where `GET /` tells whether all is well. Off by default."),
    })
    .prefault({}),
  reload: z
    .boolean()
    .default(true)
    .describe("Apply a changed configuration while running. SIGHUP does so in any case."),
  pipelines: z
    .record(
      z.string().regex(/^logs(\/[\w.-]{1,64})?$/, { error: 'must be "logs" or "logs/name"' }),
      PipelineConfig,
      { error: ({ input }) => (input === undefined ? "needs at least one pipeline" : undefined) },
    )
    .refine((pipelines) => Object.keys(pipelines).length > 0, { error: "needs at least one pipeline" }),
});
export type ServiceConfig = z.output<typeof ServiceConfig>;

/** The file as a whole. Each component's settings are checked by its own schema. */
export const RootConfig = z.strictObject({
  receivers: z.record(z.string(), z.unknown()).default({}),
  processors: z.record(z.string(), z.unknown()).default({}),
  exporters: z.record(z.string(), z.unknown()).default({}),
  service: z.unknown().optional(),
});
