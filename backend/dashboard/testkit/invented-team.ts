import type { Measures } from "../../domain/report.ts";

/** One model answer of an invented developer. */
export interface Fact {
  day: string;
  at: number;
  session: string;
  developer: string;
  project: string;
  model: string;
  origin: "main" | "subagent" | "auxiliary";
  source: "claude_code" | "cursor";
  /** True when it answers a prompt a person typed. */
  prompted: boolean;
  partial: boolean;
  /** False where the tool recorded no tokens: `counts` are 0 then. */
  counted: boolean;
  counts: Pick<Measures, "input" | "cacheRead" | "cacheWrite5m" | "cacheWrite1h" | "output">;
}

export const TIME_ZONE = "Europe/Berlin";
export const LAST_DAY = "2026-11-24";
const DAYS = 60;

export const PEOPLE = ["Ada", "Bruno", "Chiara", "Deniz", "Emre", "Freya", "Goran"];
export const PROJECTS = [
  ["3f9a61c2", "web-shop"],
  ["b07d94e5", "payments"],
  ["61c8e3fa", ""],
  ["d4427b90", "infrastructure"],
  ["95ae0c17", ""],
  ["0c7be6d3", "mobile"],
  ["e8d15f42", ""],
  ["7a20b9c6", "docs-site"],
].map(([head = "", alias = ""]) => ({ hash: head.padEnd(64, head), alias }));

/** Picodollars per token: uncached input, cache read, write 5 min, write 1 h, output. Absent: no known price. */
export const PRICES: Record<string, [bigint, bigint, bigint, bigint, bigint] | undefined> = {
  "claude-opus-4-5": [5_000_000n, 500_000n, 6_250_000n, 10_000_000n, 25_000_000n],
  "claude-sonnet-4-5": [3_000_000n, 300_000n, 3_750_000n, 6_000_000n, 15_000_000n],
  "claude-haiku-4-5": [1_000_000n, 100_000n, 1_250_000n, 2_000_000n, 5_000_000n],
};

/** mulberry32: the same numbers on every machine, for ever. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Sixty days of a team of seven: quiet weekends, a busy release week, some work in Cursor, with hooks and without. */
export function inventTeam(): Fact[] {
  const random = seededRandom(20_261_124);
  const facts: Fact[] = [];
  const last = Date.parse(`${LAST_DAY}T00:00:00Z`);
  for (let back = DAYS - 1; back >= 0; back -= 1) {
    const midnight = last - back * 86_400_000;
    const weekday = new Date(midnight).getUTCDay();
    const weekend = weekday === 0 || weekday === 6;
    PEOPLE.forEach((_, person) => {
      if (random() < (weekend ? 0.86 : 0.16)) return;
      const load = (weekend ? 0.4 : 1) * (0.6 + random() * 0.9) * (back < 12 && back > 6 ? 1.5 : 1);
      const sessions = 1 + Math.floor(random() * 2.6 * load);
      for (let nth = 0; nth < sessions; nth += 1)
        facts.push(...inventSession({ random, midnight, person, nth, load }));
    });
  }
  return facts;
}

interface Seed {
  random: () => number;
  midnight: number;
  person: number;
  nth: number;
  load: number;
}

function inventSession({ random, midnight, person, nth, load }: Seed): Fact[] {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  const project = pick(PROJECTS.slice(person % 3, (person % 3) + 1 + (person % 6))).hash;
  const main = random() < 0.45 ? "claude-opus-4-5" : "claude-sonnet-4-5";
  const cursor = person % 4 === 3 && random() < 0.5;
  const day = new Date(midnight).toISOString().slice(0, 10);
  const session = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join("");
  const tool = cursor ? cursorOf(session, main) : undefined;
  let at = midnight + (7.4 + nth * 2.6 + random() * 1.5) * 3_600_000;
  let context = 14_000 + random() * 16_000;
  return Array.from({ length: Math.ceil((6 + random() * 38) * load) }, (__, index) => {
    at += 8_000 + random() * random() * 420_000;
    const written = Math.round(600 + random() * 5200);
    const origin =
      random() < 0.24 ? ("subagent" as const) : random() < 0.05 ? ("auxiliary" as const) : ("main" as const);
    const fresh = index === 0 || random() < 0.04;
    context = Math.min(170_000, context + written);
    const long = random() < 0.3;
    return {
      day,
      at: Math.round(at / 1000) * 1000,
      session,
      developer: `dev-${person}`,
      project,
      model: tool?.model ?? (origin === "main" ? main : "claude-haiku-4-5"),
      origin,
      source: cursor ? ("cursor" as const) : ("claude_code" as const),
      prompted: origin === "main" && random() < 0.22,
      partial: random() < 0.002,
      counted: true,
      counts: {
        input: Math.round(4 + random() * 340),
        cacheRead: fresh ? 0 : Math.round(context),
        cacheWrite5m: fresh ? Math.round(context) : long ? 0 : written,
        cacheWrite1h: fresh || !long ? 0 : written,
        output: Math.round(90 + random() * random() * 2900),
      },
    };
  }).map((fact) => (tool?.counted === false ? { ...fact, counted: false, counts: NO_COUNTS } : fact));
}

const NO_COUNTS = { input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0 };

/** With hooks, the model that was selected and its tokens; without them, neither is worth a price. */
function cursorOf(session: string, main: string): { model: string; counted: boolean } {
  const kinds = [
    { model: "default", counted: false },
    { model: "composer-1", counted: true },
    { model: main, counted: true },
  ];
  return kinds[Number.parseInt(session.slice(0, 2), 16) % kinds.length] ?? { model: main, counted: true };
}
