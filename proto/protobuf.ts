import type { Codec } from "./codec.ts";
import { DecodeError } from "./logs.ts";

const pending = (): never => {
  throw new DecodeError("not_implemented");
};

export const protobufCodec: Codec = {
  contentType: "application/x-protobuf",
  encodeRequest: pending,
  decodeRequest: pending,
  encodeResponse: pending,
  decodeResponse: pending,
  encodeStatus: pending,
  decodeStatus: pending,
};
