import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { type Codec, codecFor } from "#proto/codec.ts";
import { jsonCodec } from "#proto/json.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import { countRecords } from "../domain/acceptance.ts";
import { MessageSchema } from "../domain/event.ts";
import { call, enrol, SentMessages } from "./client.ts";
import { Random } from "./random.ts";
import { logsRequest, promptRecord, requestRecord, uid } from "./records.ts";

/** Seeds × mutations = 10,000 requests. */
const SEEDS = Array.from({ length: 20 }, (_, n) => n + 1);
const MUTATIONS = 500;

interface Attempt {
  method: string;
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer>;
}

/** What the mutation is known to lead to; otherwise the body decides. */
type Expected = number | undefined;

const text = new TextEncoder();
async function gzip(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([bytes.slice()]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

function bytesMutated(random: Random, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = [...bytes];
  for (let n = 1 + random.below(4); n > 0; n -= 1) {
    const at = random.below(out.length + 1);
    const kind = random.below(6);
    if (kind === 0) out.splice(at, 1 + random.below(8));
    else if (kind === 1)
      out.splice(at, 0, ...Array.from({ length: 1 + random.below(8) }, () => random.below(256)));
    else if (kind === 2) out.splice(at);
    else if (kind === 3) out.splice(at, 0, ...out.slice(random.below(at + 1), at));
    else if (kind === 4) out[at] = 255;
    else out[at] = (out[at] ?? 0) ^ (1 << random.below(8));
  }
  return Uint8Array.from(out);
}

const STRANGE: ((random: Random) => unknown)[] = [
  () => null,
  () => true,
  () => -1,
  () => Number.POSITIVE_INFINITY,
  () => 2 ** 53,
  () => "9223372036854775808",
  () => "",
  () => "\ud800",
  () => ({}),
  () => [],
  () => [[[[]]]],
  () => "x".repeat(5000),
  () => ({ stringValue: "a", intValue: "1" }),
  () => ({ kvlistValue: { values: [{ key: "k" }] } }),
  (random) => nested(50 + random.below(3000)),
];

function nested(depth: number): unknown {
  let value: unknown = { stringValue: "deep" };
  for (let n = 0; n < depth; n += 1) value = { arrayValue: { values: [value] } };
  return value;
}

/** Replaces, removes, renames or repeats one place of the tree. */
function treeMutated(random: Random, tree: unknown): unknown {
  if (typeof tree !== "object" || tree === null || random.chance(0.12)) return random.pick(STRANGE)(random);
  const entries = Object.entries(tree);
  const at = random.below(entries.length + 1);
  const [key, value] = entries[at] ?? [random.pick(["__proto__", "constructor", "x", "resource_logs"]), null];
  const rest = entries.filter((_, n) => n !== at);
  const kind = random.below(10);
  if (kind === 0) return Array.isArray(tree) ? rest.map(([, each]) => each) : Object.fromEntries(rest);
  if (kind === 1 && Array.isArray(tree)) return [...tree, ...tree];
  const changed = kind === 2 ? [`${key}x`, value] : [key, treeMutated(random, value)];
  if (Array.isArray(tree)) return tree.map((each, n) => (n === at ? changed[1] : each));
  return Object.fromEntries([...entries.slice(0, at), changed, ...entries.slice(at + 1)]);
}

const HEADERS: [name: string, value: string, expected: Expected][] = [
  ["content-type", "", 415],
  ["content-type", "text/html", 415],
  ["content-type", "application/json;;;charset", undefined],
  ["content-type", "APPLICATION/X-PROTOBUF", undefined],
  ["content-type", "application/x-protobuf, application/json", 415],
  ["content-encoding", "br", 415],
  ["content-encoding", "zstd", 415],
  ["content-encoding", "GZIP", undefined],
  ["content-encoding", "deflate", undefined],
  ["content-encoding", "gzip,deflate", 415],
  ["authorization", "", 401],
  ["authorization", "Bearer", 401],
  ["authorization", "Bearer a b", 401],
  ["authorization", `Bearer ${"x".repeat(5000)}`, 401],
  ["authorization", "Bearer tal_' OR 1=1 --", 401],
  ["authorization", "Bearer tal_unknown", 401],
  ["x-forwarded-for", "127.0.0.1", undefined],
  ["origin", "https://evil.example", undefined],
];

async function mutated(
  random: Random,
  valid: Attempt,
  codec: Codec,
): Promise<{ attempt: Attempt; expected: Expected }> {
  const attempt = { ...valid, headers: { ...valid.headers } };
  const kind = random.below(10);
  if (kind < 3) attempt.body = bytesMutated(random, attempt.body);
  else if (kind < 7)
    attempt.body = text.encode(JSON.stringify(treeMutated(random, JSON.parse(TREE)))).slice();
  else if (kind < 8) {
    const packed = await gzip(attempt.body);
    attempt.headers["content-encoding"] = "gzip";
    attempt.body = random.chance(0.8) ? bytesMutated(random, packed) : packed;
  } else if (kind < 9) {
    const [name, value, expected] = random.pick(HEADERS);
    if (value === "") delete attempt.headers[name];
    else attempt.headers[name] = value;
    return { attempt, expected };
  } else {
    attempt.method = random.pick(["PUT", "DELETE", "OPTIONS", "PATCH"]);
    return { attempt, expected: 405 };
  }
  if (kind >= 3 && kind < 7 && codec === protobufCodec) attempt.headers["content-type"] = "application/json";
  return { attempt, expected: undefined };
}

const REQUEST = logsRequest([
  requestRecord({ uid: uid(1) }),
  requestRecord({ uid: uid(2), values: { "talos.usage.speed": "fast", "talos.usage.partial": true } }),
  promptRecord({ uid: uid(3) }),
]);
const TREE = new TextDecoder().decode(jsonCodec.encodeRequest(REQUEST));

/** What the body itself allows: 200 where it inflates and decodes, 400 where not. */
async function statusOfBody({ headers, body }: Attempt): Promise<{ status: number; records: number }> {
  const codec = codecFor(headers["content-type"] ?? "");
  try {
    const encoding = headers["content-encoding"]?.toLowerCase();
    const plain = encoding === "gzip" || encoding === "deflate" ? await inflated(body, encoding) : body;
    return { status: 200, records: codec ? countRecords(codec.decodeRequest(plain)) : 0 };
  } catch {
    return { status: 400, records: 0 };
  }
}

async function inflated(body: Uint8Array<ArrayBuffer>, format: "gzip" | "deflate"): Promise<Uint8Array> {
  return new Response(new Blob([body]).stream().pipeThrough(new DecompressionStream(format))).bytes();
}

it.each(SEEDS)(
  "seed %i: mutated requests get the right status, and never a 500",
  { timeout: 120_000 },
  async (seed) => {
    const { agentToken } = await enrol();
    await env.DB.prepare("UPDATE teams SET events_per_minute = 1000000000, burst = 1000000000").run();
    const random = new Random(seed);
    for (let n = 0; n < MUTATIONS; n += 1) {
      const codec = random.pick([jsonCodec, protobufCodec]);
      const headers = { authorization: `Bearer ${agentToken}`, "content-type": codec.contentType };
      const valid = { method: "POST", headers, body: codec.encodeRequest(REQUEST).slice() };
      const { attempt, expected } = await mutated(random, valid, codec);
      const sent = new SentMessages();
      const response = await call("/v1/logs", attempt, { INGEST: sent.queue() });
      const answer = await response.bytes();
      const body = expected === undefined ? await statusOfBody(attempt) : { status: expected, records: 0 };
      expect([n, response.status]).toEqual([n, body.status]);

      const accepted = sent.bodies.flatMap((each) => MessageSchema.parse(each).events).length;
      const answeredAs = codecFor(response.headers.get("content-type") ?? "");
      const message = response.status === 200 ? "" : answeredAs?.decodeStatus(answer).message;
      const partial = response.status === 200 ? answeredAs?.decodeResponse(answer).partialSuccess : undefined;
      expect(message).toMatch(response.status === 200 ? /^$/ : /^[a-z_]+$/);
      expect([n, accepted + (partial?.rejectedLogRecords ?? 0)]).toEqual([n, body.records]);
    }
  },
);
