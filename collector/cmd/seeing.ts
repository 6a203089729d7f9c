import type { Logger } from "#component/component.ts";
import { VERSION } from "#config/version.ts";
import { ControlServer } from "../service/control.ts";
import { RecentLines } from "../service/recent.ts";
import { systemPlatform } from "../service/system.ts";
import { Taps } from "../service/taps.ts";

/** What `talos top`, `tap` and `support-bundle` may ask of a running collector. */
export class Seeing {
  readonly taps: Taps;
  /** Writes as the given one does, and remembers the last lines in memory. */
  readonly log: Logger;
  readonly #recent = new RecentLines(Date.now);
  #control: ControlServer | undefined;

  constructor(log: Logger, taps: Taps = new Taps()) {
    this.taps = taps;
    this.log = this.#recent.around(log);
  }

  /** While this process holds the state folder's lock. */
  async start(dir: string, ledgerKey: () => string | undefined = () => undefined): Promise<void> {
    const { os } = systemPlatform();
    const { taps, log } = this;
    const recent = this.#recent;
    this.#control = await ControlServer.open({ dir, os, version: VERSION, taps, recent, log, ledgerKey });
  }

  async stop(): Promise<void> {
    await this.#control?.close();
  }
}
