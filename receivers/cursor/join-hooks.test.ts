import { expect, it } from "vitest";
import { joinHooks } from "./join-hooks.ts";
import { join } from "./join.ts";
import type { DatabaseTurn, HookTurn, TranscriptTurn } from "./turn.ts";

const HOUR = 3_600_000;

/** A turn that took a minute; a fraction of an hour is 0.1. */
const told = (hour: number, more: Partial<TranscriptTurn> = {}): TranscriptTurn => ({
  from: hour * 100,
  to: hour * 100 + 10,
  earliestMs: hour * HOUR,
  latestMs: hour * HOUR + 59_999,
  isDated: true,
  lastMs: hour * HOUR + 60_000,
  answered: true,
  ended: true,
  ...more,
});
const stored = (hour: number, generation = ""): DatabaseTurn => ({
  asked: "k",
  answers: ["a"],
  generation,
  startMs: hour * HOUR,
  lastMs: hour * HOUR + 60_000,
  model: "",
  input: -1,
  output: -1,
});
const hook = (hour: number, more: Partial<HookTurn> = {}): HookTurn => ({
  conversation: "c",
  generation: `g${hour}`,
  key: "",
  endMs: hour * HOUR + 61_000,
  isOver: true,
  isAnswered: true,
  model: "",
  version: "",
  input: 1,
  output: 1,
  cacheRead: -1,
  cacheWrite: -1,
  transcriptBytes: -1,
  cwd: "",
  countedBy: "stop",
  place: -1,
  emitted: { input: 0, output: 0 },
  ...more,
});

interface Case {
  what: string;
  transcript?: TranscriptTurn[];
  database?: DatabaseTurn[];
  hooks: HookTurn[];
  next?: number;
  done?: number[];
  bare?: number[];
  joined: string[];
}

const undated = { isDated: false };

it.each<Case>([
  { what: "hooks alone", hooks: [hook(1), hook(2)], joined: ["0 h1", "1 h2"] },
  {
    what: "ids that are equal",
    database: [stored(1, "g1"), stored(2, "g2")],
    hooks: [hook(2, { endMs: 9 * HOUR }), hook(1, { endMs: 9 * HOUR })],
    joined: ["0 d h1", "1 d h2"],
  },
  {
    what: "ids that differ, whatever the times say",
    database: [stored(1, "other")],
    hooks: [hook(1)],
    joined: ["0 d", "1 h1"],
  },
  {
    what: "how long the transcript was",
    transcript: [told(1, undated), told(2, undated), told(3, undated)],
    hooks: [hook(2, { transcriptBytes: 210, endMs: HOUR })],
    joined: ["0 t", "1 t h2", "2 t"],
  },
  {
    what: "a transcript of which the last lines came later",
    transcript: [told(1, undated), told(2, undated)],
    hooks: [hook(1, { transcriptBytes: 105 }), hook(2, { transcriptBytes: 205 })],
    joined: ["0 t h1", "1 t h2"],
  },
  {
    what: "a transcript of which all lines of the turn came later",
    transcript: [told(1), told(2)],
    hooks: [hook(1, { transcriptBytes: 0 }), hook(2, { transcriptBytes: 110 })],
    joined: ["0 t h1", "1 t h2"],
  },
  {
    what: "times",
    database: [stored(1), stored(2), stored(3)],
    hooks: [hook(1), hook(3)],
    joined: ["0 d h1", "1 d", "2 d h3"],
  },
  {
    what: "hooks that were installed later",
    transcript: [told(1), told(2), told(3)],
    hooks: [hook(3)],
    joined: ["0 t", "1 t", "2 t h3"],
  },
  {
    what: "order, from the end",
    transcript: [told(1, undated), told(2, undated), told(3, undated)],
    hooks: [hook(7), hook(8)],
    joined: ["0 t", "1 t h7", "2 t h8"],
  },
  {
    what: "a turn that the others do not tell of yet",
    transcript: [told(1)],
    database: [stored(1, "g1")],
    hooks: [hook(1), hook(2)],
    joined: ["0 td h1", "1 h2"],
  },
  {
    what: "a turn that was taken back",
    database: [stored(1, "g1"), stored(3, "g3")],
    hooks: [hook(1), hook(2), hook(3)],
    joined: ["0 d h1", "1 h2", "2 d h3"],
  },
  {
    what: "the same, once it went out",
    database: [stored(1, "g1"), stored(3, "g3")],
    hooks: [hook(1, { place: 0 }), hook(2, { place: 1 }), hook(3, { place: 2 })],
    next: 3,
    joined: ["0 d h1", "1 h2", "2 d h3"],
  },
  {
    what: "a hook that comes too late to be put between what went out",
    database: [stored(1, "g1"), stored(3, "g3")],
    hooks: [hook(2)],
    done: [0, 1],
    joined: ["0 d", "1 d", "2 h2"],
  },
  {
    what: "a place that a hook was given before more was known",
    database: [stored(1, "g1"), stored(2, "g2")],
    hooks: [hook(2, { place: 0 })],
    next: 1,
    joined: ["0 d h2", "1 d"],
  },
  {
    what: "hooks of which only the places are known",
    hooks: [hook(9)],
    next: 3,
    joined: ["3 h9"],
  },
  {
    what: "nothing of a turn whose hook is known no more",
    transcript: [told(1), told(2)],
    hooks: [hook(3)],
    next: 2,
    joined: ["0 t", "1 t", "2 h3"],
  },
  {
    what: "nothing of a turn at the place of an older hook, though the ids are equal",
    database: [stored(9, "g9")],
    hooks: [hook(9)],
    next: 3,
    joined: ["0 d", "3 h9"],
  },
  {
    what: "a hook that was written down after a later one",
    database: [stored(1, "g1"), stored(2, "g2")],
    hooks: [hook(1), hook(2, { place: 1 })],
    next: 2,
    done: [0, 1],
    bare: [0],
    joined: ["0 d h1", "1 d h2"],
  },
])("says by $what", ({ transcript = [], database = [], hooks, next = 0, done = [], bare = [], joined }) => {
  const turns = joinHooks(join(transcript, database), {
    hooks,
    next,
    isDone: (n) => done.includes(n),
    isBare: (n) => bare.includes(n),
  });
  const text = turns.map((turn) => {
    const sources = `${turn.transcript ? "t" : ""}${turn.database ? "d" : ""}`;
    const hooked = turn.hook === undefined ? "" : `h${turn.hook.generation.slice(1)}`;
    return [turn.ordinal, sources, hooked].filter((part) => part !== "").join(" ");
  });
  expect(text).toEqual(joined);
});

it("is sure of ids, and guesses by times", () => {
  const turns = joinHooks(join([], [stored(1, "g1"), stored(2)]), {
    hooks: [hook(1), hook(2)],
    next: 0,
    isDone: () => true,
    isBare: () => true,
  });
  expect(turns.map(({ isGuessed }) => isGuessed)).toEqual([undefined, true]);
});
