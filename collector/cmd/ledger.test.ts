/** `talos ledger` as people run it: processes, real requests, real crashes. */
import { spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { HttpFaultServer } from "#testkit/http-fault-server.ts";
import { signedBytes } from "#proto/agent-api.ts";
import { Machine, until } from "./testing.ts";

// Each starts several processes, on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 180_000 });

const TOKEN = "tal_canary-of-an-agent-token";
let server: HttpFaultServer;
let machine: Machine;
beforeEach(async () => {
  server = await HttpFaultServer.start();
  machine = machineOf();
});
afterEach(async () => {
  await machine.dispose();
  await server.close();
});

function machineOf(keySource: "file" | "memory" = "file"): Machine {
  const yaml = `{ endpoint: "${server.url}", token: "${TOKEN}", destination: talos, timeout: 60s }`;
  return new Machine({ exporter: { id: "otlp_http/talos", yaml }, keySource });
}

interface Listed {
  requests: {
    n: number;
    bytes: number;
    records: number;
    outcome: string;
    receipt: string;
    destination: string;
  }[];
  problems: { n: number; flaw: string }[];
  missed: number;
}
const listed = async () => JSON.parse((await machine.talos("ledger", "--json")).stdout) as Listed;
const folder = () => path.join(machine.stateDir, "ledger");
const segment = () => path.join(folder(), readdirSync(folder()).find((name) => name.endsWith(".seg")) ?? "");

/** Two requests that were taken. */
async function delivered(): Promise<void> {
  for (const output of [5, 6]) {
    machine.request("s1", { output });
    expect((await machine.talos("run", "--once")).code).toBe(0);
  }
}

it("shows byte for byte what the other side got, and the agent token nowhere", async () => {
  await delivered();
  const { requests, problems } = await listed();
  expect(problems).toEqual([]);
  expect(requests.map(({ outcome, records }) => ({ outcome, records }))).toEqual(
    server.received.map(() => ({ outcome: "taken", records: 1 })),
  );
  for (const [at, { n }] of requests.entries()) {
    const { stdout } = spawnSync(
      process.execPath,
      [
        path.resolve(import.meta.dirname, "main.ts"),
        "ledger",
        "show",
        String(n),
        "--raw",
        "-c",
        machine.configFile,
      ],
      { env: { ...process.env, HOME: machine.dir } },
    );
    expect(stdout.equals(Buffer.from(server.received[at]?.body ?? []))).toBe(true);
    // The number of its answer leads to it too.
    const number = String(at === 0 ? n : n + 1);
    expect((await machine.talos("ledger", "show", number)).stdout).toContain('"gen_ai.usage.output_tokens"');
  }
  const exported = await machine.talos("ledger", "export");
  const all = exported.stdout + (await machine.talos("ledger")).stdout + machine.output;
  expect(all).not.toContain(TOKEN);
  for (const name of readdirSync(folder())) {
    const bytes = readFileSync(path.join(folder(), name)).toString("latin1");
    for (const canary of [TOKEN, "claude-sonnet", "127.0.0.1", "gen_ai"]) expect(bytes).not.toContain(canary);
  }
  expect((await machine.talos("ledger", "verify")).stdout).toMatch(/\nintact\n$/);
});

it("a kill between the request and its answer leaves it with an unknown outcome", async () => {
  server.next({ kind: "never_answers" });
  machine.request("s1", { output: 5 });
  machine.run();
  await until(() => server.received.length > 0, "a request arrives");
  await machine.stop("SIGKILL");
  expect((await listed()).requests).toMatchObject([{ n: 1, outcome: "unknown" }]);
  expect((await machine.talos("run", "--once")).code).toBe(0);
  expect((await listed()).requests.map(({ outcome }) => outcome)).toEqual(["unknown", "taken"]);
  expect((await machine.talos("ledger", "verify")).code).toBe(0);
});

it("verify ends with 1 and names the first entry that is not as it was written", async () => {
  await delivered();
  const noted = /head (\d+:[0-9a-f]{64})/.exec((await machine.talos("ledger", "verify")).stdout)?.[1] ?? "";
  expect((await machine.talos("ledger", "verify", "--head", noted)).code).toBe(0);
  const bytes = readFileSync(segment());
  bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1;
  writeFileSync(segment(), bytes);
  const broken = await machine.talos("ledger", "verify");
  expect({ code: broken.code, stdout: broken.stdout }).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("entry 4: changed since it was written"),
  });
  const json = await machine.talos("ledger", "verify", "--json");
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ intact: false, problems: [{ n: 4, flaw: "changed" }] });
  expect((await machine.talos("ledger", "export")).code).toBe(1);
  expect((await machine.talos("ledger", "verify", "--head", noted)).stdout).toContain(
    "not the one that was noted",
  );
});

