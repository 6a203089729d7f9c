import { expect, it } from "vitest";
import { FakeClock } from "#testkit/fakes.ts";
import { Ledger } from "./ledger.ts";
import type { Position } from "#component/unit.ts";
import { FileTable } from "#tail/file-table.ts";
import { type FileContext, noContext } from "./segment.ts";
import type { Piece } from "./piece.ts";
import { FakeHost } from "#testkit/fake-host.ts";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const NOW = Date.UTC(2026, 9, 5);

function piece(over: Partial<Piece> = {}): Piece {
  const numbers = {
    input: 1,
    output: 2,
    cacheWrite: -1,
    cacheRead: -1,
    write5m: -1,
    write1h: -1,
    webSearch: -1,
  };
  const texts = { model: "m", tier: "", geo: "", speed: "", iterations: "", session: "s", turn: "", cwd: "" };
  const flags = { stop: true, followed: false, copied: false, nested: false, subagent: false };
  const place = { timeMs: NOW, lastTimeMs: NOW, from: 0, to: 10 };
  return { key: "msg_1", version: "", searches: "", ...numbers, ...texts, ...flags, ...place, ...over };
}

/** A file on the disk as the table keeps it. */
function inFolder(run: (dir: string, table: FileTable<FileContext>) => void): void {
  const dir = mkdtempSync(path.join(tmpdir(), "ledger-"));
  try {
    writeFileSync(path.join(dir, "a.jsonl"), "x\n");
    run(dir, new FileTable(new FakeHost(), noContext));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

it("ends an open request in time when the clock jumps back a day", () => {
  inFolder((dir, table) => {
    const file = table.look(path.join(dir, "a.jsonl"), "beginning")?.file;
    const clock = new FakeClock(NOW);
    let now = () => clock.now();
    const emitted: string[] = [];
    const ledger = new Ledger({
      finalDelayMs: 2_000,
      idleTimeoutMs: 30_000,
      sinceMs: 0,
      text: () => undefined,
      now: () => now(),
      emit: ({ local }) => emitted.push(local.request),
      drop: () => {},
      count: () => {},
    });
    if (file !== undefined) ledger.request(piece(), file);
    now = () => NOW - 86_400_000;
    ledger.expire();
    expect(emitted).toEqual([]);
    expect((ledger.nextDeadline() ?? 0) - now()).toBeLessThanOrEqual(2_000);
    now = () => NOW - 86_400_000 + 2_000;
    ledger.expire();
    expect(emitted).toEqual(["msg_1"]);
  });
});

it("forgets a file whose path leads to another one now", () => {
  inFolder((dir, table) => {
    const at = path.join(dir, "a.jsonl");
    table.look(at, "beginning");
    writeFileSync(path.join(dir, "new"), "y\n");
    renameSync(path.join(dir, "new"), at);
    table.look(at, "beginning");
    expect(table.size).toBe(2);
    for (const minutes of [0, 11]) table.missing(new Set([at]), NOW + minutes * 60_000);
    expect(table.size).toBe(1);
    const positions = new Map<string, Position | null>();
    table.takeChanged(positions);
    expect([...positions.values()].filter((position) => position === null)).toHaveLength(1);
  });
});
