import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readExport } from "./audit/read-export.ts";
import { madeExport } from "./audit/testing.ts";
import { verify } from "./audit/verify.ts";
import { Machine } from "./testing.ts";

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "talos-audit-"));
  file = path.join(dir, "trail.ndjson");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const write = (lines: readonly string[]) => writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
async function problemsOf(lines: readonly string[], wanted?: string) {
  write(lines);
  const { problems } = verify(await readExport(file), wanted);
  return problems.map(({ kind, seq, until }) =>
    [kind, seq, until === seq ? undefined : until].filter((part) => part !== undefined).join(" "),
  );
}

describe("an export", () => {
  it.each([
    [10, 0],
    [10, 500],
    [0, 0],
    [0, 500],
  ])("of %i entries behind entry %i is intact as it was made", async (count, after) => {
    const { lines, fingerprint } = madeExport(count, { after });
    expect(await problemsOf(lines, fingerprint)).toEqual([]);
  });

  const edit = (line: string, change: Record<string, unknown>) =>
    JSON.stringify({ ...(JSON.parse(line) as object), ...change });
  const changes: [string, (lines: string[]) => string[], string[]][] = [
    ["a time", (l) => l.with(5, edit(l[5] ?? "", { at: 1 })), ["changed 5"]],
    ["an actor's kind", (l) => l.with(5, edit(l[5] ?? "", { actorKind: "agent" })), ["changed 5"]],
    ["an actor", (l) => l.with(5, edit(l[5] ?? "", { actorId: "mem_x" })), ["changed 5"]],
    ["a name", (l) => l.with(5, edit(l[5] ?? "", { actorLabel: "Mallory" })), ["changed 5"]],
    ["an action", (l) => l.with(5, edit(l[5] ?? "", { action: "sign_in" })), ["changed 5"]],
    ["a target", (l) => l.with(5, edit(l[5] ?? "", { target: "x" })), ["changed 5"]],
    ["metadata", (l) => l.with(5, edit(l[5] ?? "", { metadata: "{}" })), ["changed 5"]],
    ["a hash", (l) => l.with(5, edit(l[5] ?? "", { hash: "0".repeat(64) })), ["changed 5", "changed 6"]],
    [
      "two entries",
      (l) => l.with(2, edit(l[2] ?? "", { at: 1 })).with(9, edit(l[9] ?? "", { at: 1 })),
      ["changed 2", "changed 9"],
    ],
    ["one removed", (l) => l.toSpliced(5, 1), ["removed 5"]],
    ["the first removed", (l) => l.toSpliced(1, 1), ["removed 1"]],
    ["the last removed", (l) => l.toSpliced(10, 1), ["removed 10"]],
    ["three removed", (l) => l.toSpliced(5, 3), ["removed 5 7"]],
    [
      "one removed and the rest numbered anew",
      (l) => renumbered(l.toSpliced(5, 1), 5),
      ["changed 5", "changed 6", "changed 7", "changed 8", "changed 9", "removed 10"],
    ],
    ["two exchanged", (l) => l.with(5, l[6] ?? "").with(6, l[5] ?? ""), ["moved 5"]],
    [
      "one moved to the end",
      (l) => [...l.toSpliced(5, 1).slice(0, -1), l[5] ?? "", l.at(-1) ?? ""],
      ["moved 5"],
    ],
    ["one twice", (l) => l.toSpliced(5, 0, l[5] ?? ""), ["inserted 5"]],
    [
      "one with a number of its own",
      (l) => l.toSpliced(5, 0, edit(l[5] ?? "", { seq: 11 })),
      ["inserted 11"],
    ],
    ["the end cut off", (l) => l.slice(0, -1), ["cut_off"]],
    ["the last and the end cut off", (l) => l.slice(0, -2), ["cut_off"]],
    [
      "the end of a shorter one",
      (l) => [...l.slice(0, 9), edit(l.at(-1) ?? "", pick(l[8] ?? ""))],
      ["signature"],
    ],
    [
      "the end's hash",
      (l) => l.with(l.length - 1, edit(l.at(-1) ?? "", { hash: "1".repeat(64) })),
      ["cut_off", "signature"],
    ],
    [
      "the end's signature",
      (l) => l.with(l.length - 1, edit(l.at(-1) ?? "", { signature: "0".repeat(128) })),
      ["signature"],
    ],
    ["the moment of the export", (l) => l.with(0, edit(l[0] ?? "", { exportedAt: 1 })), ["signature"]],
    ["lines behind the end", (l) => [...l, l[1] ?? ""], ["strange"]],
    ["a line that is no entry", (l) => l.toSpliced(5, 0, "{"), ["strange"]],
    [
      "an entry with a field more",
      (l) => l.with(5, edit(l[5] ?? "", { note: "" })),
      ["removed 5", "strange"],
    ],
  ];
  const renumbered = (lines: string[], from: number) =>
    lines.map((line, index) =>
      index >= from && index < lines.length - 1 ? edit(line, { seq: index }) : line,
    );
  const pick = (line: string) => {
    const { seq, hash } = JSON.parse(line) as { seq: number; hash: string };
    return { seq, hash };
  };

  it.each(changes)("with %s is not", async (_, change, expected) => {
    expect(await problemsOf(change(madeExport(10).lines))).toEqual(expected);
  });

  it("written anew from the start by somebody else is known by the key alone", async () => {
    const { fingerprint } = madeExport(10);
    const forged = madeExport(10, { key: generateKeyPairSync("ed25519") });
    expect(await problemsOf(forged.lines)).toEqual([]);
    expect(await problemsOf(forged.lines, fingerprint)).toEqual(["key"]);
  });

  it("of another team's name or another start fails", async () => {
    const { lines } = madeExport(3, { after: 7 });
    const head = JSON.parse(lines[0] ?? "") as object;
    const otherTeam = lines.with(0, JSON.stringify({ ...head, team: `tm_${"0".repeat(24)}` }));
    expect(await problemsOf(otherTeam)).toEqual(["changed 8", "changed 9", "changed 10", "signature"]);
    const earlier = lines.with(0, JSON.stringify({ ...head, after: { seq: 6, hash: "0".repeat(64) } }));
    expect(await problemsOf(earlier)).toEqual(["removed 7", "signature"]);
  });

  it("of two years is verified within a minute", { timeout: 120_000 }, async () => {
    const { lines, fingerprint } = madeExport(200_000);
    write(lines.with(123_456, (lines[123_456] ?? "").replace("usage", "audit")));
    const startMs = performance.now();
    const { problems } = verify(await readExport(file), fingerprint);
    const seconds = (performance.now() - startMs) / 1000;
    console.log(`200,000 entries verified in ${seconds.toFixed(1)} s`);
    expect(problems).toEqual([{ kind: "changed", line: 123_457, seq: 123_456 }]);
    expect(seconds).toBeLessThan(60);
  });
});