it("is read beside a running collector, also where the key is in its memory alone", async () => {
  await machine.dispose();
  machine = machineOf("memory");
  machine.request("s1", { output: 5 });
  machine.run();
  await until(
    async () => (await machine.talos("ledger", "--json")).stdout.includes('"taken"'),
    "an entry is there",
  );
  expect((await machine.talos("ledger", "verify")).stdout).toMatch(/\nintact\n$/);
  await machine.stop();
  const after = await machine.talos("ledger");
  expect([after.code, after.stderr]).toEqual([1, expect.stringContaining("cannot be opened any more")]);
  machine.run();
  await until(
    () => machine.output.includes("the ledger of the run before is gone"),
    "it is said that it is gone",
  );
});

it("a ledger that cannot be written delays nothing", async () => {
  machine.request("s1", { output: 5 });
  expect((await machine.talos("run", "--once")).code).toBe(0);
  rmSync(folder(), { recursive: true });
  writeFileSync(folder(), "no folder");
  machine.request("s1", { output: 6 });
  const ran = await machine.talos("run", "--once");
  expect(ran.code).toBe(0);
  expect(server.received.length).toBeGreaterThanOrEqual(2);
  expect(ran.stderr).toContain("the ledger cannot be written");
  expect((await machine.status()).counters["ledger_missed"] ?? 0).toBeGreaterThanOrEqual(0);
});

it("what is rotated still opens, and what is switched off is not begun", async () => {
  await delivered();
  expect((await machine.talos("outbox", "rotate-key")).code).toBe(0);
  expect((await machine.talos("ledger", "verify")).code).toBe(0);
  expect((await machine.talos("run", "--once")).code).toBe(0);
  expect(readdirSync(machine.stateDir).filter((name) => name.startsWith("ledger"))).toEqual(["ledger"]);
  rmSync(folder(), { recursive: true });
  writeFileSync(
    machine.configFile,
    readFileSync(machine.configFile, "utf8").replace("service:", "service:\n  ledger: { enabled: false }"),
  );
  machine.request("s1", { output: 7 });
  expect((await machine.talos("run", "--once")).code).toBe(0);
  const off = await machine.talos("ledger");
  expect([off.code, off.stderr]).toEqual([1, expect.stringContaining("switched off")]);
});

/** The export, signed receipts in it, and the ten lines of docs/ledger.md. */
async function signedExport(): Promise<{ file: string; check: string; fingerprint: string }> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const key = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  server.receipt = (mark, body) => {
    const [nonce = "", head = ""] = mark.split(".");
    const digest = createHash("sha256").update(Buffer.from(nonce, "hex")).update(body).digest("hex");
    const payload = Buffer.from(JSON.stringify({ agent: "agt_1", digest, head, at: Date.now() }));
    const signature = sign(null, signedBytes("talos-receipt-1", payload), privateKey);
    return [payload, signature, key].map((part) => part.toString("base64url")).join(".");
  };
  await delivered();
  const file = path.join(machine.dir, "ledger.ndjson");
  writeFileSync(file, (await machine.talos("ledger", "export")).stdout);
  const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/ledger.md"), "utf8");
  const check = path.join(machine.dir, "check.mjs");
  writeFileSync(check, /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? "");
  return { file, check, fingerprint: createHash("sha256").update(key).digest("hex") };
}

it("docs/ledger.md checks an export without this program", async () => {
  const { file, check, fingerprint } = await signedExport();
  const run = (...more: string[]) => {
    const { status, stdout } = spawnSync(process.execPath, [check, file, ...more], { encoding: "utf8" });
    return { status, stdout };
  };
  expect(run(fingerprint)).toEqual({ status: 0, stdout: "intact: 4 entries, 2 receipts\n" });
  expect(run("0".repeat(64))).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("the key of the receipt"),
  });
  expect((await listed()).requests.map(({ receipt }) => receipt)).toEqual(["unpinned", "unpinned"]);
  const good = readFileSync(file, "utf8").trim().split("\n");
  const broken: [string, string[]][] = [
    ["entry 1", good.map((line) => line.replace('\\"n\\":1,', '\\"n\\":1 ,'))],
    ["entry 3", good.toSpliced(2, 1)],
    ["entry 2", [good[0] ?? "", ...good.slice(2)]],
    ["the end", good.slice(0, -1)],
    ["the body of 1", good.map((line) => line.replace(/"body":"Cq/, '"body":"Cr'))],
  ];
  for (const [what, lines] of broken) {
    writeFileSync(file, lines.join("\n"));
    expect([what, run()]).toMatchObject([what, { status: 1 }]);
  }
});

it("a receipt for another body, or under another key, is a fault", async () => {
  const { fingerprint } = await signedExport();
  expect((await machine.talos("ledger", "verify", "--fingerprint", fingerprint)).code).toBe(0);
  const other = await machine.talos("ledger", "verify", "--fingerprint", "ab".repeat(32));
  expect([other.code, other.stdout]).toEqual([
    1,
    expect.stringContaining("entry 2: the receipt does not prove"),
  ]);
  const { receipt } = server;
  server.receipt = (mark) => receipt?.(mark, Buffer.from("another body")) ?? "";
  machine.request("s1", { output: 9 });
  expect((await machine.talos("run", "--once")).code).toBe(0);
  expect((await machine.talos("ledger", "verify")).stdout).toContain("entry 6: the receipt does not prove");
});
