import { spawn } from "node:child_process";
import { createDecipheriv, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findLeaks } from "../../../e2e/leaks.ts";
import { RECORDER } from "./command.ts";
import { HookEvent } from "./event.ts";
import { HookMachine, stopPayload } from "./testkit.ts";

let machine: HookMachine;
beforeEach(() => {
  machine = new HookMachine();
});
afterEach(() => machine.dispose());

/** The recorder alone. */
async function record(input: string | Buffer | Record<string, unknown>, more: string[] = []): Promise<void> {
  const child = spawn(process.execPath, [RECORDER, machine.folder, ...more], {
    stdio: ["pipe", "ignore", "ignore"],
    env: { ...process.env, HOME: machine.home, ...machine.env },
  });
  child.stdin.on("error", () => {});
  child.stdin.end(typeof input === "string" || Buffer.isBuffer(input) ? input : JSON.stringify(input));
  await new Promise((resolve) => child.once("close", resolve));
}

const today = () => path.join(machine.folder, `${new Date().toISOString().slice(0, 10)}.jsonl`);

describe("what is kept", () => {
  it.each([
    {
      name: "the command line's, with a cache",
      payload: {
        model: "claude-4-sonnet",
        cursor_version: "2026.06.24-8a1b2c3",
        input_tokens: 23_666,
        output_tokens: 5,
        cache_read_tokens: 23_617,
        cache_write_tokens: 47,
      },
      kept: {
        model: "claude-4-sonnet",
        version: "2026.06.24-8a1b2c3",
        input: 23_666,
        output: 5,
        cacheRead: 23_617,
        cacheWrite: 47,
      },
    },
    { name: "a selected model that is Auto", payload: { model: "default" }, kept: { model: "default" } },
    { name: "an aborted turn", payload: { status: "aborted" }, kept: { status: "aborted" } },
    {
      name: "an event without counts",
      payload: { input_tokens: undefined, output_tokens: null },
      kept: { input: undefined, output: undefined },
    },
    {
      name: "counts that are none",
      payload: { input_tokens: -1, output_tokens: "7", cache_read_tokens: 1.5, cache_write_tokens: 1e300 },
      kept: { input: undefined, output: undefined, cacheRead: undefined, cacheWrite: undefined },
    },
    {
      name: "an answer",
      payload: { hook_event_name: "afterAgentResponse", text: "An answer.", status: undefined },
      kept: { event: "afterAgentResponse", status: undefined },
    },
    {
      name: "words that are not Cursor's",
      payload: { status: ["completed"], model: "jane@corp.example", cursor_version: "a version" },
      kept: { status: undefined, model: undefined, version: undefined },
    },
  ])("$name", async ({ payload, kept }) => {
    await record(stopPayload(payload));
    const [line] = machine.lines();
    expect(line).toMatchObject(JSON.parse(JSON.stringify(kept)));
    const absent = Object.entries(kept).filter(([, value]) => value === undefined);
    expect(absent.filter(([name]) => Object.hasOwn(line ?? {}, name))).toEqual([]);
    expect(machine.dropped()).toEqual({ full: 0, foreign: 0, malformed: 0 });
  });

  it("nothing that stands in any other field, or in a kept one that is not what it should be", async () => {
    const canary = (name: string) =>
      `CANARY-${name}-sk-ant-api03-must-never-be-kept jane.doe@corp.example /home/jane/acme`;
    const canaries: string[] = [];
    const give = (name: string) => {
      canaries.push(canary(name));
      return canary(name);
    };
    for (const event of ["stop", "afterAgentResponse"]) {
      const fields = Object.fromEntries(
        [
          "model",
          "status",
          "cursor_version",
          "user_email",
          "session_id",
          "text",
          "prompt",
          "tool_output",
          "error",
          "model_id",
          "cwd",
          "transcript_path",
        ].map((name) => [name, give(`${event}-${name}`)]),
      );
      const nested = {
        tool_input: { command: give(`${event}-nested`) },
        attachments: [{ file_path: give(`${event}-list`) }],
        [give(`${event}-key`)]: 1,
      };
      const roots = [give(`${event}-root`), give(`${event}-root2`)];
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await record(
        stopPayload({
          ...fields,
          ...nested,
          workspace_roots: roots,
          hook_event_name: event,
          input_tokens: give("tokens"),
        }),
      );
    }
    await record(JSON.stringify(stopPayload({ conversation_id: give("conversation") })));
    await record(JSON.stringify(stopPayload({ generation_id: give("generation") })));
    await record(JSON.stringify(stopPayload({ hook_event_name: give("event") })));
    await record(`${give("garbage")}{`);
    expect(machine.lines()).toHaveLength(2);
    expect(machine.dropped()).toEqual({ full: 0, foreign: 1, malformed: 3 });
    const parts = canaries.flatMap((whole) => [whole, ...whole.split(" ")]);
    expect(findLeaks([machine.folder], parts)).toEqual([]);
    expect(statSync(today()).mode & 0o777).toBe(0o600);
  });

  it("what its page shows, and no more", async () => {
    const page = readFileSync(path.resolve(import.meta.dirname, "../../../docs/cursor-hooks.md"), "utf8");
    const [, example = ""] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
    const transcript = path.join(machine.home, ".cursor", "projects", "x.jsonl");
    writeFileSync(transcript, "a line\n");
    await record(stopPayload({ transcript_path: transcript }));
    const [line = {}] = machine.lines();
    const shown = HookEvent.strict().parse(JSON.parse(example));
    expect(Object.keys(line)).toEqual(Object.keys(shown));
    const { at: _, transcriptBytes: __, cwd: ___, ...same } = shown;
    expect(line).toMatchObject(same);
  });

  it("the working directory, for the collector's eyes alone", async () => {
    await record(stopPayload({ workspace_roots: ["/home/dev/work/größe"] }));
    await record(stopPayload({ workspace_roots: undefined, cwd: "/srv/app" }));
    const sealed = machine.lines().map(({ cwd = "" }) => opened(cwd, machine.privateKey));
    expect(sealed).toEqual(["/home/dev/work/größe", "/srv/app"]);
    rmSync(path.join(machine.folder, "key.pub"));
    await record(stopPayload());
    expect(machine.lines()[2]?.cwd).toBeUndefined();
  });

  it("a line never has more than 4 KiB", async () => {
    const roots = (length: number) =>
      stopPayload({ workspace_roots: [`/${"ö".repeat(length / 2)}`], model: "m".repeat(80) });
    await record(roots(2_398));
    await record(roots(20_000));
    const [long, longer] = readFileSync(today(), "utf8").split("\n");
    expect(machine.lines().map(({ cwd }) => cwd !== undefined)).toEqual([true, false]);
    expect(Math.max(long?.length ?? 0, longer?.length ?? 0)).toBeLessThan(4_096);
  });

  it("the size of a transcript that is one of Cursor's, and of no other file", async () => {
    const cursor = path.join(machine.home, ".cursor", "projects", "x.jsonl");
    const other = path.join(machine.home, "other.jsonl");
    writeFileSync(cursor, "123456");
    writeFileSync(other, "123456");
    symlinkSync(other, path.join(machine.home, ".cursor", "link.jsonl"));
    const files = [
      cursor,
      other,
      path.join(machine.home, ".cursor/link.jsonl"),
      `${machine.home}/.cursor/../other.jsonl`,
      path.dirname(cursor),
      "x.jsonl",
      7,
    ];
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (const transcript_path of files) await record(stopPayload({ transcript_path }));
    expect(machine.lines().map(({ transcriptBytes }) => transcriptBytes)).toEqual([6, ...Array(6)]);
  });
});

