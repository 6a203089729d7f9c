/** What somebody sees who has every key: databases row by row, and all that is sealed, opened. */
import { createDecipheriv, hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { openLedger } from "../collector/ledger/open.ts";
import { LedgerReader } from "../collector/ledger/reader.ts";
import { filesBelow } from "../collector/proof/search.ts";
import { BatchCipher } from "../collector/state/cipher.ts";
import { readIdentity } from "../collector/state/meta.ts";

export interface Opened {
  /** Which table, object or queue. */
  name: string;
  bytes: Buffer;
}

interface Row {
  table: string;
  values: Record<string, SQLOutputValue>;
}

/** Of every table, whatever pages it is on. */
function rowsOf(file: string): Row[] {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return tables.flatMap(({ name }) => {
      const table = String(name);
      return db
        .prepare(`SELECT * FROM "${table}"`)
        .all()
        .map((values) => ({ table, values }));
    });
  } finally {
    db.close();
  }
}

const shown = ({ table, values }: Row): Opened => ({
  name: table,
  bytes: Buffer.concat(
    Object.values(values).flatMap((value) => [
      value instanceof Uint8Array ? value : Buffer.from(String(value)),
      Buffer.from("\n"),
    ]),
  ),
});

const MAGIC = Buffer.from("tls1");
const HEADER_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const isSealed = (value: unknown): value is Uint8Array =>
  value instanceof Uint8Array && MAGIC.equals(value.subarray(0, MAGIC.length));

interface Sealed extends Opened {
  key: Uint8Array;
  context: string;
}

/** Throws where key or context is another. */
function open({ name, bytes, key, context }: Sealed): Opened {
  const nonce = bytes.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES));
  const body = decipher.update(bytes.subarray(HEADER_BYTES + NONCE_BYTES, -TAG_BYTES));
  return { name, bytes: Buffer.concat([body, decipher.final()]) };
}

/** What the columns hold that are sealed, by what their key is for. */
const PURPOSES: Readonly<Record<string, string>> = {
  "teams.salt": "team-salt",
  "teams.signing_key": "team-signing",
  "teams.grouping_key": "team-grouping",
  "audit_heads.seal": "audit-head",
};

/**
 * All that the Workers keep, once they have stopped: the rows of their databases, the texts in R2, and what else was
 * sealed. Throws where something is sealed that is not known here, or does not open.
 */
export function openWorkers({ workers, secretsFile }: { workers: string; secretsFile: string }): {
  rows: Opened[];
  texts: Opened[];
  others: Opened[];
} {
  const files = filesBelow(workers);
  const rows = files.filter((file) => file.endsWith(".sqlite")).flatMap(rowsOf);
  const kms = /^KMS_KEY=(.*)$/m.exec(readFileSync(secretsFile, "utf8"))?.[1] ?? "";
  const keyOf = (purpose: string, team: string) =>
    Buffer.from(hkdfSync("sha256", kms, Buffer.alloc(32), `talos ${purpose} team ${team}`, 32));

  const columns = rows.flatMap(({ table, values }) =>
    Object.entries(values).flatMap(([column, value]) => {
      if (!isSealed(value)) return [];
      const name = `${table}.${column}`;
      const team = String(values[table === "teams" ? "id" : "team"]);
      const context = `${table}:${team}:${column}`;
      return [open({ name, bytes: Buffer.from(value), key: keyOf(PURPOSES[name] ?? "", team), context })];
    }),
  );
  const teams = new Map(
    rows
      .filter(({ table }) => table === "teams")
      .map(({ values }) => [String(values["public_id"]), String(values["id"])]),
  );
  const objects = rows
    .filter(({ table }) => table === "_mf_objects")
    .map(({ values }) => {
      const file = files.find((each) => path.basename(each) === values["blob_id"]) ?? "";
      return { name: String(values["key"]), bytes: readFileSync(file) };
    });
  const of = (kind: string) =>
    objects
      .filter(({ name }) => name.startsWith(`${kind}/`))
      .map((each) => ({ ...each, team: each.name.split("/")[1] ?? "", context: each.name }));
  const keys = of("content-key").map((each) =>
    open({ ...each, key: keyOf("content-key", teams.get(each.team) ?? "") }),
  );
  const texts = of("content").map((each) => {
    const key = keys.find(({ name }) => name === `content-key/${each.team}`)?.bytes.subarray(4);
    const context = ["talos content", each.team, each.name, "1"].join("\0");
    return open({ ...each, context, key: key ?? Buffer.alloc(32) });
  });
  const dead = of("dead").map((each) => open({ ...each, key: keyOf("dead-letter", each.team) }));
  if (keys.length + texts.length + dead.length < objects.length) throw new Error("R2 holds something else");
  return { rows: rows.map(shown), texts, others: [...columns, ...keys, ...dead] };
}

/** All that a collector keeps, while it does not run: its rows, its queues opened, its ledger opened. */
export function openCollector(folder: string): Opened[] {
  const stateFile = filesBelow(folder).find((file) => path.basename(file) === "state.db") ?? "";
  const stateDir = path.dirname(stateFile);
  const text = readFileSync(path.join(stateDir, "outbox.key"), "utf8");
  const masterKey = Buffer.from(text.trim(), "base64");
  const db = new DatabaseSync(stateFile, { readOnly: true });
  const cipher = new BatchCipher(masterKey, readIdentity(db).databaseId);
  db.close();
  const rows = rowsOf(stateFile);
  const batches = rows
    .filter(({ table }) => table === "outbox")
    .map(({ values }) => {
      const exporter = String(values["exporter"]);
      const plain = cipher.open(exporter, Number(values["id"]), values["sealed"] as Uint8Array);
      if (plain === undefined) throw new Error("a batch does not open");
      return { name: `queue ${exporter}`, bytes: Buffer.from(plain) };
    });
  return [...rows.map(shown), ...batches, ...ledgerOf(stateDir, masterKey)];
}

function ledgerOf(stateDir: string, masterKey: Uint8Array): Opened[] {
  const ledger = openLedger({ stateDir, masterKey });
  if (ledger === undefined) throw new Error("there is no ledger");
  return [...new LedgerReader(ledger.folder, ledger.cipher).read()].flatMap((step) => {
    if ("problem" in step) throw new Error("the ledger is not intact");
    const { n, text, body } = step.kept;
    return [
      {
        name: `entry ${n} of the ledger`,
        bytes: Buffer.concat([Buffer.from(text), body ?? Buffer.alloc(0)]),
      },
    ];
  });
}