describe("talos audit verify", () => {
  let machine: Machine;
  beforeEach(() => void (machine = new Machine()));
  afterEach(() => machine.dispose());

  it("says what it found, by text, JSON and exit code", { timeout: 60_000 }, async () => {
    const { lines, fingerprint } = madeExport(10);
    write(lines);
    const run = (...args: string[]) => machine.talosAlone("audit", "verify", ...args);
    const intact = await run(file);
    expect(intact).toMatchObject({ code: 0, stderr: "" });
    expect(intact.stdout).toContain("compare the fingerprint");
    expect(intact.stdout).toMatch(/\nintact\n$/);
    const spaced = fingerprint.toUpperCase().replace(/(..)/g, "$1:").slice(0, -1);
    expect((await run(file, "--team-fingerprint", spaced)).stdout).not.toContain("compare");
    expect((await run(file, "--team-fingerprint", "0".repeat(64))).code).toBe(3);
    expect((await run(file, "--team-fingerprint", "short")).code).toBe(2);
    expect((await run()).code).toBe(2);

    write(lines.toSpliced(5, 2));
    const text = await run(file);
    expect(text).toMatchObject({ code: 3, stderr: "" });
    expect(text.stdout).toContain("entries 5 to 6: removed\n");
    const json = await run(file, "--json");
    expect(json.code).toBe(3);
    expect(JSON.parse(json.stdout)).toMatchObject({
      intact: false,
      problems: [{ kind: "removed", line: 0, seq: 5, until: 6 }],
    });
  });

  it("names the file and the cause where there is nothing to verify", { timeout: 60_000 }, async () => {
    const cases: [string, string | Buffer][] = [
      ["the file is empty", ""],
      ["export the trail as NDJSON", "seq,at,actorKind\r\n1,2,member\r\n"],
      ["the first line is not that of an exported trail", '{"seq":1}\n'],
      ["the first line is not that of an exported trail", Buffer.from([0, 255, 10, 27, 91, 50, 74])],
    ];
    for (const [reason, content] of cases) {
      writeFileSync(file, content);
      const ran = await machine.talosAlone("audit", "verify", file);
      expect(ran).toMatchObject({ code: 1, stdout: "" });
      expect(ran.stderr).toMatch(/^talos: [^\n]* cannot be verified: [^\n]*\n$/);
      expect(ran.stderr).toContain(reason);
    }
    expect((await machine.talosAlone("audit", "verify", path.join(dir, "none"))).stderr).toContain("ENOENT");
    expect((await machine.talosAlone("audit", "verify", dir)).stderr).toContain("EISDIR");
  });
});

describe("the documentation's ten lines", () => {
  const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/audit.md"), "utf8");
  const code = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const run = () =>
    execFileSync(process.execPath, ["--input-type=module", "-e", code, file], {
      encoding: "utf8",
      stdio: "pipe",
    });

  it("agree with the command", () => {
    const { lines } = madeExport(10, { after: 4 });
    write(lines);
    expect(code.trim().split("\n").length).toBeLessThanOrEqual(10);
    expect(run()).toBe("");
    write(lines.with(3, (lines[3] ?? "").replace("usage", "audit")));
    expect(run).toThrow("entry 7 is not as it was written");
    write(lines.toSpliced(3, 1));
    expect(run).toThrow("entry 8 is not as it was written");
  });
});
