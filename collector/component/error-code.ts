/**
 * The code that Node or OpenSSL gives an error, such as `ECONNRESET` or `CERT_HAS_EXPIRED`. Messages are never used:
 * they hold host names, paths and text of the other side.
 */
export function errorCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : "UNKNOWN";
}
