import { userInfo } from "node:os";
import { errorCode } from "#component/error-code.ts";
import type { EnrolAnswer, EnrolmentToken, EnrolRequest } from "#proto/agent-api.ts";
import { toHex } from "#proto/hex.ts";
import { VERSION } from "#config/version.ts";
import { BackendClient, type Trouble } from "../enrolment/backend-client.ts";
import { bytesOf } from "../enrolment/bytes.ts";
import { EnrolmentError } from "../enrolment/failure.ts";
import type { Enrolment, EnrolmentDraft, EnrolmentFolder } from "../enrolment/folder.ts";
import { checkedLogin, groupingOf } from "../enrolment/login.ts";
import { makeMachineKey, sha256 } from "../enrolment/machine-key.ts";
import {
  type Highest,
  highestOf,
  highestText,
  PolicyStore,
  refusedBy,
  type ServerPolicy,
} from "../enrolment/policy.ts";
import { checkTime, type ConfigRefusal, contentOf, verifyConfig } from "../enrolment/signed-config.ts";
import { systemClock, systemPlatform } from "../service/system.ts";
import { LaterLedger } from "./ledger/beside.ts";

const SALT_BYTES = 32;

export interface Enrolling {
  token: EnrolmentToken;
  endpoint: URL;
  caFile: string | undefined;
  login: string | undefined;
  folder: EnrolmentFolder;
}

export interface Enrolled {
  enrolment: Enrolment;
  policy: ServerPolicy;
  /** False: the team's salt comes by the managed configuration. */
  hasSalt: boolean;
}

/**
 * Exchanges the token and writes the enrolment, or nothing. Throws EnrolmentError. That it can be written is proved
 * before the token is spent, and that the team is the right one before anything of it is written.
 */
export async function exchange(enrolling: Enrolling, signal: AbortSignal): Promise<Enrolled> {
  const { token, folder } = enrolling;
  const request = requestOf(enrolling);
  const key = makeMachineKey();
  const draft = begin(folder);
  const ledger = new LaterLedger();
  try {
    draft.write("machine.key", key.privateKey);
    const answer = await ask(enrolling, { ...request, publicKey: key.publicKey }, ledger, signal);
    const highest = highestOf(folder);
    const version = verified(answer, token.fingerprint, highest);
    const enrolment = factsOf(enrolling, answer);
    keep(answer, () => {
      draft.write("token", answer.agentToken);
      if (answer.salt !== undefined) draft.write("salt", answer.salt);
      draft.write("policy.json", `${JSON.stringify({ signed: answer.config })}\n`);
      draft.write("highest.json", highestText(version));
      draft.commit(enrolment);
    });
    const policy = PolicyStore.open(folder, () => systemClock.now())?.policy;
    if (policy === undefined) throw new Error("the enrolment that was just written is gone");
    await ledger.write();
    return { enrolment, policy, hasSalt: answer.salt !== undefined };
  } catch (error) {
    draft.discard();
    throw error;
  }
}

function requestOf({ token, login }: Enrolling): Omit<EnrolRequest, "publicKey"> {
  const request = { token: token.secret, version: VERSION };
  if (token.groupingKey === undefined) return request;
  return { ...request, grouping: groupingOf(token.groupingKey, checkedLogin(login, osLogin())) };
}

/** Containers may run as a user that nothing names. */
function osLogin(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}

function begin(folder: EnrolmentFolder): EnrolmentDraft {
  try {
    return folder.begin();
  } catch (error) {
    throw new EnrolmentError(
      `${folder.dir} cannot be written: make its folder writable for this user; the token is not used yet`,
      { cause: error },
    );
  }
}

/** The backend knows the machine by now: whoever runs it can take that back. */
function keep({ agent }: EnrolAnswer, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new EnrolmentError(
      `the enrolment cannot be written (${errorCode(error)}): free some space, then try again with a new token. ` +
        `Nothing is enrolled here; ask who runs the backend to revoke ${agent}`,
      { cause: error },
    );
  }
}

