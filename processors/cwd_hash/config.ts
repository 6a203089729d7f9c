import * as z from "zod";
import { secret } from "#config/secret.ts";

export const CwdHashConfig = z.strictObject({
  salt: secret(16).describe(
    "The team's salt, at least 16 characters. Its UTF-8 bytes are hashed before the folder, and key the ids.",
  ),
});
export type CwdHashConfig = z.output<typeof CwdHashConfig>;
