import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the network does to one request. */
export type Fault =
  /** Passes it on. */
  | "none"
  /** Cuts the connection before the request reaches the server. */
  | "cut"
  /** Lets the server act, and cuts before its answer comes back. */
  | "cut_answer"
  /** Says nothing for a while, then cuts. */
  | "stall"
  /** Answers 503 itself. */
  | "busy";

export interface FaultProxy {
  url: string;
  /** What happens to the next requests; asked once per request. */
  fault: () => Fault;
  seen: Map<Fault, number>;
  close(): Promise<void>;
}

const STALL_MS = 700;

/** An HTTP proxy on loopback between a collector and its backend that misbehaves as it is told. */
export async function startFaultProxy(target: () => string): Promise<FaultProxy> {
  const seen = new Map<Fault, number>();
  const server = createServer((incoming, answer) => {
    const fault = proxy.fault();
    seen.set(fault, (seen.get(fault) ?? 0) + 1);
    act(fault, incoming, answer, target());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${port}`,
    fault: () => "none",
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

function act(fault: Fault, incoming: IncomingMessage, answer: ServerResponse, target: string): void {
  if (fault === "none" || fault === "cut_answer") return forward(fault, incoming, answer, target);
  if (fault === "cut") {
    incoming.socket.destroy();
    return;
  }
  incoming.resume();
  if (fault === "stall") setTimeout(() => incoming.socket.destroy(), STALL_MS);
  else answer.writeHead(503, { "retry-after": "1", "content-type": "text/plain" }).end("busy");
}

function forward(fault: Fault, incoming: IncomingMessage, answer: ServerResponse, target: string): void {
  const onward = request(
    `${target}${incoming.url ?? "/"}`,
    { method: incoming.method, headers: { ...incoming.headers, host: new URL(target).host } },
    (response) => {
      if (fault === "cut_answer") {
        response.resume();
        response.once("end", () => incoming.socket.destroy());
        return;
      }
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    },
  );
  onward.once("error", () => incoming.socket.destroy());
  incoming.pipe(onward);
}
