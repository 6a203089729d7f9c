import { expect, it } from "vitest";
import { join } from "./join.ts";
import type { DatabaseTurn, TranscriptTurn } from "./turn.ts";

const HOUR = 3_600_000;
const told = (hour: number, isDated = true): TranscriptTurn => ({
  from: 0,
  to: 1,
  earliestMs: hour * HOUR,
  latestMs: hour * HOUR + 59_999,
  isDated,
  lastMs: hour * HOUR,
  answered: true,
  ended: true,
});
const stored = (hour: number): DatabaseTurn => ({
  asked: "k",
  answers: ["a"],
  generation: "",
  startMs: hour * HOUR,
  lastMs: hour * HOUR,
  model: "",
  input: -1,
  output: -1,
});

it.each([
  { what: "both tell the same", transcript: [1, 2], database: [1, 2], joined: ["0 td", "1 td"] },
  { what: "the database alone", transcript: [], database: [1, 2], joined: ["0 d", "1 d"] },
  { what: "the transcript alone", transcript: [1, 2], database: [], joined: ["0 t", "1 t"] },
  { what: "the database is behind", transcript: [1, 2], database: [1], joined: ["0 td", "1 t"] },
  { what: "the transcript is behind", transcript: [1], database: [1, 2], joined: ["0 td", "1 d"] },
  { what: "one was taken back", transcript: [1, 2, 3], database: [1, 3], joined: ["0 td", "1 t", "2 td"] },
  { what: "the transcript began late", transcript: [3], database: [1, 2, 3], joined: ["0 d", "1 d", "2 td"] },
  { what: "it waited to be worked on", transcript: [1, 2.1], database: [1, 2], joined: ["0 td", "1 td"] },
])("$what: $joined", ({ transcript, database, joined }) => {
  const turns = join(
    transcript.map((hour) => told(hour)),
    database.map((hour) => stored(hour)),
  );
  expect(
    turns.map((turn) => `${turn.ordinal} ${turn.transcript ? "t" : ""}${turn.database ? "d" : ""}`),
  ).toEqual(joined);
});

it("does not believe the times of a file that may be a copy", () => {
  const turns = join([told(9, false)], [stored(1), stored(2)]);
  expect(turns.map(({ transcript }) => transcript !== undefined)).toEqual([true, false]);
});
