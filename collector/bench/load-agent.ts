import { randomBytes } from "node:crypto";
import { VERSION } from "#config/version.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import { logsRequest } from "#testkit/fakes.ts";
import { isLost } from "./load-lost.ts";
import type { LoadMachine } from "./load-teams.ts";
import { sleep } from "./processes.ts";

const EVERY_MS = 5_000;
const MOST_RECORDS = 40;
/** What a collector waits before it sends again what was not taken. */
const AGAIN_MS = 1_000;
/** In place of a status. */
const LOST = 0;
/** After the end, for what is still to be taken. */
const PATIENCE_MS = 60_000;

export interface Sample {
  /** When it was sent, by `performance.now()`. */
  atMs: number;
  ms: number;
}

interface Batch {
  uids: string[];
  body: Buffer<ArrayBuffer>;
}

/** Sends batches as a collector with something to send does, and sends again what was not acknowledged. */
export class LoadAgent {
  readonly machine: LoadMachine;
  readonly samples: Sample[] = [];
  /** Of records that were acknowledged. */
  readonly acknowledged = new Set<string>();
  /** Sent again until it was acknowledged: there is no doubt about anything. */
  readonly uncertain = new Set<string>();
  /** Requests whose answer got lost. */
  lost = 0;
  readonly #url: string;
  readonly #session = randomBytes(16).toString("hex");

  constructor(url: string, machine: LoadMachine) {
    this.#url = url;
    this.machine = machine;
  }

  async run(endMs: number): Promise<void> {
    await sleep(Math.random() * EVERY_MS);
    while (performance.now() < endMs) {
      const dueMs = performance.now() + EVERY_MS * (0.5 + Math.random());
      await this.#deliver(batchOf(1 + Math.floor(Math.random() * MOST_RECORDS), this.#session), endMs);
      await sleep(Math.max(0, Math.min(dueMs, endMs) - performance.now()));
    }
  }

  async #deliver(batch: Batch, endMs: number): Promise<void> {
    for (;;) {
      const atMs = performance.now();
      const status = await post(this.#url, this.machine, batch);
      this.samples.push({ atMs, ms: performance.now() - atMs });
      if (status === LOST) this.lost += 1;
      if (status === 200) {
        for (const uid of batch.uids) this.acknowledged.add(uid);
        return;
      }
      if (performance.now() > endMs + PATIENCE_MS)
        throw new Error(`a batch was answered ${status} to the end`);
      await sleep(AGAIN_MS);
    }
  }
}

/** Sends far more than its team may, whatever it is told. */
export class Flood {
  static readonly RECORDS = 1_000;
  static readonly AT_ONCE = 3;
  static readonly EVERY_MS = 200;
  readonly machine: LoadMachine;
  readonly acknowledged = new Set<string>();
  /** Of records whose answer got lost. */
  readonly uncertain = new Set<string>();
  /** By `performance.now()`; infinite before. */
  startedMs = Infinity;
  /** Of the first refusal. */
  refusedMs = Infinity;
  requests = 0;
  refused = 0;
  lost = 0;
  readonly #url: string;

  constructor(url: string, machine: LoadMachine) {
    this.#url = url;
    this.machine = machine;
  }

  async run(endMs: number): Promise<void> {
    this.startedMs = performance.now();
    await Promise.all(Array.from({ length: Flood.AT_ONCE }, () => this.#send(endMs)));
  }

  async #send(endMs: number): Promise<void> {
    while (performance.now() < endMs) {
      const batch = batchOf(Flood.RECORDS, randomBytes(16).toString("hex"));
      const status = await post(this.#url, this.machine, batch);
      this.requests += 1;
      if (status === 200) for (const uid of batch.uids) this.acknowledged.add(uid);
      else if (status === 429) this.#refuse();
      else if (status === LOST) this.#lose(batch);
      else throw new Error(`too many events were answered ${status}`);
      await sleep(Flood.EVERY_MS);
    }
  }

  #lose({ uids }: Batch): void {
    this.lost += 1;
    for (const uid of uids) this.uncertain.add(uid);
  }

  #refuse(): void {
    this.refused += 1;
    this.refusedMs = Math.min(this.refusedMs, performance.now());
  }
}

async function post(url: string, { token }: LoadMachine, { body }: Batch): Promise<number> {
  const response = await fetch(`${url}/v1/logs`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf", authorization: `Bearer ${token}` },
    body,
  });
  const answer = new Uint8Array(await response.arrayBuffer());
  if (isLost(response.status, new TextDecoder().decode(answer))) return LOST;
  if (response.status === 200 && protobufCodec.decodeResponse(answer).partialSuccess !== undefined) {
    throw new Error("the Worker rejected events");
  }
  return response.status;
}

function batchOf(count: number, session: string): Batch {
  const request = logsRequest(count, {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.conversation.id": session,
    "talos.usage.provenance": "measured",
    "talos.request.origin": "main",
    "talos.source": "claude_code",
    "talos.source.via": "transcript",
    "talos.cwd.hash": "c".repeat(64),
  });
  const seconds = BigInt(Math.floor(Date.now() / 1_000));
  const uids: string[] = [];
  for (const { resource, scopeLogs } of request.resourceLogs) {
    resource.attributes.push({ key: "service.version", value: { stringValue: VERSION } });
    for (const record of scopeLogs.flatMap(({ logRecords }) => logRecords)) {
      record.timeUnixNano = seconds * 1_000_000_000n;
      const uid = randomBytes(16).toString("hex");
      uids.push(uid);
      for (const { key, value } of record.attributes) if (key === "log.record.uid") value.stringValue = uid;
    }
  }
  return { uids, body: Buffer.from(protobufCodec.encodeRequest(request)) };
}
