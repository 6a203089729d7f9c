import type { IncomingMessage } from "node:http";
import type { LookupFunction } from "node:net";
import process from "node:process";
import { isLoopback } from "#config/endpoint.ts";
import { VERSION } from "#config/version.ts";

/** Not imported: importing also loads the fetch client, which is never used here. */
const http = process.getBuiltinModule("node:http");

/** Of one answer: a category and two lines. */
const ANSWER_LIMIT_BYTES = 1_048_576;

/** What went wrong. Holds a code and a status; never what the other side wrote. */
export class LoopbackError extends Error {
  override readonly name = "LoopbackError";
  readonly code: "unreachable" | "redirect" | "status" | "too_large";
  readonly status: number;

  constructor(code: LoopbackError["code"], status = 0) {
    super(code);
    this.code = code;
    this.status = status;
  }
}

/**
 * A `fetch` that reaches this computer and nothing else: the name `localhost` is never looked up, no proxy is asked, no
 * redirect is followed, and an answer that is not 2xx or too large rejects before anybody reads it.
 */
export function loopbackFetch(signal: AbortSignal): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (!isLoopback(url.hostname)) throw new LoopbackError("unreachable");
    const body = typeof init?.body === "string" ? init.body : undefined;
    return exchange(url, { method: init?.method ?? "GET", body, signal });
  };
}

interface Exchange {
  method: string;
  body: string | undefined;
  signal: AbortSignal;
}

function exchange(url: URL, { method, body, signal }: Exchange): Promise<Response> {
  return new Promise((resolve, reject) => {
    const headers = {
      accept: "application/json",
      "user-agent": `talos-auditor/${VERSION}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    // An agent of its own: the shared one may have been told of a proxy.
    const agent = new http.Agent({ keepAlive: false });
    const request = http.request(url, { method, headers, agent, signal, lookup });
    let answered = false;
    request.on("response", (response) => {
      answered = true;
      readAnswer(response).then(resolve, reject);
    });
    // Once an answer has begun, its own stream reports what becomes of it.
    const fail = () => answered || reject(new LoopbackError("unreachable"));
    request.on("error", fail);
    request.on("close", fail);
    request.end(body);
  });
}

/** `localhost` is this computer, whatever a resolver says. */
const lookup: LookupFunction = (_host, { all }, done) => {
  if (all === true) {
    done(null, [
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ]);
  } else done(null, "127.0.0.1", 4);
};

async function readAnswer(response: IncomingMessage): Promise<Response> {
  const { statusCode: status = 0 } = response;
  if (status < 200 || status >= 300) {
    response.on("error", () => {});
    response.destroy();
    throw new LoopbackError(status >= 300 && status < 400 ? "redirect" : "status", status);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      const bytes: Uint8Array = chunk;
      size += bytes.length;
      if (size > ANSWER_LIMIT_BYTES) break;
      chunks.push(bytes);
    }
  } catch {
    throw new LoopbackError("unreachable");
  }
  if (size > ANSWER_LIMIT_BYTES) throw new LoopbackError("too_large");
  return new Response(Buffer.concat(chunks), { headers: { "content-type": "application/json" } });
}
