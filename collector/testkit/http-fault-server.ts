import http from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Codec } from "#proto/codec.ts";
import { codecFor } from "#proto/codec.ts";
import type { LogsRequest, LogsResponse } from "#proto/logs.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import type { TestCertificates } from "./certificate.ts";

/** What the server does with one request. */
export type Fault =
  /** Answers as OTLP asks, in the request's content type. */
  | { kind: "otlp"; response?: LogsResponse; gzip?: boolean; status?: number }
  /** Answers exactly this. */
  | { kind: "answer"; status: number; headers?: Record<string, string>; body?: string | Uint8Array }
  /** A captive portal. */
  | { kind: "html200" }
  /** Sends the head, then one byte after each interval, never the last. */
  | { kind: "slow_loris"; everyMs: number; status?: number }
  /** Reads the request and closes the connection by a reset. */
  | { kind: "reset" }
  /** Sends a head and half a body, then closes the connection by a reset. */
  | { kind: "reset_mid_response" }
  | { kind: "never_answers" }
  /** Announces more than it sends, and closes. */
  | { kind: "truncated" }
  /** A correct answer with a message of this size. */
  | { kind: "huge"; bytes: number; gzip?: boolean }
  /** Anything at all, then closes. */
  | { kind: "raw"; bytes: string };

export interface Received {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  /** Inflated. */
  body: Uint8Array;
  /** The decoded request; undefined when it is not one. */
  logs: LogsRequest | undefined;
}

/** A real HTTP server on this computer that answers by script, and correctly once the script has ended. */
export class HttpFaultServer {
  readonly received: Received[] = [];
  readonly #server: http.Server;
  readonly #script: Fault[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Called when a request was read, with each byte that `slow_loris` sends, and when a connection closed. */
  #watchers: (() => void)[] = [];
  /** Makes the header `talos-receipt` for what a request's `talos-ledger` says, and its body. */
  receipt: ((mark: string, body: Uint8Array) => string) | undefined;
  /** Connections that were made. */
  connections = 0;
  /** Bytes that `slow_loris` sent. */
  dripped = 0;

  private constructor(tls: TestCertificates | undefined) {
    const handle: http.RequestListener = (request, response) => void this.#handle(request, response);
    this.#server =
      tls === undefined
        ? http.createServer(handle)
        : https.createServer({ cert: tls.cert, key: tls.key }, handle);
    this.#server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        this.#wake();
      });
    });
    this.#server.on("tlsClientError", () => {});
  }

  static async start(tls?: TestCertificates): Promise<HttpFaultServer> {
    const server = new HttpFaultServer(tls);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  /** Base URL without a trailing slash. */
  get url(): string {
    const scheme = this.#server instanceof https.Server ? "https" : "http";
    return `${scheme}://127.0.0.1:${this.port}`;
  }

  get port(): number {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server's address is an object
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** What to do with the next requests, in order. */
  next(...faults: Fault[]): void {
    this.#script.push(...faults);
  }

  /** Resolves once `condition` holds; looked at whenever something arrives, drips or closes. */
  until(condition: (server: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition(this)) return;
        this.#watchers = this.#watchers.filter((watcher) => watcher !== look);
        resolve();
      };
      this.#watchers.push(look);
      look();
    });
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    response.on("error", () => {});
    const codec = codecFor(request.headers["content-type"] ?? "") ?? protobufCodec;
    try {
      this.received.push(await read(request, codec));
    } catch {
      // The client went away.
      return;
    }
    const { headers = {}, body = new Uint8Array() } = this.received.at(-1) ?? {};
    const mark = headers["talos-ledger"];
    if (typeof mark === "string" && this.receipt !== undefined) {
      response.setHeader("talos-receipt", this.receipt(mark, body));
    }
    this.#answer(this.#script.shift() ?? { kind: "otlp" }, codec, response);
    this.#wake();
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #answer(fault: Fault, codec: Codec, response: http.ServerResponse): void {
    const type = { "content-type": codec.contentType };
    switch (fault.kind) {
      case "otlp": {
        const body = codec.encodeResponse(fault.response ?? {});
        response.writeHead(fault.status ?? 200, fault.gzip ? { ...type, "content-encoding": "gzip" } : type);
        response.end(fault.gzip ? gzipSync(body) : body);
        return;
      }
      case "answer":
        response.writeHead(fault.status, fault.headers).end(fault.body);
        return;
      case "html200":
        response
          .writeHead(200, { "content-type": "text/html" })
          .end("<html><body>Please sign in</body></html>");
        return;
      case "slow_loris":
        this.#drip(
          response.writeHead(fault.status ?? 200, { ...type, "content-length": "100000" }),
          fault.everyMs,
        );
        return;
      case "reset":
        reset(response);
        return;
      case "reset_mid_response":
        response.writeHead(200, { ...type, "content-length": "100" });
        response.write("half", () => reset(response));
        return;
      case "never_answers":
        return;
      case "truncated":
        response.writeHead(200, { ...type, "content-length": "100" });
        response.write("half", () => response.socket?.end());
        return;
      case "huge": {
        const errorMessage = " ".repeat(fault.bytes);
        const body = codec.encodeResponse({ partialSuccess: { rejectedLogRecords: 0, errorMessage } });
        response.writeHead(200, fault.gzip ? { ...type, "content-encoding": "gzip" } : type);
        response.end(fault.gzip ? gzipSync(body) : body);
        return;
      }
      case "raw":
        response.socket?.end(fault.bytes);
    }
  }

  #drip(response: http.ServerResponse, everyMs: number): void {
    const timer = setInterval(() => {
      response.write(" ");
      this.dripped += 1;
      this.#wake();
    }, everyMs);
    this.#timers.add(timer);
    response.on("close", () => clearInterval(timer));
  }
}

function reset(response: http.ServerResponse): void {
  const { socket } = response;
  if (socket === null) return;
  // A TLS connection has no reset of its own.
  if ("encrypted" in socket) socket.destroy();
  else socket.resetAndDestroy();
}

async function read(request: http.IncomingMessage, codec: Codec): Promise<Received> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const sent = Buffer.concat(chunks);
  const { method = "", url: path = "", headers } = request;
  const body = headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
  return { method, path, headers, body, logs: decoded(body, codec) };
}

function decoded(body: Uint8Array, codec: Codec): LogsRequest | undefined {
  try {
    return codec.decodeRequest(body);
  } catch {
    return undefined;
  }
}
