import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { StateError } from "#state/errors.ts";
import { writeExclusions } from "./exclusions.ts";
import { labelled, never, prompt, TextStage } from "./testkit.ts";

let stage: TextStage;
beforeEach(() => {
  stage = new TextStage();
});
afterEach(() => stage.dispose());

/** A prompt waits for its text to be read, at every destination. */
async function waits(): Promise<void> {
  stage.answer = never;
  await stage.open();
  await stage.emit(prompt("a"));
  await stage.until(() => stage.waiting("text:logs") === 1);
}

it.each<{ name: string; change: () => void }>([
  { name: "whose mode becomes off", change: () => (stage.configured = "off") },
  { name: "that is renamed", change: () => (stage.pipelines = stage.pipelines.replace("logs", "logs/new")) },
])("a text waits in a pipeline $name: its prompt goes without it, once", async ({ change }) => {
  await waits();
  change();
  await stage.service.reload(stage.plan());
  await stage.until(() => stage.sent().length === 1 && stage.sent("talos.prompt", "sink/two").length === 1);
  expect(stage.categories()).toEqual([undefined]);
  await stage.settled();
  await stage.emit(prompt("a"));
  expect(stage.sent()).toHaveLength(1);
});

it("the same at the next start", async () => {
  await waits();
  await stage.close();
  stage.configured = "off";
  await stage.open();
  await stage.until(() => stage.sent().length === 1);
  await stage.settled();
  expect(stage.categories()).toEqual([undefined]);
});

it("a destination that is gone when a text was read gets nothing, and a new one only what comes then", async () => {
  stage.pipelines = "logs: { receivers: [src], processors: [categorize], exporters: [sink] }";
  await waits();
  stage.pipelines = "logs: { receivers: [src], processors: [categorize], exporters: [sink/two] }";
  await stage.service.reload(stage.plan());
  stage.answer = labelled;
  stage.service.modesChanged();
  await stage.emit(prompt("b"));
  await stage.until(() => stage.sent("talos.prompt", "sink/two").length === 1);
  await stage.settled();
  expect(stage.sent("talos.prompt", "sink/two")).toHaveLength(1);
});

it.each<{ name: string; change: () => Promise<void> | void }>([
  {
    name: "by time alone",
    change: () => void (stage.inForce = { ...stage.inForce, mode: "off" }),
  },
  {
    name: "in the configuration",
    async change() {
      stage.configured = "off";
      await stage.service.reload(stage.plan());
    },
  },
  {
    name: "between two runs",
    async change() {
      await stage.close();
      stage.inForce = { ...stage.inForce, mode: "off" };
      await stage.open();
    },
  },
  {
    name: "in the configuration between two runs",
    async change() {
      await stage.close();
      stage.configured = "off";
      await stage.open();
    },
  },
])(
  "a category waits for its destination while the mode becomes stricter $name: the prompt goes without it",
  async ({ change }) => {
    stage.down.add("sink");
    await stage.open();
    await stage.emit(prompt("a"));
    await stage.until(() => stage.waiting("sink:text") === 1);
    await change();
    stage.down.clear();
    await stage.until(() => stage.sent().length === 1);
    expect(stage.categories()).toEqual([undefined]);
    await stage.settled();
  },
);

it("a destination of two pipelines gets of both what the stricter one lets out, and every prompt", async () => {
  stage.pipelines = `logs: { receivers: [src], processors: [categorize], exporters: [sink, sink/two] }, logs/off: { receivers: [src/more], processors: [categorize/off], exporters: [sink] }`;
  await stage.open();
  await stage.emit(prompt("a"));
  await stage.until(() => stage.sent().length === 1 && stage.sent("talos.prompt", "sink/two").length === 1);
  expect([stage.categories(), stage.categories("sink/two")]).toEqual([[undefined], ["bugfix"]]);
  await stage.settled();
});

it("a text that breaks its reader again and again goes without, and holds up no other", async () => {
  stage.answer = (each) => {
    if (each.local.request === "bad") throw new Error("a defect");
    return labelled(each);
  };
  await stage.open();
  await stage.emit(prompt("bad"), prompt("good"));
  await stage.until(() => stage.sent().length === 2);
  expect(stage.categories()).toEqual([undefined, "bugfix"]);
  expect(stage.balanceOf("sink:text")?.skipped["failed"]).toBe(1);
  await stage.settled();
});

it("a text that the contract does not let out goes without, and its prompt is not lost", async () => {
  stage.inForce = { ...stage.inForce, mode: "full" };
  stage.answer = (each) => ({ kind: "done", record: { ...each, body: "x".repeat(20_000_000) } });
  await stage.open();
  await stage.emit(prompt("a"));
  await stage.until(() => stage.sent().length === 1);
  expect(stage.sent()[0]?.body).toBeUndefined();
  await stage.settled();
});

