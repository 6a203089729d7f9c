import type { LedgerReader } from "../../ledger/reader.ts";
import { type LedgerRead, readLedger } from "../../ledger/requests.ts";

/** Lines of JSON, as docs/ledger.md describes them. Words that left are given only where they are asked for. */
export function exportLedger(
  reader: LedgerReader,
  { content, write }: { content: boolean; write: (line: string) => void },
): LedgerRead {
  let isBegun = false;
  const line = (value: object) => write(`${JSON.stringify(value)}\n`);
  const begin = () => {
    if (!isBegun) line({ type: "talos-ledger-1", previous: reader.start });
    isBegun = true;
  };
  const read = readLedger(reader, {
    bodies: () => false,
    each: ({ text, hash, entry, nonce, body }) => {
      begin();
      const isShown = entry.kind === "sent" && body !== undefined && (content || entry.text !== true);
      const beside = isShown ? { nonce: base64(nonce), body: base64(body) } : {};
      line({ entry: text, hash, ...beside });
    },
  });
  begin();
  line({ type: "end", entries: read.entries, hash: read.head === "" ? reader.start : read.head });
  return read;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
