import { promisify } from "node:util";
import zlib from "node:zlib";
import type { Exporter, SendResult, Settings } from "#component/component.ts";
import { VERSION } from "#config/version.ts";
import type { Codec } from "#proto/codec.ts";
import { jsonCodec } from "#proto/json.ts";
import type { LogsRequest } from "#proto/logs.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import type { Answer } from "../../collector/transport/answer.ts";
import { failureOf } from "../../collector/transport/failure.ts";
import { proxyFor } from "../../collector/transport/proxy.ts";
import { Transport } from "../../collector/transport/transport.ts";
import { readTrust } from "../../collector/transport/trust.ts";
import type { OtlpHttpConfig } from "./config.ts";
import { resultFor } from "./response.ts";

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
    if (url.protocol !== "https:") {
      this.#transport = new Transport(url, {});
      return;
    }
    const { id, log, platform } = this.#settings;
    const { url: proxy, unusable } = proxyFor(url, this.#config.proxy, platform.env);
    if (unusable !== undefined) {
      log.warn("a variable names no http:// or https:// proxy: connecting directly", {
        exporter: id,
        variable: unusable,
      });
    }
    this.#transport = new Transport(url, {
      trust: await readTrust(this.#settings, this.#config.tls, "exporters"),
      proxy,
    });
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
      return failureOf(error);
    } finally {
      cancelDeadline();
      signal.removeEventListener("abort", stop);
      this.#inFlight.delete(controller);
    }
    return resultFor(answer, this.#codec, records, clock.now());
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