it("more text than may wait goes without, counted with its reason", async () => {
  stage.answer = never;
  await stage.open();
  const body = "x".repeat(12 * 1024 * 1024);
  for (const name of ["a", "b", "c", "d"]) await stage.emit(prompt(name, { body }));
  await stage.until(() => stage.sent().length === 1);
  expect(stage.waiting("text:logs")).toBe(3);
  expect(stage.balanceOf("text:logs")?.skipped["no_room"]).toBe(1);
  expect(stage.service.store.balance().balanced).toBe(true);
});

it("the text of a folder that is excluded while it waits is read by nobody", async () => {
  stage.answer = never;
  await stage.open();
  await stage.emit(prompt("a", { cwd: "/srv/secret/app" }), prompt("b", { cwd: "/srv/open" }));
  await stage.until(() => stage.waiting("text:logs") === 2);
  writeExclusions(stage.dir, ["/srv/secret"]);
  stage.answer = labelled;
  stage.service.modesChanged();
  await stage.until(() => stage.sent().length === 2);
  expect(stage.categories()).toEqual([undefined, "bugfix"]);
});

it.each<{ name: string; mode: "categorize_local" | "off"; category: string | undefined }>([
  { name: "read again", mode: "categorize_local", category: "bugfix" },
  { name: "sent without, where none may be read by then", mode: "off", category: undefined },
])("the key is lost while texts wait: each is $name, once", async ({ mode, category }) => {
  stage.keySource = "memory";
  await waits();
  await stage.close();
  stage.answer = labelled;
  stage.inForce = { ...stage.inForce, mode };
  await stage.open();
  await stage.emit(prompt("a"));
  await stage.emit(prompt("a"));
  await stage.until(() => stage.sent().length === 1);
  await stage.settled();
  expect([stage.categories(), stage.categories("sink/two")]).toEqual([[category], [category]]);
  await stage.close();
  await stage.open();
  await stage.emit(prompt("a"));
  await stage.settled();
  expect(stage.sent()).toHaveLength(1);
});

it.each<{ name: string; off: boolean }>([
  { name: "its pipeline reads none any more", off: true },
  { name: "its text cannot be read again", off: false },
])("the key is lost and $name: the prompt goes without", async ({ off }) => {
  stage.keySource = "memory";
  await waits();
  await stage.close();
  stage.answer = labelled;
  if (off) stage.configured = "off";
  await stage.open();
  const again = prompt("a");
  delete again.body;
  await stage.emit(again);
  await stage.until(() => stage.sent().length === 1);
  await stage.settled();
  expect(stage.categories()).toEqual([undefined]);
});

it("the key is lost while categories wait for one of two destinations: that one gets it, once", async () => {
  stage.keySource = "memory";
  stage.down.add("sink");
  await stage.open();
  await stage.emit(prompt("a"));
  await stage.until(
    () => stage.waiting("sink:text") === 1 && stage.sent("talos.prompt", "sink/two").length === 1,
  );
  await stage.until(() => stage.waiting("sink/two:text") === 0);
  await stage.close();
  stage.down.clear();
  await stage.open();
  await stage.emit(prompt("a"));
  await stage.until(() => stage.sent().length === 1);
  await stage.settled();
  expect([stage.categories(), stage.categories("sink/two")]).toEqual([["bugfix"], ["bugfix"]]);
});

it("is not done with a run while a text waits", async () => {
  await waits();
  expect(await stage.service.drain(AbortSignal.timeout(1_000))).toBe(false);
});

it("a full disk while texts are to be taken out: none is sent before, and the prompt goes on afterwards", async () => {
  stage.down.add("sink");
  await stage.open();
  await stage.emit(prompt("a"));
  await stage.until(() => stage.waiting("sink:text") === 1);
  const { store } = stage.service;
  const demote = vi.spyOn(store, "demote").mockImplementation(() => {
    throw new StateError("disk_full", "full");
  });
  stage.inForce = { ...stage.inForce, mode: "off" };
  stage.service.modesChanged();
  stage.down.clear();
  await stage.until(() => demote.mock.calls.length > 1);
  expect([stage.waiting("sink:text"), stage.sent().length]).toEqual([1, 0]);
  demote.mockRestore();
  await stage.until(() => stage.sent().length === 1);
  expect(stage.categories()).toEqual([undefined]);
  await stage.settled();
});

it("a full disk while what came of a text is stored: it waits on, and is sent once", async () => {
  await stage.open();
  const { store } = stage.service;
  const write = store.commit.bind(store);
  const commit = vi.spyOn(store, "commit").mockImplementation((given) => {
    if (given.settled !== undefined) throw new StateError("disk_full", "full");
    write(given);
  });
  await stage.emit(prompt("a"));
  await stage.until(() => commit.mock.calls.some(([{ settled }]) => settled !== undefined));
  expect([stage.waiting("text:logs"), store.balance().balanced]).toEqual([1, true]);
  commit.mockRestore();
  await stage.until(() => stage.sent().length === 1);
  expect(stage.categories()).toEqual(["bugfix"]);
  await stage.settled();
});