async function ask(
  { endpoint, caFile }: Enrolling,
  body: EnrolRequest,
  ledger: LaterLedger,
  signal: AbortSignal,
): Promise<EnrolAnswer> {
  const tls = { system_cas: true, ...(caFile === undefined ? {} : { ca_file: caFile }) };
  const client = new BackendClient({
    endpoint,
    tls,
    proxy: "environment",
    platform: systemPlatform(),
    clock: systemClock,
    ledger,
  });
  const outcome = await client.enrol(body, signal);
  if (outcome.kind === "ok") return outcome.value;
  if (outcome.kind === "unchanged") throw new EnrolmentError("the backend did not answer as it should");
  throw new EnrolmentError(whyNot(outcome, endpoint));
}

/** What the server says of a token is one word for all cases, so this names them all. */
function whyNot({ kind, reason }: Trouble, endpoint: URL): string {
  const host = endpoint.host;
  if (kind === "unauthorised") {
    return (
      `${host} does not take this enrolment token (${reason}): it was mistyped, used up, has expired or was ` +
      "revoked, or it is of another backend. Ask who gave it to you for a new one, and look at --endpoint"
    );
  }
  if (kind === "refused") {
    return `${host} does not enrol machines (${reason}): look at --endpoint, the base URL without a path, and at this version (${VERSION})`;
  }
  if (reason.includes("file of authorities")) {
    return "the file of authorities cannot be used: look at --ca-file, which is to be a PEM file of certificates";
  }
  if (reason.includes("sign-in")) {
    return `something else answers in place of ${host} (${reason}) Sign in to this network with a browser, then try again`;
  }
  if (reason.includes("connection failed")) {
    return `${host} cannot be reached (${reason}): look at the network, at HTTPS_PROXY and at --endpoint, then try again`;
  }
  if (reason.includes("not as a team's backend")) {
    return `what answers at ${host} is no team's backend of this version (${reason}): look at --endpoint`;
  }
  return `${host} cannot enrol this machine now (${reason}): try again later`;
}

/** The highest version from now on. Throws unless all is signed by the team that made the token. */
function verified(answer: EnrolAnswer, fingerprint: Uint8Array, highest: Highest): Highest {
  const { team, agent, salt } = answer;
  const result = verifyConfig(answer.config, { fingerprint, team: team.id, agent });
  if ("refusal" in result) throw distrust(result.refusal);
  const { config } = result;
  const refusal = checkTime(config, systemClock.now()) ?? refusedBy(highest, config);
  if (refusal !== undefined) throw distrust(refusal);
  const isManaged = config.salt.policy === "managed";
  const bytes = salt === undefined ? undefined : bytesOf(salt, SALT_BYTES);
  const id = bytes === undefined ? "" : toHex(sha256(bytes)).slice(0, 16);
  if (isManaged ? salt !== undefined : bytes === undefined || id !== config.salt.id) {
    throw new EnrolmentError(
      "the salt that came is not the one that the team signed: do not trust this connection. Nothing was written",
    );
  }
  return { version: config.version, content: contentOf(config) };
}

function distrust(refusal: ConfigRefusal): EnrolmentError {
  const end = "Nothing was written";
  if (refusal === "from_the_future" || refusal === "expired") {
    return new EnrolmentError(
      `the team's configuration is ${refusal === "expired" ? "past its time" : "from the future"} by this computer's clock: ` +
        `set the clock, then try again with a new token. ${end}`,
    );
  }
  if (refusal === "not_the_pinned_key" || refusal === "wrong_signature" || refusal === "of_another_machine") {
    return new EnrolmentError(
      `the answer is not signed by the team that made this token (${refusal}): do not trust this connection, or this ` +
        `token. ${end}. Tell who runs your team's backend, and compare the fingerprint that its enrolment page shows`,
    );
  }
  return new EnrolmentError(
    `the team's configuration cannot be taken (${refusal}): tell who runs your team's backend. ${end}`,
  );
}

function factsOf({ endpoint, caFile, token }: Enrolling, answer: EnrolAnswer): Enrolment {
  const { agent, team, developer } = answer;
  return {
    endpoint,
    ...(caFile === undefined ? {} : { ca_file: caFile }),
    agent,
    team,
    developer,
    fingerprint: toHex(token.fingerprint),
    enrolled_at: Math.trunc(systemClock.now()),
  };
}
