import * as z from "zod";
import type { TeamBucket } from "./objects/team-bucket.ts";

/** What wrangler.toml and its secrets bind to the api Worker. */
export interface ApiBindings extends Vars {
  DB: D1Database;
  INGEST: Queue;
  BUCKETS: DurableObjectNamespace<TeamBucket>;
  ASSETS: Fetcher;
  DEAD_LETTERS: R2Bucket;
}

/** What backend/consumer/wrangler.toml binds to the consumer Worker. */
export interface ConsumerBindings {
  DB: D1Database;
  DEAD: Queue;
}

interface Vars {
  PEPPER?: string;
  PEPPER_PREVIOUS?: string;
  KMS_KEY?: string;
  KMS_KEY_PREVIOUS?: string;
  SETUP_SECRET?: string;
  INBOX?: string;
  MAX_BODY_BYTES?: string;
  MAX_INFLATED_BYTES?: string;
  BODY_TIMEOUT_MS?: string;
}

const bytes = () =>
  z.coerce
    .number()
    .int()
    .positive()
    .max(64 * 1024 * 1024);
const secret = (name: string) =>
  z.string({ error: `${name} is not set` }).min(32, { error: `${name} must have at least 32 characters` });

const Variables = z.object({
  /** Hashed with every token, so that a stolen database alone matches no token. */
  PEPPER: secret("PEPPER"),
  /** While tokens are hashed anew: the one before. */
  PEPPER_PREVIOUS: secret("PEPPER_PREVIOUS").optional(),
  /** Teams' keys derive from it. */
  KMS_KEY: secret("KMS_KEY"),
  /** Until all is sealed anew: the one before. */
  KMS_KEY_PREVIOUS: secret("KMS_KEY_PREVIOUS").optional(),
  /** Opens the set-up routes. They do not exist without it. */
  SETUP_SECRET: secret("SETUP_SECRET").optional(),
  INBOX: z.enum(["on", "off"]).default("off"),
  /** Largest request body as sent. */
  MAX_BODY_BYTES: bytes().default(4 * 1024 * 1024),
  /** Largest request body after inflating. */
  MAX_INFLATED_BYTES: bytes().default(4 * 1024 * 1024),
  /** Longest that a request's body may take to arrive. */
  BODY_TIMEOUT_MS: z.coerce.number().int().positive().default(30_000),
});

const Settings = Variables.transform(({ PEPPER_PREVIOUS, KMS_KEY_PREVIOUS, ...rest }) => ({
  ...rest,
  PEPPER: { current: rest.PEPPER, previous: PEPPER_PREVIOUS },
  KMS_KEY: { current: rest.KMS_KEY, previous: KMS_KEY_PREVIOUS },
}));
export type Settings = z.infer<typeof Settings>;

const parsed = new WeakMap<object, Settings>();

/** The Worker was set up wrongly. Names every problem, and no value. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";

  constructor(problems: readonly string[]) {
    super(`the Worker's settings are not valid: ${problems.join("; ")}`);
  }
}

/** The settings, checked once for each environment. */
export function settingsOf(env: ApiBindings): Settings {
  const known = parsed.get(env);
  if (known !== undefined) return known;
  const result = Settings.safeParse(env);
  if (!result.success) {
    throw new SettingsError(result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`));
  }
  parsed.set(env, result.data);
  return result.data;
}
