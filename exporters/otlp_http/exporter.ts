import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import zlib from "node:zlib";
import type { Exporter, SendResult, Settings } from "#component/component.ts";
import { expandPath } from "#config/paths.ts";
import { VERSION } from "#config/version.ts";
import type { Codec } from "#proto/codec.ts";
import { jsonCodec } from "#proto/json.ts";
import type { LogsRequest } from "#proto/logs.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import type { OtlpHttpConfig } from "./config.ts";
import { errorCode } from "#component/error-code.ts";
import { type Answer, resultFor } from "./response.ts";
import { Transport } from "./transport.ts";

const gzip = promisify(zlib.gzip);

/** Sends each request once. Waiting and trying again is the sending queue's. */
export class OtlpHttpExporter implements Exporter {
  readonly #settings: Settings;
  readonly #config: OtlpHttpConfig;
  readonly #codec: Codec;
  readonly #headers: Record<string, string>;
  readonly #inFlight = new Set<AbortController>();
  #transport: Transport | undefined;

  constructor(settings: Settings, config: OtlpHttpConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#codec = config.encoding === "json" ? jsonCodec : protobufCodec;
    this.#headers = headersOf(config, this.#codec);
  }

  async start(): Promise<void> {
    const url = this.#config.logs_endpoint ?? this.#config.endpoint;
    if (url === undefined) throw new Error("no endpoint is set");
    this.#transport = new Transport(url, await this.#readAuthorities());
  }

  async shutdown(): Promise<void> {
    for (const controller of this.#inFlight) controller.abort();
    this.#transport?.close();
    this.#transport = undefined;
  }

  async send(request: LogsRequest, signal: AbortSignal): Promise<SendResult> {
    const encoded = this.#codec.encodeRequest(request);
    const body = this.#config.compression === "gzip" ? await gzip(encoded) : encoded;
    if (this.#transport === undefined || signal.aborted)
      return { kind: "retry", reason: "stopped before sending" };
    return this.#post(this.#transport, body, recordsIn(request), signal);
  }

  /** One deadline covers all of it, so a server that answers a byte a second cannot hold the queue. */
  async #post(
    transport: Transport,
    body: Uint8Array,
    records: number,
    signal: AbortSignal,
  ): Promise<SendResult> {
    const { clock } = this.#settings;
    const controller = new AbortController();
    const stop = () => controller.abort();
    let isLate = false;
    const cancelDeadline = clock.after(this.#config.timeout, () => {
      isLate = true;
      stop();
    });
    signal.addEventListener("abort", stop);
    this.#inFlight.add(controller);
    let answer: Answer;
    try {
      const headers = { ...this.#headers, "content-length": String(body.length) };
      answer = await transport.post(headers, body, controller.signal);
    } catch (error) {
      if (isLate) return { kind: "retry", reason: "no complete answer in time" };
      if (controller.signal.aborted) return { kind: "retry", reason: "stopped while sending" };
      return { kind: "retry", reason: `connection failed: ${errorCode(error)}` };
    } finally {
      cancelDeadline();
      signal.removeEventListener("abort", stop);
      this.#inFlight.delete(controller);
    }
    return resultFor(answer, this.#codec, records, clock.now());
  }

  async #readAuthorities(): Promise<string | undefined> {
    const file = this.#config.tls.ca_file;
    if (file === undefined) return undefined;
    try {
      const pem = await readFile(expandPath(file, this.#settings.platform, process.cwd()), "utf8");
      // Refuses a file without a certificate now, instead of every connection later.
      void new X509Certificate(pem);
      return pem;
    } catch (error) {
      // oxlint-disable-next-line eslint/preserve-caught-error -- the error itself names the file's full path
      throw new Error(`exporters.${this.#settings.id}.tls.ca_file: cannot be used (${errorCode(error)})`);
    }
  }
}

/** All that leaves beside the body: no host, system or user is named. */
function headersOf({ compression, token, headers }: OtlpHttpConfig, codec: Codec): Record<string, string> {
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.reveal()] as const);
  return {
    ...Object.fromEntries(own),
    ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }),
    "accept-encoding": "gzip",
    "content-type": codec.contentType,
    ...(compression === "gzip" ? { "content-encoding": "gzip" } : {}),
    "user-agent": `talos-auditor/${VERSION}`,
  };
}

function recordsIn({ resourceLogs }: LogsRequest): number {
  const scopes = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs);
  return scopes.reduce((sum, { logRecords }) => sum + logRecords.length, 0);
}
