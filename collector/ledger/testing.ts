import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Departure, DepartureAnswer, Noted } from "#component/component.ts";
import { type TestSettings, testSettings } from "#testkit/fakes.ts";
import { RequestLedger } from "./ledger.ts";
import { type OpenLedger, openLedger, openOwnLedger } from "./open.ts";
import { LedgerReader } from "./reader.ts";
import { type LedgerRead, readLedger } from "./requests.ts";
import type { Limits } from "./writer.ts";

export const KEY: Uint8Array = new Uint8Array(32).fill(9);
const START_MS = 1_790_000_000_000;

/** A state folder of a test with a ledger in it, removed by `dispose`. */
export class LedgerBench {
  readonly stateDir: string = mkdtempSync(path.join(tmpdir(), "talos-ledger-"));
  readonly settings: TestSettings = testSettings();
  ledger: RequestLedger;
  limits: Limits = { maxSizeBytes: 64 * 1024 * 1024, maxAgeMs: 90 * 86_400_000 };
  pinned: string | undefined;
  missed = 0;

  constructor() {
    this.settings.clock.jump(START_MS);
    this.ledger = this.another();
  }

  another(over: { isOwner?: boolean; keepContent?: boolean } = {}): RequestLedger {
    const { clock, log } = this.settings;
    const place = { stateDir: this.stateDir, masterKey: KEY, keySource: "file" as const, isSettled: true };
    return new RequestLedger({
      open: () => openOwnLedger(place, clock.now(), log),
      limits: this.limits,
      keepContent: over.keepContent ?? false,
      isOwner: over.isOwner ?? true,
      pinned: () => this.pinned,
      clock,
      log,
      missed: () => void (this.missed += 1),
    });
  }

  /** A request of counts. */
  send(n: number, over: Partial<Departure> = {}): Promise<Noted> {
    return this.ledger.leaving({
      destination: "otlp_http/talos",
      method: "POST",
      url: new URL("https://talos.example.com/v1/logs?key=in-the-query"),
      body: Buffer.from(`body number ${n} `.repeat(20)),
      type: "application/x-protobuf",
      encoding: "gzip",
      records: n,
      mode: "off",
      isTeams: true,
      ...over,
    });
  }

  /** So many requests, each answered. */
  async sendAll(count: number, answer: DepartureAnswer = { status: 200, isTaken: true }): Promise<void> {
    for (let n = 1; n <= count; n += 1) (await this.send(n)).answered(answer);
    await this.ledger.close();
  }

  open(): OpenLedger {
    const opened = openLedger({ stateDir: this.stateDir, masterKey: KEY });
    if (opened === undefined) throw new Error("there is no ledger");
    return opened;
  }

  read(): LedgerRead {
    const { folder, cipher } = this.open();
    return readLedger(new LedgerReader(folder, cipher), { bodies: () => true });
  }

  dispose(): void {
    rmSync(this.stateDir, { recursive: true, force: true });
  }
}
