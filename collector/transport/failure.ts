import type { SendResult } from "#component/component.ts";
import { errorCode } from "#component/error-code.ts";

/** An authority that nobody here knows: a proxy that reads TLS, or a network that asks to sign in first. */
const UNKNOWN_AUTHORITY = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** A proxy's answers that stay the same until somebody acts: wrong credentials, or an address it does not allow. */
const PROXY_REFUSES = new Set([401, 403, 405]);

/** What a connection that failed means for the request. Holds a code or a status, never a host's name or an address. */
export function failureOf(error: unknown): SendResult {
  const code = errorCode(error);
  if (code === "ERR_PROXY_TUNNEL") return proxyFailure(error);
  const hint = UNKNOWN_AUTHORITY.has(code) ? "; is a proxy's authority missing in `tls.ca_file`?" : "";
  return { kind: "retry", reason: `connection failed: ${code}${hint}` };
}

function proxyFailure(error: unknown): SendResult {
  const status: unknown = error instanceof Error ? Reflect.get(error, "statusCode") : undefined;
  if (typeof status !== "number" || Number.isNaN(status)) {
    return { kind: "retry", reason: "connection failed: the proxy opened no tunnel" };
  }
  const reason = `the proxy answered ${Math.trunc(status)}`;
  if (status === 407) {
    return {
      kind: "park",
      reason: `${reason}: it wants \`proxy.username\` and \`proxy.password\``,
      destination: true,
    };
  }
  return PROXY_REFUSES.has(status) ? { kind: "park", reason, destination: true } : { kind: "retry", reason };
}
