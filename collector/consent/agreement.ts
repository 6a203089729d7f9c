import { rmSync } from "node:fs";
import type { Consent, SignedConsent } from "#proto/agent-api.ts";
import { type Mode, strictest } from "#proto/egress.ts";
import type { BackendClient, Trouble } from "../enrolment/backend-client.ts";
import type { Enrolment, EnrolmentFolder } from "../enrolment/folder.ts";
import type { ServerPolicy } from "../enrolment/policy.ts";
import {
  type Acceptance,
  contractHash,
  readAcceptance,
  removeAcceptance,
  signConsent,
  voidBecause,
  writeAcceptance,
} from "./acceptance.ts";
import { BusyError, inTurn } from "./turn.ts";

const DAY_MS = 86_400_000;
/** A policy's acceptance is renewed by itself while the policy stands. */
const MANAGED_DAYS = 30;

/** Where an acceptance is kept, and who is told. */
export interface Parties {
  configDir: string;
  folder: EnrolmentFolder;
  client: BackendClient;
  /** Undefined on a machine that belongs to no team: then the file alone counts. */
  enrolment: Enrolment | undefined;
  policy: ServerPolicy | undefined;
  nowMs: number;
}

export interface Wanted {
  mode: Mode;
  by: Acceptance["by"];
  days: number;
}

export type Agreed = { kind: "agreed"; acceptance: Acceptance } | Trouble;

/** Accepts a mode. The team's backend takes it first: what is only written here would let out what it refuses. */
export async function agree(parties: Parties, wanted: Wanted, signal: AbortSignal): Promise<Agreed> {
  return exclusively(parties, signal, () => agreeNow(parties, wanted, signal));
}

/** Two terminals, or a terminal and the collector, must not leave the file and the backend with different words. */
async function exclusively<T>(
  { configDir }: Parties,
  signal: AbortSignal,
  task: () => Promise<T>,
): Promise<T | Trouble> {
  try {
    return await inTurn(configDir, signal, task);
  } catch (error) {
    if (!(error instanceof BusyError)) throw error;
    return { kind: "later", reason: "another process on this computer is changing it" };
  }
}

async function agreeNow(parties: Parties, wanted: Wanted, signal: AbortSignal): Promise<Agreed> {
  const { configDir, enrolment, policy, nowMs } = parties;
  if (wanted.by === "managed" && isDecided(parties)) {
    return { kind: "refused", reason: "the developer has decided meanwhile" };
  }
  const acceptance: Acceptance = {
    mode: wanted.mode,
    by: wanted.by,
    team: enrolment?.team.id ?? "",
    agent: enrolment?.agent ?? "",
    retention_days: policy?.retentionDays ?? 0,
    contract: contractHash(wanted.mode),
    accepted_at: nowMs,
    expires_at: nowMs + wanted.days * DAY_MS,
  };
  if (enrolment !== undefined) {
    const trouble = await tell(parties, enrolment, acceptance, signal);
    if (trouble !== undefined) return trouble;
  }
  writeAcceptance(configDir, acceptance);
  forgetWithdrawal(parties);
  return { kind: "agreed", acceptance };
}

/** True where the developer's own word holds, whatever it is. */
function isDecided({ configDir, enrolment, policy, nowMs }: Parties): boolean {
  const given = readAcceptance(configDir);
  if (given?.by !== "developer") return false;
  const retentionDays = policy?.retentionDays ?? given.retention_days;
  const now = { team: enrolment?.team.id ?? "", agent: enrolment?.agent ?? "", retentionDays, nowMs };
  return voidBecause(given, now) === undefined;
}

async function tell(
  { folder, client }: Parties,
  enrolment: Enrolment,
  acceptance: Acceptance,
  signal: AbortSignal,
): Promise<Trouble | undefined> {
  const token = folder.readFile("token");
  const key = folder.readFile("machine.key");
  if (token === undefined || key === undefined) {
    return { kind: "refused", reason: "the enrolment on this machine is not complete" };
  }
  if (folder.read()?.agent !== enrolment.agent) {
    return { kind: "refused", reason: "this machine was enrolled anew meanwhile" };
  }
  const asked = await client.nonce(token, signal);
  if (asked.kind === "unchanged") return { kind: "later", reason: "no number came" };
  if (asked.kind !== "ok") return asked;
  const signed = signedBy(key, consentOf(acceptance, enrolment, asked.value.nonce));
  if (signed === undefined) return { kind: "refused", reason: "this machine's key is damaged: enrol again" };
  const told = await client.consent(token, signed, signal);
  return told.kind === "ok" || told.kind === "unchanged" ? undefined : told;
}

