import { existsSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { CursorHome, uuid } from "#testkit/cursor/home.ts";
import { writeClaudeHome } from "#testkit/corpus/home.ts";
import { record } from "#state/testing.ts";
import { Machine } from "./testing.ts";
import { dayStart, Usage } from "./usage.ts";
import { renderUsage, sparkline } from "./usage-text.ts";

const TIMEOUT_MS = 120_000;
let machine: Machine | undefined;
afterEach(() => machine?.dispose());

interface Json {
  rows: Record<string, unknown>[];
  total: Record<string, number>;
}

it(
  "finds exactly what is in the transcripts, by each view, and writes nothing",
  { timeout: TIMEOUT_MS },
  async () => {
    machine = new Machine();
    const truth = writeClaudeHome(machine.home, { bytes: 3_000_000, seed: 11 });
    for (const by of ["day", "model", "folder"]) {
      const ran = await machine.talos("usage", "--json", "--days", "3000", "--by", by);
      expect(ran).toMatchObject({ code: 0, stderr: "" });
      const { total, rows } = JSON.parse(ran.stdout) as Json;
      expect(total).toMatchObject({
        requests: truth.requests,
        prompts: truth.prompts,
        inputTokens: truth.input + truth.cacheRead + truth.cacheWrite5m + truth.cacheWrite1h,
        cacheReadTokens: truth.cacheRead,
        outputTokens: truth.output,
      });
      for (const name of ["requests", "inputTokens", "outputTokens"]) {
        expect(rows.reduce((sum, row) => sum + Number(row[name]), 0)).toBe(total[name]);
      }
    }
    expect(existsSync(machine.stateDir)).toBe(false);
  },
);

it("counts the days that were asked for and no other", { timeout: TIMEOUT_MS }, async () => {
  machine = new Machine({ startAt: "end" });
  const start = dayStart(Date.now(), 1);
  machine.request("s", { output: 1, atMs: start - 1 });
  machine.request("s", { output: 20, atMs: start });
  machine.request("s", { output: 300 });
  const { stdout } = await machine.talos("usage", "--json", "--days", "2");
  expect((JSON.parse(stdout) as Json).total).toMatchObject({ requests: 2, outputTokens: 320 });
});

it("needs no configuration, and says when there is nothing", { timeout: TIMEOUT_MS }, async () => {
  machine = new Machine();
  expect((await machine.talosAlone("usage")).stdout).toContain("Nothing was found in the last 30 days");
});

const at = (day: number, output: number, cwd: string) =>
  record(`r${day}`, {
    timeMs: new Date(2026, 9, day, 12).getTime(),
    cwd,
    attributes: new Map<string, string | number>([
      ["gen_ai.response.model", "claude-sonnet-5-5"],
      ["gen_ai.usage.input_tokens", 0],
      ["gen_ai.usage.output_tokens", output],
    ]),
  });

it("shows days without gaps, with a sparkline on a terminal", () => {
  const usage = new Usage("/home/kim");
  usage.add("a", at(8, 100_000, "/home/kim/app"));
  usage.add("b", at(11, 50_000, "/srv/\u001B[2Jx"));
  usage.add("b", at(11, 200_000, "/srv/\u001B[2Jx"));
  expect(usage.rows("day").map(({ name, sum }) => [name, sum.outputTokens])).toEqual([
    ["2026-10-08", 100_000],
    ["2026-10-09", 0],
    ["2026-10-10", 0],
    ["2026-10-11", 200_000],
  ]);
  expect(sparkline(usage)).toBe("▅▁▁█");
  const text = renderUsage(usage, { by: "folder", days: 30, live: true, color: false });
  expect(text).toMatch(/~\/app +1 +0 +0 +100K +\$1\.00/);
  expect(text).toMatch(/total .*\$3\.00/);
  expect(text).not.toContain("\u001B");
  expect(renderUsage(usage, { by: "day", days: 30, live: false, color: false })).not.toContain("▅");
});

it("says how many requests have no known price", () => {
  const usage = new Usage("/home/kim");
  const unknown = at(8, 5, "/a");
  unknown.attributes.set("gen_ai.response.model", "custom");
  usage.add("a", unknown);
  expect(renderUsage(usage, { by: "model", days: 1, live: false, color: false })).toContain(
    "1 request has no known price",
  );
});

it(
  "says what is not known of Cursor's requests, and counts none of them as 0",
  { timeout: TIMEOUT_MS },
  async () => {
    machine = new Machine();
    writeCursorHome(machine.dir);
    const { stdout } = await machine.talosAlone("usage", "--by", "model");
    expect(stdout).toMatch(/claude-sonnet-4 \(selected\) +1 +0 +1\.2K +80 +not known\n/);
    expect(stdout).toMatch(/default \(selected\) +1 +0 +not known +not known +not known\n/);
    expect(stdout).toMatch(/total +2 +2 +1\.2K +80 +not known\n/);
    expect(stdout).toContain("1 of 2 requests is without token counts");
    expect(stdout).toContain("talos cursor-hooks install");
    const { rows } = JSON.parse((await machine.talosAlone("usage", "--by", "tool", "--json")).stdout) as Json;
    expect(rows).toMatchObject([
      { tool: "cursor", requests: 2, uncounted: 1, unsplit: 1, cacheReadTokens: null, listValueUsd: null },
    ]);
  },
);

/** Of two requests, one has counts, as older versions wrote them. */
function writeCursorHome(dir: string): void {
  const home = new CursorHome(dir);
  const turn = { atMs: Date.now() - 60_000, prompt: "Do it.", answer: "Done." };
  const tokens = { input: 1_200, output: 80 };
  const folder = "/srv/work";
  home.write({ id: uuid("counted"), folder, model: "claude-4-sonnet", turns: [{ ...turn, tokens }] });
  home.write({ id: uuid("not"), folder, model: "default", turns: [turn] });
  home.close();
}
