import type { IncomingMessage, Server } from "node:http";
import process from "node:process";
import type { Health } from "./health.ts";

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

/** Not imported: most collectors have no such endpoint. */
const http = () => process.getBuiltinModule("node:http");

const HEAD = {
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

/**
 * Answers `GET /` with 200 or 503 and a few words of a closed list. Rejects when the port is taken. A page on the web
 * cannot read it: the name it was asked by must be this computer's own.
 */
export async function startHealth(
  at: { host: string; port: number },
  health: () => Health,
): Promise<HealthServer> {
  const server = http().createServer((request, response) => {
    request.resume();
    const refusal = refusalOf(request);
    if (refusal !== undefined) {
      response.writeHead(refusal).end();
      return;
    }
    const now = health();
    response.writeHead(now.status === "failing" ? 503 : 200, HEAD);
    response.end(`${JSON.stringify(now)}\n`);
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  server.maxConnections = 16;
  await listen(server, at);
  server.unref();
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : at.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refusalOf({ method, url, headers }: IncomingMessage): number | undefined {
  if (!isOwnName(headers.host)) return 403;
  if (method !== "GET" && method !== "HEAD") return 405;
  return url === "/" ? undefined : 404;
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const code = "code" in error ? String(error.code) : "unknown";
      const hint = code === "EADDRINUSE" ? "the port is in use; choose another" : `cannot listen (${code})`;
      reject(new Error(`service.health.endpoint: ${hint}`));
    });
    server.listen(port, host, resolve);
  });
}

function isOwnName(host = ""): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host);
}
