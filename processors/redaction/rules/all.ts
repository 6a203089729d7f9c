import { ASSIGNMENTS } from "./assignments.ts";
import { CLOUD_KEYS } from "./cloud-keys.ts";
import { MODEL_KEYS } from "./model-keys.ts";
import { PASSWORDS } from "./passwords.ts";
import { PERSONAL } from "./personal.ts";
import type { Rule } from "./rule.ts";
import { SERVICE_TOKENS } from "./service-tokens.ts";
import { URLS } from "./urls.ts";

export const RULES: readonly Rule[] = [
  ...MODEL_KEYS,
  ...CLOUD_KEYS,
  ...SERVICE_TOKENS,
  ...URLS,
  ...PASSWORDS,
  ...ASSIGNMENTS,
  ...PERSONAL,
];
