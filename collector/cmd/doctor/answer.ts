import type { SendResult } from "#component/component.ts";
import { fail, type Finding, ok, warn } from "./check.ts";

interface Reading {
  when: RegExp;
  finding: (id: string, reason: string) => Finding;
}

/** The exporter's reasons are constants and numbers, so they may be shown. The first that matches holds. */
const READINGS: readonly Reading[] = [
  {
    when: /answered 40[13]\b/,
    finding: (id, reason) =>
      fail(
        `${id}: the token is refused (${reason})`,
        `enrol this computer again (\`talos enroll TOKEN --replace\`), or put a token that is valid into \`exporters.${id}.token\``,
      ),
  },
  {
    when: /answered 407\b/,
    finding: (id, reason) =>
      fail(`${id}: ${reason}`, `set \`exporters.${id}.proxy: { url, username, password }\``),
  },
  {
    when: /the proxy/,
    finding: (id, reason) =>
      fail(`${id}: ${reason}`, "ask whoever runs the proxy to let this address pass, or name another proxy"),
  },
  {
    when: /sign-in/,
    finding: (id, reason) =>
      fail(
        `${id}: something else answers in its place (${reason})`,
        `sign in to this network with a browser; if there is nothing to sign in to, mend \`exporters.${id}.endpoint\``,
      ),
  },
  {
    when: /not OTLP|answered (404|405|410|3\d\d)\b/,
    finding: (id, reason) =>
      fail(
        `${id}: there is no OTLP at this address (${reason})`,
        `mend \`exporters.${id}.endpoint\`: the base URL, without /v1/logs`,
      ),
  },
  {
    when: /tls\.ca_file/,
    finding: (id, reason) =>
      fail(`${id}: ${reason}`, `name the authority's PEM file in \`exporters.${id}.tls.ca_file\``),
  },
  {
    when: /connection failed|in time/,
    finding: (id, reason) =>
      fail(
        `${id}: cannot be reached (${reason})`,
        `look at the network, the proxy and \`exporters.${id}.endpoint\` (nothing is lost meanwhile)`,
      ),
  },
];

/** What a destination's answer to a request without records means, in plain words. */
export function findingOf(id: string, result: SendResult, hasToken: boolean): Finding {
  if (result.kind === "delivered") {
    return ok(`${id}: reached, speaks OTLP${hasToken ? ", takes the token" : ""}`);
  }
  const reading = READINGS.find(({ when }) => when.test(result.reason));
  if (reading !== undefined) return reading.finding(id, result.reason);
  return result.kind === "retry"
    ? warn(`${id}: busy (${result.reason})`, "wait: records are kept and sent later")
    : warn(
        `${id}: reached, and refuses a request without records (${result.reason})`,
        "look at `talos status`",
      );
}
