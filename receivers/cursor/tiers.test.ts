import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { FakeStore } from "#testkit/fake-host.ts";
import { CursorHome, type CursorVersion, type InventedConversation, uuid } from "#testkit/cursor/home.ts";
import { readOnce } from "./testkit.ts";

let home = "";
let cursor: CursorHome | undefined;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "cursor-"));
});
afterEach(() => {
  cursor?.close();
  rmSync(home, { recursive: true, force: true });
});

const T0 = Date.UTC(2026, 10, 17, 7, 20);
const conversation = (own: Partial<InventedConversation> = {}): InventedConversation => ({
  id: uuid("a"),
  folder: "/home/dev/work/acme shop",
  model: "claude-sonnet-5",
  turns: [
    { atMs: T0, prompt: "first", answer: "one" },
    { atMs: T0 + 90_000, prompt: "second", answer: "two" },
  ],
  ...own,
});

function written(version: CursorVersion, ...conversations: InventedConversation[]): CursorHome {
  cursor = new CursorHome(home, version);
  for (const each of conversations) cursor.write(each);
  return cursor;
}

const told = (store: FakeStore) =>
  store.requests
    .map(({ local, timeMs, cwd, attributes }) => ({
      key: local.request,
      at: timeMs,
      cwd,
      via: attributes.get("talos.source.via"),
      model: attributes.get("gen_ai.request.model"),
      input: attributes.get("gen_ai.usage.input_tokens"),
      output: attributes.get("gen_ai.usage.output_tokens"),
    }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));

it.each(["headers", "composers"] as const)(
  "gives each request once, from the best source (%s)",
  async (version) => {
    written(version, conversation());
    const folder = "/home/dev/work/acme shop";
    const common = {
      cwd: folder,
      via: "database",
      model: "claude-sonnet-5",
      input: undefined,
      output: undefined,
    };
    const store = await readOnce(home);
    expect(told(store)).toEqual([
      { ...common, key: `${uuid("a")}:0`, at: T0 },
      { ...common, key: `${uuid("a")}:1`, at: T0 + 90_000 },
    ]);
    expect(store.prompts).toHaveLength(2);
    expect(store.open).toBe(0);
  },
);
