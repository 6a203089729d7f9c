import type { Agent, IncomingMessage } from "node:http";
import process from "node:process";
import type { SecureContext } from "node:tls";
import { promisify } from "node:util";
import zlib from "node:zlib";
import { errorCode } from "#component/error-code.ts";
import { RECEIPT_HEADER } from "#proto/receipt.ts";
import type { Answer } from "./answer.ts";

const gunzip = promisify(zlib.gunzip);

/** Not imported: importing also loads the fetch client, which is never used here and takes a tenth of a start. */
const http = process.getBuiltinModule("node:http");
const https = process.getBuiltinModule("node:https");

/** Largest body of an answer, as received and again when inflated. */
export const ANSWER_LIMIT_BYTES = 4 * 1_048_576;

/** How long an unused connection is kept. Home routers forget them a few minutes later. */
const IDLE_MS = 60_000;

interface RequestOptions {
  method: "GET" | "POST";
  headers: Record<string, string>;
  signal: AbortSignal;
}

/** Sends requests to one address over connections that are kept open. Never follows a redirect. */
export class Transport {
  readonly #url: URL;
  readonly #agent: Agent;

  constructor(url: URL, { trust, proxy }: { trust?: SecureContext | undefined; proxy?: string | undefined }) {
    this.#url = url;
    const options = { keepAlive: true, timeout: IDLE_MS, maxFreeSockets: 2 };
    this.#agent =
      url.protocol === "https:"
        ? new https.Agent({
            ...options,
            // Said explicitly, because an environment variable can turn the default off.
            rejectUnauthorized: true,
            ...(trust === undefined ? {} : { secureContext: trust }),
            ...(proxy === undefined ? {} : { proxyEnv: { HTTPS_PROXY: proxy } }),
          })
        : new http.Agent(options);
  }

  /** Rejects with Node's own error; when `signal` was aborted, with any error. */
  post(headers: Record<string, string>, body: Uint8Array, signal: AbortSignal): Promise<Answer> {
    return this.#send({ method: "POST", headers, signal }, body);
  }

  /** Rejects as `post` does. */
  get(headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
    return this.#send({ method: "GET", headers, signal });
  }

  async #send(options: RequestOptions, body?: Uint8Array): Promise<Answer> {
    const first = await this.#exchange(options, body);
    if (first !== "stale") return first;
    const second = await this.#exchange(options, body);
    if (second !== "stale") return second;
    throw Object.assign(new Error("kept connections were closed"), { code: "ECONNRESET" });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** `stale`: the server had closed the kept connection before the request, which is no news about the request. */
  #exchange(options: RequestOptions, body: Uint8Array | undefined): Promise<Answer | "stale"> {
    return new Promise((resolve, reject) => {
      const send = this.#url.protocol === "https:" ? https.request : http.request;
      const request = send(this.#url, { ...options, agent: this.#agent });
      let answered = false;
      request.on("response", (response) => {
        answered = true;
        readAnswer(response, this.#url).then(resolve, reject);
      });
      request.on("error", (error) => {
        // Once an answer has begun, its own stream reports what becomes of it.
        if (answered) return;
        if (request.reusedSocket && !options.signal.aborted && errorCode(error) === "ECONNRESET")
          resolve("stale");
        else reject(error);
      });
      request.on("close", () => {
        if (!answered) reject(new Error("closed without an answer"));
      });
      request.end(body);
    });
  }
}

async function readAnswer(response: IncomingMessage, asked: URL): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const answer = {
    status,
    contentType: headers["content-type"],
    retryAfter: headers["retry-after"],
    etag: headers.etag,
    receipt: receiptIn(headers[RECEIPT_HEADER]),
    leadsElsewhere: leadsElsewhere(headers.location, asked),
  };
  if (status < 200 || status >= 300) {
    // The status decides, so nothing is waited for.
    response.on("error", () => {});
    response.destroy();
    return { ...answer, body: undefined };
  }
  const bytes = await readLimited(response);
  return { ...answer, body: bytes && (await inflate(bytes, headers["content-encoding"])) };
}

function receiptIn(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : undefined;
}

function leadsElsewhere(location: string | undefined, asked: URL): boolean {
  const target =
    location !== undefined && URL.canParse(location, asked.href) ? new URL(location, asked) : asked;
  return target.hostname !== asked.hostname;
}

async function readLimited(response: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes: Uint8Array = chunk;
    size += bytes.length;
    // Leaving the loop closes the connection.
    if (size > ANSWER_LIMIT_BYTES) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

async function inflate(bytes: Uint8Array, encoding = "identity"): Promise<Uint8Array | undefined> {
  const name = encoding.trim().toLowerCase();
  if (name === "identity" || bytes.length === 0) return bytes;
  if (name !== "gzip" && name !== "x-gzip") return undefined;
  try {
    return await gunzip(bytes, { maxOutputLength: ANSWER_LIMIT_BYTES });
  } catch {
    return undefined;
  }
}
