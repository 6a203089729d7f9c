import { randomBytes } from "node:crypto";
import { VERSION } from "#config/version.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import { logsRequest } from "#testkit/fakes.ts";
import { isLost } from "./load-lost.ts";

/** In place of a status: the request may have been handled, or not. */
export const LOST = 0;

export interface Batch {
  uids: string[];
  body: Buffer<ArrayBuffer>;
}

export interface Posted {
  status: number;
  /** For how long the sender was told to wait; 0 where it was not. */
  waitS: number;
}

/** Throws where records were rejected. */
export async function post(url: string, token: string, { body }: Batch): Promise<Posted> {
  const response = await fetch(`${url}/v1/logs`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf", authorization: `Bearer ${token}` },
    body,
  }).catch(() => undefined);
  if (response === undefined) return { status: LOST, waitS: 0 };
  const answer = new Uint8Array(await response.arrayBuffer());
  if (isLost(response.status, new TextDecoder().decode(answer))) return { status: LOST, waitS: 0 };
  if (response.status === 200 && protobufCodec.decodeResponse(answer).partialSuccess !== undefined) {
    throw new Error("the Worker rejected events");
  }
  return { status: response.status, waitS: Number(response.headers.get("retry-after")) };
}

export function batchOf(count: number, session: string): Batch {
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
