import * as z from "zod";
import { bytes } from "#config/bytes.ts";

export const FileConfig = z.strictObject({
  path: z.string().min(1).describe("File to append to. `~/` is the home folder."),
  format: z.enum(["otlp_json"]).default("otlp_json").describe("One request a line, as OTLP JSON."),
  rotation: z
    .strictObject({
      max_size: bytes()
        .refine((size) => size > 0, { error: "must be more than 0" })
        .optional()
        .describe("Size at which a new file is begun, for example `100MB`. Without it, one file grows."),
      max_files: z
        .int()
        .min(1)
        .max(1_000)
        .default(5)
        .describe(
          "Older files that are kept, as `<path>.1` (the newest), `<path>.2` …; the oldest is deleted.",
        ),
    })
    .prefault({}),
});

export type FileConfig = z.output<typeof FileConfig>;
