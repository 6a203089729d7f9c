import { createHmac } from "node:crypto";
import { EnrolmentError } from "./failure.ts";

/** Names that many machines have for their user: they say nothing of who works there. */
const SHARED = new Set([
  "root",
  "admin",
  "administrator",
  "system",
  "localsystem",
  "nobody",
  "daemon",
  "user",
  "node",
  "ubuntu",
  "vscode",
  "codespace",
  "runner",
]);

/** How one person is called on all machines: without the domain, and in small letters. */
export function normalLogin(text: string): string {
  const name = text.normalize("NFC").trim().toLowerCase();
  return name.replace(/^.*[\\/]/s, "").replace(/@.*$/s, "");
}

/** The same for each of a person's machines, and nothing to anybody without the team's grouping key: 64 hex digits. */
export function groupingOf(key: Uint8Array, login: string): string {
  return createHmac("sha256", key).update(login, "utf8").digest("hex");
}

/** Throws EnrolmentError for a name that would make one developer of everybody. `given` was said on purpose. */
export function checkedLogin(given: string | undefined, found: string): string {
  const login = normalLogin(given ?? found);
  if (login === "" || login.length > 256) {
    throw new EnrolmentError("this computer's user has no name: say whose machine it is with --login NAME");
  }
  if (given === undefined && SHARED.has(login)) {
    throw new EnrolmentError(
      "this computer's user has a name that many machines share, and all of them would count as one developer: " +
        "say whose machine it is with --login NAME",
    );
  }
  return login;
}
