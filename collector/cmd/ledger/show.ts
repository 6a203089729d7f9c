import { codecFor } from "#proto/codec.ts";
import { jsonCodec } from "#proto/json.ts";
import type { LedgerRequest } from "../../ledger/requests.ts";

/** What left, as people read it: the request's line, then its body. */
export function shownText(request: LedgerRequest): string {
  const { n, sent, hash, answered, receipt, nonce, body } = request;
  const { method, host, path, type, encoding, bytes, digest, places = [] } = sent;
  const facts = [
    ["entry", `${n}, ${new Date(sent.at).toISOString()}`],
    ["request", `${method} ${host}${path}`],
    ["for", `${sent.destination}${sent.mode === undefined ? "" : `, mode ${sent.mode}`}`],
    ["body", bytes === 0 ? "none" : `${bytes} bytes of ${type}, sent as ${encoding}`],
    ["digest", `SHA-256(nonce ‖ body) ${digest}`],
    ["nonce", Buffer.from(nonce).toString("hex")],
    ["hash", hash],
    [
      "outcome",
      answered === undefined ? "unknown: the collector ended before an answer, or waits for it" : "",
    ],
    [
      "outcome",
      answered === undefined
        ? ""
        : `${answered.outcome}${answered.status === undefined ? "" : `, ${answered.status}`}`,
    ],
    ["receipt", answered?.receipt === undefined ? "" : `${receipt}: ${answered.receipt}`],
    ...places.map(({ file, from, to }) => [
      "read at",
      `file ${file}, byte ${from}${to === undefined ? "" : ` to ${to}`}`,
    ]),
  ];
  const lines = facts
    .filter(([, value]) => value !== "")
    .map(([name = "", value]) => `${name.padEnd(8)} ${value}`);
  return `${lines.join("\n")}\n\n${bodyText(request, body)}\n`;
}

function bodyText({ sent, nonce }: LedgerRequest, body: Uint8Array | undefined): string {
  if (sent.bytes === 0) return "It had no body.";
  if (body === undefined) {
    return sent.text === true && nonce.length > 0
      ? "Its words are not kept: the digest, the nonce and the place in the transcript prove what they were."
      : "Its body was deleted for its age, or is damaged: see `talos ledger verify`.";
  }
  const masked = sent.masked === true ? "\n\nA token stood where it says [masked]." : "";
  return readable(sent.type, body) + masked;
}

/** Indented JSON; what cannot be read is given by its bytes. */
export function readable(type: string, body: Uint8Array): string {
  try {
    const codec = codecFor(type);
    const json =
      codec === undefined || type === "application/json"
        ? body
        : jsonCodec.encodeRequest(codec.decodeRequest(body));
    return JSON.stringify(JSON.parse(Buffer.from(json).toString("utf8")), undefined, 2);
  } catch {
    return Buffer.from(body).toString("base64");
  }
}
