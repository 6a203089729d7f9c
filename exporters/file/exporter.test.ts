import {
  appendFile,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { jsonCodec } from "#proto/json.ts";
import { logsRequest, type TestSettings, testSettings } from "#testkit/fakes.ts";
import { FileConfig } from "./config.ts";
import { FileExporter } from "./exporter.ts";
import type { Disk } from "./line-file.ts";

let folder: string;
let file: string;
let settings: TestSettings;
const running: FileExporter[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "file-exporter-"));
  file = path.join(folder, "new", "out.jsonl");
  settings = testSettings({ platform: { homeDir: folder } });
});

afterEach(async () => {
  for (const exporter of running.splice(0)) await exporter.shutdown();
  await rm(folder, { recursive: true });
});

async function started(config: object = {}, disk?: Disk): Promise<FileExporter> {
  const exporter = new FileExporter(settings, FileConfig.parse({ path: file, ...config }), disk);
  await exporter.start();
  running.push(exporter);
  return exporter;
}

/** As after a crash: whatever ran before is gone. */
async function restarted(config: object = {}): Promise<FileExporter> {
  for (const exporter of running.splice(0)) await exporter.shutdown();
  return started(config);
}

const request = (name: string) => logsRequest(1, { name });
const lineOf = (name: string) => `${Buffer.from(jsonCodec.encodeRequest(request(name))).toString()}\n`;
const content = () => readFile(file, "utf8");
const signal = () => AbortSignal.timeout(10_000);
const delivered = { kind: "delivered", rejected: 0 };

it("writes each request as one line of OTLP JSON", async () => {
  const exporter = await started();
  expect(await exporter.send(request("a"), signal())).toEqual(delivered);
  expect(await exporter.send(logsRequest(3, { name: "b" }), signal())).toEqual(delivered);
  const lines = (await content()).split("\n");
  expect(lines).toHaveLength(3);
  expect(lines.slice(0, 2).map((line) => jsonCodec.decodeRequest(Buffer.from(line)))).toEqual([
    request("a"),
    logsRequest(3, { name: "b" }),
  ]);
});

it.skipIf(process.platform === "win32")(
  "lets only the user read the file and the folder it makes",
  async () => {
    await started();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
  },
);

it("takes `~/` for the home folder", async () => {
  const exporter = await started({ path: "~/here/out.jsonl" });
  await exporter.send(request("a"), signal());
  expect(await readFile(path.join(folder, "here/out.jsonl"), "utf8")).toBe(lineOf("a"));
});

it("writes concurrent requests one after the other", async () => {
  const exporter = await started();
  const names = Array.from({ length: 20 }, (_, i) => `request ${i}`);
  await Promise.all(names.map((name) => exporter.send(request(name), signal())));
  expect(await content()).toBe(names.map(lineOf).join(""));
});

it("makes the file anew when somebody moved it away", async () => {
  const exporter = await started();
  await exporter.send(request("a"), signal());
  await rename(file, `${file}.moved`);
  await exporter.send(request("b"), signal());
  expect(await content()).toBe(lineOf("b"));
});

it("refuses a file that another exporter writes", async () => {
  await started();
  await expect(started()).rejects.toThrow("exporters.test.path: another exporter writes to this file");
});

describe("after a crash", () => {
  it("cuts off a torn last line at start", async () => {
    await (await started()).send(request("a"), signal());
    await appendFile(file, lineOf("b").slice(0, 40));
    await restarted();
    expect(await content()).toBe(lineOf("a"));
  });

  it("cuts off a torn line longer than it reads at once", async () => {
    await (await started()).send(request("a"), signal());
    await appendFile(file, lineOf("b".repeat(300_000)).slice(0, -1));
    await restarted();
    expect(await content()).toBe(lineOf("a"));
  });

  it("cuts off the zeros that a power cut leaves", async () => {
    await (await started()).send(request("a"), signal());
    await truncate(file, lineOf("a").length + 500);
    await restarted();
    expect(await content()).toBe(lineOf("a"));
  });

  it.each(Array.from({ length: 12 }, (_, i) => i))(
    "stores a request once, cut at part %i of 11",
    async (part) => {
      await (await started()).send(request("a"), signal());
      await appendFile(file, lineOf("b").slice(0, Math.round((lineOf("b").length * part) / 11)));
      const exporter = await restarted();
      expect(await exporter.send(request("b"), signal())).toEqual(delivered);
      expect(await content()).toBe(lineOf("a") + lineOf("b"));
      expect(settings.counts.get("exporter_file_repeated_requests")).toBe(part === 11 ? 1 : undefined);
    },
  );

  it("does not take the end of a longer line for the request", async () => {
    await (await started()).send(request("a"), signal());
    await writeFile(file, `x${lineOf("b")}`);
    const exporter = await restarted();
    await exporter.send(request("b"), signal());
    expect(await content()).toBe(`x${lineOf("b")}${lineOf("b")}`);
  });

  it("leaves a file alone that ends in something else, and says so", async () => {
    const notes = path.join(folder, "notes.txt");
    await writeFile(notes, "remember the milk");
    const exporter = await started({ path: notes });
    expect(await exporter.send(request("a"), signal())).toEqual({
      kind: "park",
      reason: "the file holds something else",
      destination: true,
    });
    expect(await readFile(notes, "utf8")).toBe("remember the milk");
  });
});

