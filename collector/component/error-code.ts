/**
 * The code that Node, OpenSSL or this program gives an error, such as `ECONNRESET`, `CERT_HAS_EXPIRED` or `disk_full`. Messages are never used:
 * they hold host names, paths and text of the other side.
 */
export function errorCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^[A-Za-z][A-Za-z0-9_]{1,60}$/.test(code) ? code : "UNKNOWN";
}
