/**
 * OTLP logs as protobuf, on the minimal Reader and Writer: no reflection, which Workers refuse.
 *
 * Accepts what the wire format allows: unknown fields and groups are skipped, a field of another wire type is an
 * unknown one, and of a field that occurs twice the last wins. Refuses text that is not UTF-8.
 */
import { Writer } from "protobufjs/minimal.js";
import type { Codec } from "./codec.ts";
import { DecodeError } from "./logs.ts";
import { readRequest, readResponse, readStatus } from "./protobuf-read.ts";
import { BoundedReader } from "./protobuf-wire.ts";
import { writeRequest, writeResponse, writeStatus } from "./protobuf-write.ts";

export const protobufCodec: Codec = {
  contentType: "application/x-protobuf",
  encodeRequest: (request) => encode(request, writeRequest),
  decodeRequest: (bytes) => decode(bytes, readRequest),
  encodeResponse: (response) => encode(response, writeResponse),
  decodeResponse: (bytes) => decode(bytes, readResponse),
  encodeStatus: (status) => encode(status, writeStatus),
  decodeStatus: (bytes) => decode(bytes, readStatus),
};

function encode<T>(message: T, write: (writer: Writer, message: T) => void): Uint8Array {
  const writer = new Writer();
  write(writer, message);
  return writer.finish();
}

function decode<T>(bytes: Uint8Array, read: (reader: BoundedReader) => T): T {
  try {
    return read(new BoundedReader(bytes));
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    // The reader's own message may quote the input's size or bytes.
    throw new DecodeError("malformed_protobuf");
  }
}