describe("when the disk refuses", () => {
  const refusal = (code: string) => Object.assign(new Error("/secret/path"), { code });
  const half: Disk["write"] = async (target, bytes) =>
    (await target.write(bytes.subarray(0, bytes.length / 2))).bytesWritten;

  it.each<{ name: string; code: string; disk: Partial<Disk> }>([
    { name: "a half-written line", code: "ENOSPC", disk: { write: half } },
    {
      name: "a half-written line with an error",
      code: "ENOSPC",
      disk: {
        write: async (target, bytes) => {
          await half(target, bytes);
          throw refusal("ENOSPC");
        },
      },
    },
    { name: "a write", code: "EIO", disk: { write: () => Promise.reject(refusal("EIO")) } },
    { name: "a sync", code: "EIO", disk: { sync: () => Promise.reject(refusal("EIO")) } },
  ])(
    "takes $name back, keeps the request, and stores it once when it works again",
    async ({ code, disk }) => {
      let broken = false;
      const real: Disk = {
        write: async (target, bytes) => (await target.write(bytes)).bytesWritten,
        sync: (target) => target.sync(),
      };
      const exporter = await started(
        {},
        {
          write: (target, bytes) => ((broken && disk.write) || real.write)(target, bytes),
          sync: (target) => ((broken && disk.sync) || real.sync)(target),
        },
      );
      await exporter.send(request("a"), signal());
      broken = true;
      expect(await exporter.send(request("b"), signal())).toEqual({
        kind: "retry",
        reason: `file write failed: ${code}`,
      });
      expect(await content()).toBe(lineOf("a"));
      broken = false;
      expect(await exporter.send(request("b"), signal())).toEqual(delivered);
      expect(await content()).toBe(lineOf("a") + lineOf("b"));
    },
  );

  it("starts all the same, and works once the place can be written", async () => {
    await writeFile(path.dirname(file), "in the way");
    const exporter = await started();
    expect(settings.lines).toEqual([
      {
        level: "warn",
        message: "file is not usable, tried again with each request",
        fields: { reason: expect.stringMatching(/^file write failed: E[A-Z]+$/) },
      },
    ]);
    expect((await exporter.send(request("a"), signal())).kind).toBe("retry");
    await rm(path.dirname(file));
    expect(await exporter.send(request("a"), signal())).toEqual(delivered);
  });
});

describe("rotation", () => {
  const size = lineOf("a").length;

  it("begins a new file before the size is passed, and keeps the newest ones", async () => {
    const exporter = await started({ rotation: { max_size: size * 2, max_files: 2 } });
    for (const name of ["a", "b", "c", "d", "e", "f", "g"]) await exporter.send(request(name), signal());
    expect((await readdir(path.dirname(file))).toSorted()).toEqual([
      "out.jsonl",
      "out.jsonl.1",
      "out.jsonl.2",
    ]);
    expect(await content()).toBe(lineOf("g"));
    expect(await readFile(`${file}.1`, "utf8")).toBe(lineOf("e") + lineOf("f"));
    expect(await readFile(`${file}.2`, "utf8")).toBe(lineOf("c") + lineOf("d"));
  });

  it("stores a line larger than the size by itself", async () => {
    const exporter = await started({ rotation: { max_size: 10 } });
    await exporter.send(request("a"), signal());
    await exporter.send(request("b"), signal());
    expect(await content()).toBe(lineOf("b"));
    expect(await readFile(`${file}.1`, "utf8")).toBe(lineOf("a"));
  });

  it("does not rotate for a request that is the last line already", async () => {
    await (await started({ rotation: { max_size: size } })).send(request("a"), signal());
    await (await restarted({ rotation: { max_size: size } })).send(request("a"), signal());
    expect(await readdir(path.dirname(file))).toEqual(["out.jsonl"]);
    expect(await content()).toBe(lineOf("a"));
  });
});
