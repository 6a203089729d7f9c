import { readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import { usageOf } from "./processes.ts";
import { figure, median } from "./statistics.ts";

/** What is resident of the processes that run the Workers, looked at again and again. */
export class MemoryWatch {
  readonly #pids: number[];
  readonly #mib: number[] = [];

  constructor(pidFile: string) {
    this.#pids = os.platform() === "linux" ? workerdOf(Number(readFileSync(pidFile, "utf8"))) : [];
  }

  look(): void {
    const bytes = this.#pids.reduce((sum, pid) => sum + (usageOf(pid)?.residentBytes ?? 0), 0);
    if (this.#pids.length > 0) this.#mib.push(bytes / 2 ** 20);
  }

  /** At the start, the median, the largest, and at the end. */
  row(): string[] {
    const mib = this.#mib;
    if (mib.length === 0) return ["unknown", "", "", ""];
    return [mib[0] ?? 0, median(mib), Math.max(...mib), mib.at(-1) ?? 0].map((each) => figure(each));
  }
}

/** Of the group that the Workers were started as, those that are workerd. */
function workerdOf(group: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return Number(fields[2]) === group && /\(workerd/.test(stat);
      } catch {
        // It has ended in between.
        return false;
      }
    });
}