describe("what is counted and not kept", () => {
  it.each([
    {
      name: "Claude Code's",
      input: { session_id: "s", hook_event_name: "Stop", transcript_path: "/x", cwd: "/x" },
      dropped: "foreign",
    },
    {
      name: "Claude Code's hooks run by Cursor",
      input: stopPayload({ hook_event_name: "Stop" }),
      dropped: "foreign",
    },
    {
      name: "another event",
      input: stopPayload({ hook_event_name: "beforeSubmitPrompt" }),
      dropped: "foreign",
    },
    {
      name: "one that nobody says is Cursor's",
      input: stopPayload({ cursor_version: undefined }),
      dropped: "foreign",
    },
    { name: "no input", input: "", dropped: "malformed" },
    { name: "no JSON", input: "not JSON", dropped: "malformed" },
    { name: "no object", input: "[1]", dropped: "malformed" },
    { name: "half of it", input: JSON.stringify(stopPayload()).slice(0, 200), dropped: "malformed" },
    {
      name: "more than 1 MiB",
      input: JSON.stringify(stopPayload({ text: "x".repeat(1_100_000) })),
      dropped: "malformed",
    },
    { name: "bytes", input: Buffer.from([0, 0xff, 0x80, 0x7b]), dropped: "malformed" },
  ] as const)("$name", async ({ input, dropped }) => {
    await record(input);
    expect(machine.lines()).toEqual([]);
    expect(machine.dropped()).toEqual({ full: 0, foreign: 0, malformed: 0, [dropped]: 1 });
  });

  it("what comes while 32 MiB wait", async () => {
    writeFileSync(path.join(machine.folder, "2026-01-01.jsonl"), "");
    truncateSync(path.join(machine.folder, "2026-01-01.jsonl"), 32 * 1024 * 1024);
    await record(stopPayload());
    expect(machine.dropped().full).toBe(1);
    truncateSync(path.join(machine.folder, "dropped-full"), 64 * 1024);
    await record(stopPayload());
    expect(machine.dropped().full).toBe(64 * 1024);
    expect(readdirSync(machine.folder)).not.toContain(path.basename(today()));
  });

  it("what is never whole, in the end", async () => {
    const child = spawn(process.execPath, [RECORDER, machine.folder, "", "", "100"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.stdin.write('{"conversation_id":');
    await new Promise((resolve) => child.once("close", resolve));
    child.stdin.destroy();
    expect(machine.dropped()).toEqual({ full: 0, foreign: 0, malformed: 1 });
  });
});

describe("what it survives", () => {
  it("an answer in many pieces, bytes before it, and no end of the input", async () => {
    machine.env["CURSOR_VERSION"] = "3.18.25";
    await record(`n++${JSON.stringify(stopPayload({ cursor_version: undefined }))}`);
    await record(
      `\uFEFF${JSON.stringify(stopPayload({ hook_event_name: "afterAgentResponse", text: "}".repeat(200_000) }), null, 2)}\n`,
    );
    const answer = await machine.end(JSON.stringify(stopPayload()), { close: false });
    expect(answer).toMatchObject({ stdout: "{}", code: 0 });
    expect(await machine.recorded(3)).toHaveLength(3);
  });

  it("a line that a full disk cut off", async () => {
    writeFileSync(today(), '{"v":1,"at":17');
    await record(stopPayload());
    await record(stopPayload());
    const [torn, ...whole] = readFileSync(today(), "utf8").trimEnd().split("\n");
    expect(torn).toBe('{"v":1,"at":17');
    expect(whole).toHaveLength(2);
  });

  it.each([
    { name: "no folder", spoil: (folder: string) => rmSync(folder, { recursive: true }) },
    {
      name: "a file",
      spoil: (folder: string) => (rmSync(folder, { recursive: true }), writeFileSync(folder, "")),
    },
    {
      name: "a link",
      spoil: (folder: string) => {
        rmSync(folder, { recursive: true });
        symlinkSync(machine.home, folder);
      },
    },
    { name: "a segment that is a folder", spoil: () => mkdirSync(today()) },
    {
      name: "a segment that is a link",
      spoil: () => symlinkSync(path.join(machine.home, "victim"), today()),
    },
    { name: "a folder that may not be written", spoil: (folder: string) => chmodSync(folder, 0o500) },
    {
      name: "a key that is none",
      spoil: (folder: string) => writeFileSync(path.join(folder, "key.pub"), "A".repeat(43)),
    },
  ])("in its place: $name", async ({ spoil }) => {
    writeFileSync(path.join(machine.home, "victim"), "");
    spoil(machine.folder);
    const answer = await machine.end(JSON.stringify(stopPayload()));
    expect(answer).toMatchObject({ stdout: "{}", code: 0 });
    expect(readdirSync(machine.home).toSorted()).toEqual([".cursor", "victim"]);
    expect(readFileSync(path.join(machine.home, "victim"), "utf8")).toBe("");
  });

  it("a pipe in the place of a segment, which nobody reads", async () => {
    const made = spawn("sh", ["-c", 'mkfifo "$0"', today()]);
    await new Promise((resolve) => made.once("close", resolve));
    expect(await machine.end(JSON.stringify(stopPayload()))).toMatchObject({ stdout: "{}", code: 0 });
  });
});

function opened(text: string, privateKey: KeyObject): string {
  const bytes = Buffer.from(text, "base64url");
  const ephemeral = bytes.subarray(1, 33);
  const publicKey = createPublicKey({
    key: { kty: "OKP", crv: "X25519", x: ephemeral.toString("base64url") },
    format: "jwk",
  });
  const own = Buffer.from(
    String(createPublicKey(privateKey as never).export({ format: "jwk" }).x),
    "base64url",
  );
  const shared = diffieHellman({ privateKey, publicKey });
  const key = hkdfSync("sha256", shared, Buffer.concat([ephemeral, own]), "talos cursor-hooks cwd v1", 32);
  const decipher = createDecipheriv("aes-256-gcm", Buffer.from(key), Buffer.alloc(12));
  decipher.setAuthTag(bytes.subarray(-16));
  expect(bytes[0]).toBe(1);
  return Buffer.concat([decipher.update(bytes.subarray(33, -16)), decipher.final()]).toString("utf8");
}
