import http from "node:http";
import net, { type AddressInfo, type Socket } from "node:net";
import tls from "node:tls";
import type { TestCertificates } from "./certificate.ts";

export interface ConnectProxyOptions {
  /** `user:password` that a client must give. */
  credentials?: string;
  /** Where each host's tunnel leads, whatever its name resolves to. */
  to: { port: number };
  /** Reads TLS as a company's proxy does: shows its own certificate, and trusts the server's authority. */
  intercept?: { shows: TestCertificates; trusts: string };
}

/** A real HTTP proxy that opens tunnels by CONNECT, asks for credentials, and may read what passes. */
export class ConnectProxy {
  /** `host:port` of each CONNECT, refused ones too. */
  readonly asked: string[] = [];
  /** Heads of the CONNECT requests, as one text: what a proxy learns. */
  heads = "";
  /** Bytes that passed in clear text, client to server, where TLS is read. */
  read = "";
  refused = 0;
  readonly #server = http.createServer((_, response) => response.writeHead(405).end());
  readonly #sockets = new Set<Socket>();
  readonly #options: ConnectProxyOptions;

  private constructor(options: ConnectProxyOptions) {
    this.#options = options;
    this.#server.on("connection", (socket: Socket) => this.#keep(socket));
    this.#server.on("connect", (request: http.IncomingMessage, socket: Socket, head: Buffer) => {
      this.asked.push(request.url ?? "");
      this.heads += request.rawHeaders.join("\n");
      socket.on("error", () => {});
      if (this.#allows(request)) this.#open(socket, head);
      else this.#refuse(socket);
    });
  }

  static async start(options: ConnectProxyOptions): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** `http://127.0.0.1:port`, without credentials. */
  get url(): string {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server's address is an object
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #allows({ headers }: http.IncomingMessage): boolean {
    const { credentials } = this.#options;
    if (credentials === undefined) return true;
    return headers["proxy-authorization"] === `Basic ${Buffer.from(credentials).toString("base64")}`;
  }

  #refuse(socket: Socket): void {
    this.refused += 1;
    socket.end(
      'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\n\r\n',
    );
  }

  #open(socket: Socket, head: Buffer): void {
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    if (head.length > 0) socket.unshift(head);
    const { intercept, to } = this.#options;
    if (intercept === undefined) {
      join(socket, this.#keep(net.connect(to.port, "127.0.0.1")));
      return;
    }
    const client = new tls.TLSSocket(socket, {
      isServer: true,
      cert: intercept.shows.cert,
      key: intercept.shows.key,
    });
    client.on("data", (chunk: Buffer) => {
      this.read += chunk.toString("latin1");
    });
    join(client, this.#keep(tls.connect({ port: to.port, host: "127.0.0.1", ca: intercept.trusts })));
  }

  #keep<T extends Socket>(socket: T): T {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    return socket;
  }
}

function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
    from.pipe(to);
  }
}