function signedBy(key: string, consent: Consent): SignedConsent | undefined {
  try {
    return signConsent(consent, key);
  } catch {
    return undefined;
  }
}

function consentOf(acceptance: Acceptance, { developer }: Enrolment, nonce: string): Consent {
  const { mode, by, team, agent, contract } = acceptance;
  return {
    team,
    agent,
    developer: developer.id,
    mode,
    by,
    retentionDays: acceptance.retention_days,
    contract,
    acceptedAt: acceptance.accepted_at,
    expiresAt: acceptance.expires_at,
    nonce,
  };
}

/**
 * Takes back what was accepted: at once here, where it counts. What the backend holds then only permits what is no
 * longer sent; it is told now or, by `tellWithdrawal`, when it answers. Undefined when there is nothing left to tell.
 */
export async function withdraw(
  parties: Parties,
  signal: AbortSignal,
  { declines }: { declines: boolean } = { declines: false },
): Promise<Trouble | undefined> {
  const takeBack = () => (declines ? decline(parties) : removeAcceptance(parties.configDir));
  takeBack();
  return exclusively(parties, signal, async () => {
    // Whoever was before us may have accepted.
    takeBack();
    if (parties.enrolment === undefined) return undefined;
    parties.folder.writeFile("withdrawn", "\n");
    return tellWithdrawn(parties, signal);
  });
}

/** Managed policy accepts again what is only gone: that it is not wanted must stand in its place. */
function decline({ configDir, enrolment, nowMs }: Parties): void {
  writeAcceptance(configDir, {
    mode: "off",
    by: "developer",
    team: enrolment?.team.id ?? "",
    agent: enrolment?.agent ?? "",
    retention_days: 0,
    contract: contractHash("off"),
    accepted_at: nowMs,
    expires_at: nowMs,
  });
}

/** Tells the backend what was taken back and could not be told then. */
export async function tellWithdrawal(parties: Parties, signal: AbortSignal): Promise<Trouble | undefined> {
  if (parties.folder.readFile("withdrawn") === undefined) return undefined;
  return exclusively(parties, signal, () => tellWithdrawn(parties, signal));
}

async function tellWithdrawn(parties: Parties, signal: AbortSignal): Promise<Trouble | undefined> {
  const { folder, client } = parties;
  const token = folder.readFile("token");
  if (token === undefined || folder.readFile("withdrawn") === undefined) return undefined;
  const told = await client.withdraw(token, signal);
  if (told.kind !== "ok" && told.kind !== "unchanged") return told;
  forgetWithdrawal(parties);
  return undefined;
}

function forgetWithdrawal({ folder, enrolment }: Parties): void {
  if (enrolment !== undefined) rmSync(folder.fileOf("withdrawn"), { force: true });
}

/**
 * Brings the acceptance in line with managed policy, and the backend in line with the acceptance. Managed policy never
 * takes the place of what the developer accepted beyond it.
 */
export async function settle(
  parties: Parties,
  { managed, held }: { managed: Mode; held: Acceptance | undefined },
  signal: AbortSignal,
): Promise<Trouble | undefined> {
  const { policy, configDir } = parties;
  if (managed === "off" && readAcceptance(configDir)?.by === "managed") return withdraw(parties, signal);
  const isAllowed = policy === undefined || strictest(managed, policy.mode) === managed;
  if (managed !== "off" && held === undefined && isAllowed) {
    const agreed = await agree(parties, { mode: managed, by: "managed", days: MANAGED_DAYS }, signal);
    return agreed.kind === "agreed" ? undefined : agreed;
  }
  return held === undefined ? tellWithdrawal(parties, signal) : undefined;
}
