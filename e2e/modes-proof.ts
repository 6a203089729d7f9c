import { randomInt } from "node:crypto";
import type { Mode } from "#proto/egress.ts";
import { isPermitted, Planted, type Way, waysOf } from "../collector/proof/canaries.ts";
import { NeedleIndex } from "../collector/proof/search.ts";
import { writeHome } from "../collector/proof/session.ts";
import { Random } from "../processors/redaction/corpus/random.ts";
import { TOKENS } from "../processors/redaction/corpus/tokens.ts";

/** Longer than all lines of the invented session take: it begins that long before the moment that it is written for. */
const SESSION_MS = 10 * 60_000;

/** Where something was seen. */
type Place = "wire" | "Anthropic" | "Ollama" | "D1" | "R2" | "a file" | "an opened file" | "a terminal";

/** Whatever goes these ways has to be seen in each of these places: otherwise nothing is proved. */
const PLACES: Readonly<Partial<Record<Way, readonly Place[]>>> = {
  records: ["wire", "R2"],
  categorize: ["wire", "Anthropic"],
  model: ["Ollama"],
};

interface Seen {
  place: Place;
  way: Way;
  /** For a message. */
  name: string;
  bytes: Buffer;
}

/** What is planted on one machine for each mode, and what of it was seen where. */
export class ModesProof {
  readonly #planted = new Map<Mode, Planted>();
  readonly #seen: Seen[] = [];

  /** Writes a Claude Code home whose newest session was written after now. Returns how many prompts it has. */
  plant(mode: Mode, home: string): number {
    const planted = new Planted();
    this.#planted.set(mode, planted);
    const random = new Random(randomInt(2 ** 31));
    const secrets = Object.entries(TOKENS).map(([kind, make]) => ({ kind, value: make(random) }));
    return writeHome(home, planted, { secrets, nowMs: Date.now() + SESSION_MS }).prompts;
  }

  see(place: Place, way: Way, name: string, ...parts: (string | Buffer)[]): void {
    const bytes = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
    this.#seen.push({ place, way, name, bytes });
  }

  /** What was seen and may not be, and what was to be seen and was not. */
  judge(): { leaks: string[]; missing: string[] } {
    const all = [...this.#planted].flatMap(([mode, { all: own }]) => own.map((each) => ({ ...each, mode })));
    const byNeedle = new Map(all.map((each) => [each.needle, each]));
    const index = new NeedleIndex(byNeedle.keys());
    const leaks = new Set<string>();
    const found = new Set<string>();
    for (const { place, way, name, bytes } of this.#seen) {
      for (const needle of index.findAnywhereIn(bytes)) {
        found.add(`${place} ${way} ${needle}`);
        const canary = byNeedle.get(needle);
        if (canary === undefined || isPermitted(canary.kind, way, canary.mode)) continue;
        leaks.add(`${canary.mode}: ${canary.what} in ${place}, ${name}`);
      }
    }
    const missing = all.flatMap(({ kind, mode, needle, what }) =>
      waysOf(kind, mode).flatMap((way) =>
        (PLACES[way] ?? [])
          .filter((place) => !found.has(`${place} ${way} ${needle}`))
          .map((place) => `${mode}: ${what} in ${place}`),
      ),
    );
    return { leaks: [...leaks], missing: [...new Set(missing)] };
  }
}
