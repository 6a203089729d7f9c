import { Refusal } from "./refusal.ts";

export interface BodyLimits {
  /** Bytes as sent. */
  sent: number;
  /** Bytes after inflating. */
  inflated: number;
  /** Longest that the whole body may take. */
  timeoutMs: number;
}

const FORMATS = new Map<string, "gzip" | "deflate" | undefined>([
  ["", undefined],
  ["identity", undefined],
  ["gzip", "gzip"],
  ["deflate", "deflate"],
]);

/** The inflated body. Stops reading at either limit, so that a small body cannot grow without bound. */
export async function readBody(request: Request, limits: BodyLimits): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  if (!FORMATS.has(encoding)) throw new Refusal(415, "unsupported_content_encoding");
  if (Number(request.headers.get("content-length")) > limits.sent) throw new Refusal(413, "body_too_large");
  if (request.body === null) return new Uint8Array(0);

  const sent = request.body.pipeThrough(capped(limits.sent, "body_too_large"));
  const format = FORMATS.get(encoding);
  const inflated = format === undefined ? sent : sent.pipeThrough(new DecompressionStream(format));
  return collect(inflated, limits);
}

/**
 * Takes a body that nobody reads off the connection, which would break if it were left there. Gives up where `readBody`
 * would.
 */
export async function discardBody({ body }: Request, { sent, timeoutMs }: BodyLimits): Promise<void> {
  const reader = body?.getReader();
  if (reader === undefined) return;
  await inTime(reader, timeoutMs, readAway(reader, sent)).catch(() => undefined);
}

async function readAway(reader: ReadableStreamDefaultReader<Uint8Array>, limit: number): Promise<void> {
  for (let size = 0; size <= limit;) {
    const { done, value } = await reader.read();
    if (done) return;
    size += value.byteLength;
  }
  throw new Refusal(413, "body_too_large");
}

/** Passes at most so many bytes. */
function capped(limit: number, code: string): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (size > limit) throw new Refusal(413, code);
      controller.enqueue(chunk);
    },
  });
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  limits: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  try {
    return await inTime(reader, limits.timeoutMs, readAll(reader, limits.inflated));
  } catch (error) {
    // Anything else is the inflater's or the connection's word about bytes that are not ours to repeat.
    throw error instanceof Refusal ? error : new Refusal(400, "malformed_compression");
  }
}

/** Nothing more is read when it fails, or takes longer. */
async function inTime<T>(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  timeoutMs: number,
  read: Promise<T>,
): Promise<T> {
  const deadline = Promise.withResolvers<never>();
  const timer = setTimeout(() => deadline.reject(new Refusal(408, "body_too_slow")), timeoutMs);
  try {
    return await Promise.race([read, deadline.promise]);
  } catch (error) {
    void reader.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(chunks, size);
    size += value.byteLength;
    if (size > limit) throw new Refusal(413, "inflated_body_too_large");
    chunks.push(value);
  }
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
