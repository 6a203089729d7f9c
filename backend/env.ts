import * as z from "zod";
import { hasPrice } from "./categorize/cost.ts";
import type { CategorizeGate } from "./objects/categorize-gate.ts";
import type { TeamBucket } from "./objects/team-bucket.ts";

/** What wrangler.toml and its secrets bind to the api Worker. */
export interface ApiBindings extends Vars {
  DB: D1Database;
  INGEST: Queue;
  BUCKETS: DurableObjectNamespace<TeamBucket>;
  CATEGORIZE_GATES: DurableObjectNamespace<CategorizeGate>;
  ASSETS: Fetcher;
  DEAD_LETTERS: R2Bucket;
  /** Texts of mode full, sealed under the teams' keys in the other. */
  CONTENT: R2Bucket;
  CONTENT_KEYS: R2Bucket;
}

/** What backend/consumer/wrangler.toml binds to the consumer Worker. */
export interface ConsumerBindings {
  DB: D1Database;
  DEAD: Queue;
  CONTENT: R2Bucket;
}

interface Vars {
  PEPPER?: string;
  PEPPER_PREVIOUS?: string;
  KMS_KEY?: string;
  KMS_KEY_PREVIOUS?: string;
  SETUP_SECRET?: string;
  PUBLIC_URL?: string;
  CLERK_JWT_KEY?: string;
  CLERK_ISSUER?: string;
  CLERK_AUTHORIZED_PARTIES?: string;
  CLERK_WEBHOOK_SECRET?: string;
  MAIL_URL?: string;
  MAIL_TOKEN?: string;
  MAIL_FROM?: string;
  ANTHROPIC_API_KEY?: string;
  ANTHROPIC_BASE_URL?: string;
  ANTHROPIC_MODEL?: string;
  ANTHROPIC_TIMEOUT_MS?: string;
  CATEGORIZE_CAP_CENTS?: string;
  CATEGORIZE_AT_ONCE?: string;
  CATEGORIZE_PER_MINUTE?: string;
  RATE_MEMBER_PER_MINUTE?: string;
  RATE_KEY_PER_MINUTE?: string;
  RATE_ADDRESS_PER_MINUTE?: string;
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
const perMinute = () => z.coerce.number().int().positive().max(1_000_000);
const secret = (name: string) =>
  z.string({ error: `${name} is not set` }).min(32, { error: `${name} must have at least 32 characters` });

/** An origin, without path. Only this computer may be without TLS. */
const Origin = z
  .url({ protocol: /^https?$/, abort: true })
  .refine((text) => {
    const { origin, protocol, hostname } = new URL(text);
    const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
    return origin === text.replace(/\/$/, "") && (protocol === "https:" || isLocal);
  }, "must be an https origin such as https://talos.example")
  .transform((text) => new URL(text).origin);

const Origins = z
  .string()
  .transform((text) => text.split(",").map((part) => part.trim()))
  .pipe(z.array(Origin).min(1));

/** What is of no use, or unsafe, without the others. */
const TOGETHER = [
  ["CLERK_JWT_KEY", "CLERK_ISSUER", "CLERK_AUTHORIZED_PARTIES"],
  ["MAIL_URL", "MAIL_TOKEN", "MAIL_FROM"],
] as const;

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
  /** Where people reach the dashboard: links in mails lead there, whatever a request says of its host. */
  PUBLIC_URL: Origin.optional(),
  /** PEM of the public key that Clerk's session tokens are verified with. Without it there is no Clerk. */
  CLERK_JWT_KEY: z
    .string()
    .includes("-----BEGIN PUBLIC KEY-----", { error: "must be the PEM of a public key" })
    // Files of variables hold it in one line.
    .transform((pem) => pem.replaceAll("\\n", "\n"))
    .optional(),
  /** Frontend API URL of the Clerk instance: `iss` of its tokens. */
  CLERK_ISSUER: Origin.optional(),
  /** Origins that tokens may have been made for, separated by commas: `azp`. */
  CLERK_AUTHORIZED_PARTIES: Origins.optional(),
  /** Signing secret of the webhook's endpoint. Without it the webhook does not exist. */
  CLERK_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, { error: "must be a signing secret that begins with whsec_" })
    .optional(),
  /** Mails are sent by `POST <MAIL_URL>/emails`. Without it there is no mail. */
  MAIL_URL: Origin.optional(),
  MAIL_TOKEN: z.string().min(1).optional(),
  MAIL_FROM: z.string().min(3).optional(),
  /** Without it no prompt is categorized here. */
  ANTHROPIC_API_KEY: z.string().min(1).optional(),
  ANTHROPIC_BASE_URL: Origin.default("https://api.anthropic.com"),
  ANTHROPIC_MODEL: z
    .string()
    .refine(hasPrice, { error: "has no known price, so that the monthly limit could not be kept" })
    .default("claude-haiku-5-5"),
  /** Longest that one answer of the model may take. */
  ANTHROPIC_TIMEOUT_MS: z.coerce.number().int().positive().max(60_000).default(20_000),
  /** US cents that a team's prompts may cost in a calendar month, where its owner set nothing else. */
  CATEGORIZE_CAP_CENTS: z.coerce.number().int().nonnegative().max(10_000_000).default(1_000),
  /** Calls of one team that may be under way at once. */
  CATEGORIZE_AT_ONCE: z.coerce.number().int().positive().max(1_000).default(4),
  /** Calls of one team, in a minute. */
  CATEGORIZE_PER_MINUTE: perMinute().default(120),
  /** API requests of one member, in a minute. */
  RATE_MEMBER_PER_MINUTE: perMinute().default(600),
  /** API requests by one key, in a minute. */
  RATE_KEY_PER_MINUTE: perMinute().default(120),
  /** API requests of those who are not signed in, from one address, in a minute. */
  RATE_ADDRESS_PER_MINUTE: perMinute().default(120),
  INBOX: z.enum(["on", "off"]).default("off"),
  /** Largest request body as sent. */
  MAX_BODY_BYTES: bytes().default(4 * 1024 * 1024),
  /** Largest request body after inflating. */
  MAX_INFLATED_BYTES: bytes().default(4 * 1024 * 1024),
  /** Longest that a request's body may take to arrive. */
  BODY_TIMEOUT_MS: z.coerce.number().int().positive().default(30_000),
});

const Whole = Variables.superRefine((variables, ctx) => {
  for (const names of TOGETHER) {
    const missing = names.filter((name) => variables[name] === undefined);
    if (missing.length === 0 || missing.length === names.length) continue;
    for (const name of missing) {
      ctx.addIssue({ code: "custom", path: [name], message: "is not set, though others that need it are" });
    }
  }
  if (variables.MAIL_URL !== undefined && variables.PUBLIC_URL === undefined) {
    ctx.addIssue({ code: "custom", path: ["PUBLIC_URL"], message: "is not set, though mails lead there" });
  }
});

const Settings = Whole.transform(({ PEPPER_PREVIOUS, KMS_KEY_PREVIOUS, ...rest }) => ({
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
