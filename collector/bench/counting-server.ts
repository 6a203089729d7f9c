import http from "node:http";
import { gunzipSync } from "node:zlib";
import type { KeyValue } from "#proto/logs.ts";
import { protobufCodec } from "#proto/protobuf.ts";

/** A destination that acknowledges everything, counts requests by portion, and keeps nothing that grows with time. */
export class CountingServer {
  readonly #server: http.Server;
  /** The ids of the portions that are not complete. */
  readonly #open = new Map<number, Set<string>>();
  readonly #complete = new Set<number>();
  /** Of different requests. */
  received = 0;
  /** Requests that came again. */
  doubled = 0;

  private constructor() {
    this.#server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const sent = Buffer.concat(chunks);
        this.#count(request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent);
        response.writeHead(200, { "content-type": protobufCodec.contentType });
        response.end(protobufCodec.encodeResponse({}));
      });
    });
  }

  static async start(): Promise<CountingServer> {
    const server = new CountingServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the server does not listen");
    return `http://127.0.0.1:${address.port}`;
  }

  /** True once so many requests of the portion came. What comes of it later is a double. */
  completes(portion: number, requests: number): boolean {
    if ((this.#open.get(portion)?.size ?? 0) < requests) return false;
    this.#open.delete(portion);
    this.#complete.add(portion);
    return true;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #count(body: Uint8Array): void {
    for (const { scopeLogs } of protobufCodec.decodeRequest(body).resourceLogs) {
      for (const { attributes } of scopeLogs.flatMap(({ logRecords }) => logRecords)) this.#add(attributes);
    }
  }

  #add(attributes: readonly KeyValue[]): void {
    const valueOf = (name: string) => attributes.find(({ key }) => key === name)?.value;
    const uid = valueOf("log.record.uid")?.stringValue ?? "";
    const portion = Number(valueOf("gen_ai.usage.cache_read.input_tokens")?.intValue ?? 0);
    const known = this.#open.get(portion) ?? new Set();
    if (known.has(uid) || this.#complete.has(portion)) {
      this.doubled += 1;
      return;
    }
    this.received += 1;
    this.#open.set(portion, known.add(uid));
  }
}
