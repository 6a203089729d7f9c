import { promisify } from "node:util";
import zlib from "node:zlib";
import type { DepartureAnswer, Exporter, Noted, Place, SendResult, Settings } from "#component/component.ts";
import { VERSION } from "#config/version.ts";
import type { Codec } from "#proto/codec.ts";
import { modeOf } from "#proto/egress.ts";
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
    const url = addressOf(this.#config);
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

  async send(request: LogsRequest, signal: AbortSignal, places?: readonly Place[]): Promise<SendResult> {
    const encoded = this.#codec.encodeRequest(request);
    const body = this.#config.compression === "gzip" ? await gzip(encoded) : encoded;
    if (this.#transport === undefined || signal.aborted)
      return { kind: "retry", reason: "stopped before sending" };
    const noted = await this.#note(request, encoded, places);
    // Looked at again: the ledger may have waited for a disk.
    if (this.#transport === undefined || isAborted(signal)) {
      noted?.answered({ isTaken: false });
      return { kind: "retry", reason: "stopped before sending" };
    }
    return this.#post(this.#transport, body, { records: recordsIn(request), noted }, signal);
  }

  /** As it leaves, before compression. */
  async #note(
    request: LogsRequest,
    body: Uint8Array,
    places: readonly Place[] | undefined,
  ): Promise<Noted | undefined> {
    const { id, ledger } = this.#settings;
    const { compression, destination } = this.#config;
    const [first] = request.resourceLogs;
    const mode = first && modeOf(first.resource);
    const hasText = textIn(request);
    return ledger?.leaving({
      destination: id,
      method: "POST",
      url: addressOf(this.#config),
      body,
      type: this.#codec.contentType,
      encoding: compression === "gzip" ? "gzip" : "identity",
      records: recordsIn(request),
      ...(mode !== undefined && { mode }),
      hasText,
      ...(hasText && places !== undefined && { places }),
      isTeams: destination === "talos",
    });
  }

  /** One deadline covers all of it, so a server that answers a byte a second cannot hold the queue. */
  async #post(
    transport: Transport,
    body: Uint8Array,
    { records, noted }: { records: number; noted: Noted | undefined },
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
      const headers = { ...this.#headers, ...noted?.headers, "content-length": String(body.length) };
      answer = await transport.post(headers, body, controller.signal);
    } catch (error) {
      noted?.answered({ isTaken: false });
      if (isLate) return { kind: "retry", reason: "no complete answer in time" };
      if (controller.signal.aborted) return { kind: "retry", reason: "stopped while sending" };
      return failureOf(error);
    } finally {
      cancelDeadline();
      signal.removeEventListener("abort", stop);
      this.#inFlight.delete(controller);
    }
    const result = resultFor(answer, this.#codec, records, clock.now());
    noted?.answered(noteOf(answer, result));
    return result;
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

function noteOf({ status, receipt }: Answer, result: SendResult): DepartureAnswer {
  if (result.kind !== "delivered") return { status, isTaken: false };
  return { status, isTaken: true, rejected: result.rejected, ...(receipt !== undefined && { receipt }) };
}

/** As the transport asks for it. */
function addressOf({ endpoint, logs_endpoint: full }: OtlpHttpConfig): URL {
  const url = full ?? endpoint;
  if (url === undefined) throw new Error("no endpoint is set");
  return url;
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function textIn({ resourceLogs }: LogsRequest): boolean {
  return resourceLogs.some(({ scopeLogs }) =>
    scopeLogs.some(({ logRecords }) => logRecords.some(({ body }) => body !== undefined)),
  );
}

function recordsIn({ resourceLogs }: LogsRequest): number {
  const scopes = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs);
  return scopes.reduce((sum, { logRecords }) => sum + logRecords.length, 0);
}
