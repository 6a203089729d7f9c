import { readFileSync } from "node:fs";
import * as z from "zod";

/** The project's version, from the one place that has it. */
export const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))).version;
