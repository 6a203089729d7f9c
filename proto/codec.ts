import { jsonCodec } from "./json.ts";
import type { LogsRequest, LogsResponse, RpcStatus } from "./logs.ts";
import { protobufCodec } from "./protobuf.ts";

/** One encoding of OTLP/HTTP. Each decoder throws `DecodeError` for bytes that are not such a message. */
export interface Codec {
  contentType: "application/x-protobuf" | "application/json";
  encodeRequest(request: LogsRequest): Uint8Array;
  decodeRequest(bytes: Uint8Array): LogsRequest;
  encodeResponse(response: LogsResponse): Uint8Array;
  decodeResponse(bytes: Uint8Array): LogsResponse;
  encodeStatus(status: RpcStatus): Uint8Array;
  decodeStatus(bytes: Uint8Array): RpcStatus;
}

/** The codec that a Content-Type header asks for, whatever its case and parameters. */
export function codecFor(contentTypeHeader: string): Codec | undefined {
  const mediaType = contentTypeHeader.split(";", 1)[0]?.trim().toLowerCase();
  if (mediaType === protobufCodec.contentType) return protobufCodec;
  if (mediaType === jsonCodec.contentType) return jsonCodec;
  return undefined;
}
