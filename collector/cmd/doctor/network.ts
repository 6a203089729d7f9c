import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import type { Settings } from "#component/component.ts";
import { errorCode } from "#component/error-code.ts";
import type { OtlpHttpConfig } from "../../../exporters/otlp_http/config.ts";
import { otlpHttpFactory } from "../../../exporters/otlp_http/factory.ts";
import { proxyFor } from "../../transport/proxy.ts";
import { readTrust } from "../../transport/trust.ts";
import type { Planned } from "../../service/plan.ts";
import { systemClock } from "../../service/system.ts";
import { findingOf } from "./answer.ts";
import { type Check, fail, type Finding, ok, skip, type Subject, together, warn } from "./check.ts";

const PATIENCE_MS = 15_000;
const MAX_SKEW_MS = 120_000;
const NO_DESTINATION = skip("no destination is in a network");
const OFFLINE = skip("left out by --offline");

export const proxy: Check = {
  id: "proxy",
  title: "Proxy",
  look: (subject) => {
    const findings = destinations(subject).map(({ id, url, config }): Finding => {
      const { url: chosen, unusable } = proxyFor(url, config.proxy, subject.platform.env);
      if (unusable !== undefined)
        return warn(
          `${id}: ${unusable} names no proxy, so none is used`,
          `set ${unusable} to http://host:port`,
        );
      if (chosen === undefined) return ok(`${id}: none`);
      return ok(`${id}: by ${config.proxy === "environment" ? "the environment" : "the configuration"}`);
    });
    return findings.length === 0 ? NO_DESTINATION : together(findings);
  },
};

export const authorities: Check = {
  id: "authorities",
  title: "Authorities",
  look: async (subject) => {
    const secure = destinations(subject).filter(({ url }) => url.protocol === "https:");
    if (secure.length === 0) return skip("no destination uses TLS");
    const findings = await Promise.all(
      secure.map(async ({ id, config }): Promise<Finding> => {
        try {
          await readTrust(settingsOf(id, subject), config.tls, "exporters");
          return ok(
            `${id}: ${config.tls.ca_file === undefined ? "the system's" : "those of `ca_file` can be read"}`,
          );
        } catch {
          return fail(
            `${id}: \`tls.ca_file\` cannot be used`,
            `name a readable PEM file in \`exporters.${id}.tls.ca_file\``,
          );
        }
      }),
    );
    return together([...findings, ...extraAuthorities(subject)]);
  },
};

/** Proxy, authorities, address and token in one: a request without records. */
export const endpoint: Check = {
  id: "endpoint",
  title: "Destinations",
  look: async (subject) => {
    const all = destinations(subject);
    if (all.length === 0) return NO_DESTINATION;
    if (subject.offline) return OFFLINE;
    return together(await Promise.all(all.map((destination) => ask(destination, subject))));
  },
};

export const clock: Check = {
  id: "clock",
  title: "Clock",
  look: async (subject) => {
    const [first] = destinations(subject);
    if (first === undefined) return NO_DESTINATION;
    if (subject.offline) return OFFLINE;
    const theirs = Date.parse((await dateOf(first, subject)) ?? "");
    if (Number.isNaN(theirs)) return skip(`${first.id} told no time`);
    const seconds = Math.round((subject.now() - theirs) / 1_000);
    if (Math.abs(seconds) * 1_000 <= MAX_SKEW_MS) return ok("agrees with the destination's");
    return warn(
      `${Math.abs(seconds).toLocaleString("en-US")} s ${seconds > 0 ? "ahead of" : "behind"} the destination's`,
      "let the system set its clock by the network",
    );
  },
};

interface Destination {
  id: string;
  url: URL;
  config: OtlpHttpConfig;
}

function destinations({ planned }: Subject): Destination[] {
  return planned.plan.exporters.filter(isOtlpHttp).flatMap(({ id, config }) => {
    const url = config.logs_endpoint ?? config.endpoint;
    return url === undefined ? [] : [{ id, url, config }];
  });
}

function isOtlpHttp(planned: {
  id: string;
  factory: unknown;
  config: unknown;
}): planned is Planned<never> & { config: OtlpHttpConfig } {
  return planned.factory === otlpHttpFactory;
}

async function ask({ id, config }: Destination, subject: Subject): Promise<Finding> {
  const exporter = otlpHttpFactory.create(settingsOf(id, subject), config);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    await exporter.start();
    const result = await exporter.send({ resourceLogs: [] }, signal);
    if (signal.aborted) return findingOf(id, { kind: "retry", reason: "no complete answer in time" }, false);
    return findingOf(id, result, config.token !== undefined);
  } catch {
    // What else `start` does is to read the authorities.
    return fail(`${id}: not tried, its authorities cannot be read`, `mend \`exporters.${id}.tls\``);
  } finally {
    await exporter.shutdown(signal);
  }
}

/** The `Date` of an answer to a request that carries no token. Undefined when there is none. */
async function dateOf({ id, url, config }: Destination, subject: Subject): Promise<string | undefined> {
  const { url: through } = proxyFor(url, config.proxy, subject.platform.env);
  try {
    const agent =
      url.protocol === "https:"
        ? new https.Agent({
            rejectUnauthorized: true,
            secureContext: await readTrust(settingsOf(id, subject), config.tls, "exporters"),
            ...(through === undefined ? {} : { proxyEnv: { HTTPS_PROXY: through } }),
          })
        : new http.Agent();
    return await headOf(new URL("/", url), agent);
  } catch {
    return undefined;
  }
}

function headOf(url: URL, agent: http.Agent): Promise<string | undefined> {
  const send = url.protocol === "https:" ? https.request : http.request;
  return new Promise((resolve, reject) => {
    const request = send(url, { method: "HEAD", agent, signal: AbortSignal.timeout(PATIENCE_MS) });
    request.on("response", (response) => {
      resolve(response.headers.date);
      response.on("error", () => {});
      response.destroy();
      agent.destroy();
    });
    request.on("error", reject);
    request.end();
  });
}

/** Node reads this file itself, and goes on without it when it cannot. */
function extraAuthorities({ platform }: Subject): Finding[] {
  const file = platform.env["NODE_EXTRA_CA_CERTS"] ?? "";
  if (file === "") return [];
  try {
    readFileSync(file);
    return [];
  } catch (error) {
    return [
      warn(`NODE_EXTRA_CA_CERTS cannot be read (${errorCode(error)})`, "name a readable PEM file in it"),
    ];
  }
}

function settingsOf(id: string, { platform }: Subject): Settings {
  const silent = () => {};
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  return { id, platform, clock: systemClock, log, count: silent };
}
