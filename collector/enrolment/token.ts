import type { EnrolmentToken } from "#proto/agent-api.ts";
import { bytesOf } from "./bytes.ts";
import { EnrolmentError } from "./failure.ts";

const KINDS = { tep_: "person", teb_: "bulk" } as const;
const BYTES = 32;

/** Takes an enrolment token apart. Throws EnrolmentError, which never repeats it. */
export function parseToken(text: string): EnrolmentToken {
  const [, prefix = "", rest = ""] = /^(te[pb]_)(.*)$/s.exec(text.trim()) ?? [];
  if (prefix !== "tep_" && prefix !== "teb_") {
    throw new EnrolmentError(
      "that is no enrolment token: one begins with tep_ or teb_; copy the whole token from the page that showed it",
    );
  }
  const parts = rest.split(".");
  const [secret, fingerprint, groupingKey] = parts.map((part) => bytesOf(part, BYTES));
  const isWhole = parts.length === (prefix === "teb_" ? 3 : 2) && secret !== undefined;
  if (!isWhole || fingerprint === undefined || (prefix === "teb_" && groupingKey === undefined)) {
    throw new EnrolmentError(
      "the enrolment token is not whole: a part is missing or changed; copy the whole token, or ask for a new one",
    );
  }
  return { kind: KINDS[prefix], secret: `${prefix}${parts[0] ?? ""}`, fingerprint, groupingKey };
}
