import type { Component, ReceiverHost, Settings } from "#component/component.ts";
import { FileTable, type Look } from "#tail/file-table.ts";
import { aborted, Following } from "#tail/following.ts";
import { Outgoing } from "#tail/outgoing.ts";
import type { ClaudeCodeConfig } from "./config.ts";
import { Ledger } from "./ledger.ts";
import { Reading } from "./reading.ts";
import { selectionOf } from "./roots.ts";
import { type FileContext, noContext } from "./segment.ts";

const SCOPE = { name: "talos.receiver.claude_code", version: "0.1.0" };
const NONE_FOUND =
  "no transcripts found yet: is Claude Code used on this machine, and does `include` name its folder?";

export class ClaudeCodeReceiver implements Component {
  readonly #host: ReceiverHost;
  readonly #ledger: Ledger;
  readonly #outgoing: Outgoing;
  readonly #reading: Reading;
  readonly #following: Following<FileContext>;

  constructor(settings: Settings, config: ClaudeCodeConfig, host: ReceiverHost) {
    const { clock, log, platform } = settings;
    this.#host = host;
    const files = new FileTable(host, noContext);
    const outgoing = new Outgoing({
      host,
      clock,
      log,
      takePositions: (into) => files.takeChanged(into),
      scope: SCOPE,
      open: () => this.#ledger.open,
    });
    this.#outgoing = outgoing;
    this.#ledger = new Ledger({
      finalDelayMs: config.final_delay,
      idleTimeoutMs: config.idle_timeout,
      sinceMs: config.start_at === "end" ? host.firstStartMs : 0,
      text: () => host.text?.(),
      now: () => clock.now(),
      emit: (record) => outgoing.emit(record),
      drop: (reason) => outgoing.drop(reason),
      count: (name) => outgoing.count(name),
    });
    this.#reading = new Reading({
      host,
      clock,
      log,
      config,
      files,
      ledger: this.#ledger,
      outgoing,
      isStopped: () => this.#following.isStopped,
      lag: (bytes) => settings.gauge?.("lag_bytes", bytes),
    });
    this.#following = new Following({
      settings,
      host,
      config,
      selection: selectionOf(config, platform),
      files,
      noneFound: NONE_FOUND,
      pass: (looks) => this.#pass(looks),
      finish: () => this.#finish(),
      nextDeadline: () => this.#ledger.nextDeadline(),
    });
  }

  async start(): Promise<void> {
    this.#following.start();
  }

  /** Ends reading. What is final is stored; what is open is read again at the next start. */
  async shutdown(signal: AbortSignal): Promise<void> {
    if (this.#following.isStopped) return;
    const isComplete = this.#host.isPausing === true && (await this.#following.lastLook(signal));
    this.#following.stop();
    this.#outgoing.stop();
    await this.#reading.stop();
    await this.#following.settled(signal);
    if (signal.aborted) return;
    if (isComplete) this.#ledger.finish();
    else this.#ledger.expire();
    await Promise.race([this.#outgoing.flush(), aborted(signal)]);
  }

  async #pass(looks: Look<FileContext>[]): Promise<void> {
    await this.#reading.readAll(looks);
    if (this.#following.isStopped) return;
    this.#ledger.expire();
    await this.#outgoing.flush();
  }

  async #finish(): Promise<void> {
    this.#ledger.finish(true);
    await this.#outgoing.flush();
  }
}
