/** The bytes of base64url text without padding; undefined when it is anything else, or of another length. */
export function bytesOf(text: string, length?: number): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64url");
  if (length !== undefined && bytes.length !== length) return undefined;
  // Decoding skips what it does not know, and the last character may carry bits that count for nothing.
  return bytes.toString("base64url") === text ? bytes : undefined;
}
