import { isIPv4 } from "node:net";
import * as z from "zod";

const LOGS_PATH = "/v1/logs";

/**
 * Accepts an address to send to. `base` gets `/v1/logs` appended, `full` is used as it is, to `root` the caller
 * appends its own paths.
 * Messages never repeat the address: its query may hold a key.
 */
export function endpoint(kind: "base" | "full" | "root") {
  return z.string().transform((text, ctx) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const problem = problemWith(url, kind);
    if (url !== undefined && problem === undefined) return kind === "base" ? withLogsPath(url) : url;
    ctx.addIssue(problem ?? "expected a URL");
    return z.NEVER;
  });
}

function problemWith(url: URL | undefined, kind: "base" | "full" | "root"): string | undefined {
  if (url === undefined || !["http:", "https:"].includes(url.protocol))
    return "expected a URL such as https://host";
  if (url.username !== "" || url.password !== "") {
    return "must not hold a user name or password; use `token` or `headers`";
  }
  if (url.hash !== "") return "must not hold a fragment (#…)";
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    return "http:// is refused except to this computer; use https://";
  }
  if (kind !== "full" && trimmed(url.pathname).endsWith(LOGS_PATH)) {
    return "already ends in /v1/logs; leave that out, or use `logs_endpoint`";
  }
  return undefined;
}

/** True for this computer's own addresses. The URL parser has made every spelling of an IPv4 address the same. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" || hostname === "[::1]" || (isIPv4(hostname) && hostname.startsWith("127."))
  );
}

function withLogsPath(base: URL): URL {
  const url = new URL(base);
  url.pathname = trimmed(url.pathname) + LOGS_PATH;
  return url;
}

function trimmed(pathname: string): string {
  return pathname.replace(/\/+$/, "");
}
