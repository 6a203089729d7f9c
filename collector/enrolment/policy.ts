import * as z from "zod";
import type { AgentConfig, SignedConfig } from "#proto/agent-api.ts";
import { fromHex } from "#proto/hex.ts";
import type { Mode } from "#proto/egress.ts";
import type { Enrolment, EnrolmentFolder } from "./folder.ts";
import {
  checkTime,
  type ConfigRefusal,
  contentOf,
  SignedConfigShape,
  verifyConfig,
} from "./signed-config.ts";

const Kept = z.object({ signed: SignedConfigShape, etag: z.string().optional() });
const Highest = z.object({ version: z.int().nonnegative(), content: z.string() });
export type Highest = z.output<typeof Highest>;

const NONE: Highest = { version: 0, content: "" };

/** What the team's backend says, in words that it signed. It can only make stricter what is configured here. */
export interface ServerPolicy {
  source: "server";
  /** The loosest that the team allows. */
  mode: Mode;
  /** Of content and categories, in days; 0 keeps them for ever. */
  retentionDays: number;
  features: AgentConfig["features"];
  saltId: string;
  version: number;
  /** Milliseconds since the Unix epoch, UTC. */
  expiresAtMs: number;
  /** Not good now, also by a clock that is wrong: no text is read or sent until a fresh one comes. */
  expired: boolean;
}

/** Stricter than anything: of a machine whose configuration is lost. */
const SILENT: ServerPolicy = {
  source: "server",
  mode: "off",
  retentionDays: 0,
  features: { projects: false, activity: false },
  saltId: "",
  version: 0,
  expiresAtMs: 0,
  expired: true,
};

export type Offered = { kind: "new" } | { kind: "same" } | { kind: "refused"; refusal: ConfigRefusal };

/**
 * The configuration that is in force, and the highest version that was ever seen: in files of their own, apart from
 * the collector's state, so that no lost or restored state brings an older one back.
 */
export class PolicyStore {
  readonly #folder: EnrolmentFolder;
  readonly #enrolment: Enrolment;
  readonly #now: () => number;
  #config: AgentConfig | undefined;
  #etag: string | undefined;
  #highest: Highest;

  /** Undefined where this machine is not enrolled. */
  static open(folder: EnrolmentFolder, now: () => number): PolicyStore | undefined {
    const enrolment = folder.read();
    return enrolment === undefined ? undefined : new PolicyStore(folder, enrolment, now);
  }

  private constructor(folder: EnrolmentFolder, enrolment: Enrolment, now: () => number) {
    this.#folder = folder;
    this.#enrolment = enrolment;
    this.#now = now;
    this.#highest = highestOf(folder);
    this.#load();
  }

  /** Of what is held, for asking whether there is anything newer. Not in the second half of its life: it is to live on. */
  get etag(): string | undefined {
    const config = this.#config;
    if (config === undefined || this.#now() > (config.issuedAt + config.expiresAt) / 2) return undefined;
    return this.#etag;
  }

  get policy(): ServerPolicy {
    const config = this.#config;
    if (config === undefined) return SILENT;
    const { mode, retentionDays, features, version, expiresAt } = config;
    return {
      source: "server",
      mode,
      retentionDays,
      features,
      saltId: config.salt.id,
      version,
      expiresAtMs: expiresAt,
      expired: checkTime(config, this.#now()) !== undefined,
    };
  }

  /** Takes a configuration over when all is right with it. Anything else changes nothing. */
  offer(signed: SignedConfig, etag: string | undefined): Offered {
    const verified = this.#verify(signed);
    if ("refusal" in verified) return { kind: "refused", refusal: verified.refusal };
    const { config } = verified;
    const before = this.#config;
    if (before?.version === config.version && config.issuedAt < before.issuedAt) {
      return { kind: "refused", refusal: "older_issue" };
    }
    const refusal = checkTime(config, this.#now());
    if (refusal !== undefined) return { kind: "refused", refusal };
    const kept: z.output<typeof Kept> = etag === undefined ? { signed } : { signed, etag };
    // First the configuration: a crash between the two leaves a newer one than the highest seen, and never an older.
    this.#folder.writeFile("policy.json", `${JSON.stringify(kept)}\n`);
    this.#hold(config, etag);
    return { kind: before?.version === config.version ? "same" : "new" };
  }

  /** As it was kept. Its time is not looked at: one that has expired says so by itself. */
  #load(): void {
    const kept = Kept.safeParse(json(this.#folder.readFile("policy.json")));
    if (!kept.success) return;
    const verified = this.#verify(kept.data.signed);
    if ("config" in verified) this.#hold(verified.config, kept.data.etag);
  }

  #hold(config: AgentConfig, etag: string | undefined): void {
    this.#config = config;
    this.#etag = etag;
    if (config.version === this.#highest.version) return;
    this.#highest = { version: config.version, content: contentOf(config) };
    this.#folder.writeFile("highest.json", highestText(this.#highest));
  }

  #verify(signed: SignedConfig): { config: AgentConfig } | { refusal: ConfigRefusal } {
    const { fingerprint, team, agent } = this.#enrolment;
    const verified = verifyConfig(signed, { fingerprint: fromHex(fingerprint), team: team.id, agent });
    if ("refusal" in verified) return verified;
    const refusal = refusedBy(this.#highest, verified.config);
    return refusal === undefined ? verified : { refusal };
  }
}

/** Why a configuration cannot follow the highest version that was seen. */
export function refusedBy(highest: Highest, config: AgentConfig): ConfigRefusal | undefined {
  if (config.version < highest.version) return "older_version";
  if (config.version > highest.version || contentOf(config) === highest.content) return undefined;
  return "same_version_other_content";
}

/** A damaged file is as good as none: the configuration that is held sets it again. */
export function highestOf(folder: EnrolmentFolder): Highest {
  const parsed = Highest.safeParse(json(folder.readFile("highest.json")));
  return parsed.success ? parsed.data : NONE;
}

export function highestText(highest: Highest): string {
  return `${JSON.stringify(highest)}\n`;
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
