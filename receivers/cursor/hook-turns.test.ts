import { expect, it } from "vitest";
import { FakeHost } from "#testkit/fake-host.ts";
import { countsOf, HookTurns } from "./hook-turns.ts";
import { HookEvent } from "./hooks/event.ts";

const event = (own: Record<string, unknown> = {}) =>
  HookEvent.parse({
    v: 1,
    at: 1_000,
    event: "stop",
    conversation: "c",
    generation: "g",
    status: "completed",
    ...own,
  });
const all = { input: 23_666, output: 5, cacheRead: 23_617, cacheWrite: 47 };
const none = { input: -1, output: -1, cacheRead: -1, cacheWrite: -1, isExclusive: false };

it.each([
  { what: "all input, as Cursor says it", given: all, counts: { ...all, isExclusive: false } },
  {
    what: "what is left beside the cached, as some version may",
    given: { input: 2, output: 5, cacheRead: 100, cacheWrite: 7 },
    counts: { input: 109, output: 5, cacheRead: 100, cacheWrite: 7, isExclusive: true },
  },
  {
    what: "without a cache",
    given: { input: 9, output: 5 },
    counts: { ...none, input: 9, output: 5 },
  },
  { what: "output alone", given: { output: 5, cacheRead: 4 }, counts: { ...none, output: 5 } },
  { what: "zeros, of a turn that was ended", given: { input: 0, output: 0 }, counts: none },
  { what: "nothing", given: {}, counts: none },
  { what: "more than can be", given: { input: 999_999_999, output: 5 }, counts: none },
])("takes counts: $what", ({ given, counts }) => {
  expect(countsOf(event(given))).toEqual(counts);
});

const answer = (own: Record<string, unknown>) => event({ event: "afterAgentResponse", ...own });

it.each([
  {
    what: "two hooks of one event",
    events: [event(all), event(all)],
    input: 23_666,
    kinds: ["news", "known"],
  },
  {
    what: "an answer before the end",
    events: [answer({ input: 50, output: 1 }), event({ input: 40, output: 9, at: 2_000 })],
    input: 40,
    kinds: ["news", "news"],
  },
  {
    what: "an answer told after the end",
    events: [event({ input: 40, output: 9 }), answer({ input: 50, output: 1, at: 2_000 })],
    input: 40,
    kinds: ["news", "known"],
  },
  {
    what: "an end without counts",
    events: [answer({ input: 50, output: 1 }), event({ status: "aborted", input: 0, output: 0 })],
    input: 50,
    kinds: ["news", "news"],
  },
  {
    what: "several answers",
    events: [answer({ input: 50, output: 1 }), answer({ input: 70, output: 2 }), answer({ input: 60 })],
    input: 70,
    kinds: ["news", "news", "known"],
  },
])("counts a turn once: $what", ({ events, input, kinds }) => {
  const turns = new HookTurns(new FakeHost());
  expect(events.map((each) => turns.add(each, "").kind)).toEqual(kinds);
  expect(turns.of("c").map((turn) => turn.input)).toEqual([input]);
});

it("counts a turn in the conversation alone that told of it first", () => {
  const turns = new HookTurns(new FakeHost());
  turns.add(event(all), "");
  expect(turns.add(event({ ...all, conversation: "parent" }), "").kind).toBe("taken");
  expect([turns.of("c").length, turns.of("parent").length]).toEqual([1, 0]);
});

it("knows the places of what was stored, in another run and when the lines are gone", () => {
  const host = new FakeHost();
  const store = (turns: HookTurns) => turns.takePositions(host.store.positions);
  const first = new HookTurns(host);
  for (const n of [0, 1]) {
    const told = first.add(event({ ...all, generation: `g${n}`, at: 1_000 + n }), "");
    if (told.kind !== "taken") first.placed(told.turn, n + 4);
  }
  store(first);
  const second = new HookTurns(host);
  second.add(event({ ...all, generation: "g0" }), "");
  second.add(event({ ...all, generation: "g2" }), "");
  expect(second.of("c").map(({ place, emitted }) => [place, emitted.input])).toEqual([
    [4, 23_666],
    [-1, 0],
  ]);
  expect(second.nextOf("c")).toBe(6);
  for (const turn of first.of("c")) first.forget(turn, true);
  store(first);
  host.store.positions.forEach((position, key) => position === null && host.store.positions.delete(key));
  const third = new HookTurns(host);
  third.add(event({ ...all, generation: "g1" }), "");
  expect([third.of("c")[0]?.place, third.nextOf("c"), host.store.positions.size]).toEqual([5, 6, 1]);
});
