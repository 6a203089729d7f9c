import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { signedBytes } from "#proto/agent-api.ts";
import { type AuditRow, chainText, type ExportHead, exportText } from "#proto/audit-chain.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

export interface MadeExport {
  lines: string[];
  fingerprint: string;
}

/** An export as the server makes it, of so many entries. */
export function madeExport(
  count: number,
  { after = 0, key = generateKeyPairSync("ed25519") } = {},
): MadeExport {
  const team = `tm_${"ab".repeat(12)}`;
  let hash = after === 0 ? "0".repeat(64) : sha256("before");
  const head: ExportHead = {
    type: "talos-audit-1",
    team,
    exportedAt: 1_800_000_000_000,
    after: { seq: after, hash },
  };
  const lines = [JSON.stringify(head)];
  for (let seq = after + 1; seq <= after + count; seq += 1) {
    const row = rowOf(seq);
    hash = sha256(chainText(team, row, hash));
    lines.push(JSON.stringify({ ...row, hash }));
  }
  const end = { seq: after + count, hash };
  const raw = rawKey(key.publicKey);
  const bytes = signedBytes("talos-audit-export-1", new TextEncoder().encode(exportText(head, end)));
  const signature = sign(null, bytes, key.privateKey).toString("hex");
  lines.push(JSON.stringify({ type: "end", ...end, key: raw.toString("hex"), signature }));
  return { lines, fingerprint: createHash("sha256").update(raw).digest("hex") };
}

function rawKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
}

function rowOf(seq: number): AuditRow {
  return {
    seq,
    at: 1_737_000_000_000 + seq * 316_000,
    actorKind: "member",
    actorId: `mem_${"0".repeat(24)}`,
    actorLabel: `Grace "the" Höpper ${seq % 7} \u{1F680}`,
    action: seq % 3 === 0 ? "export" : "content.read",
    target: "",
    metadata: JSON.stringify({ n: seq, kind: "usage" }),
  };
}
