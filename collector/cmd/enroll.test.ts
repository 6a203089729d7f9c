/** `talos enroll` and `talos unenroll` as processes on a machine of their own, against a team's backend over HTTP. */
import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { noTerminal, Terminal } from "#testkit/terminal.ts";
import { EnrolmentFolder } from "../enrolment/folder.ts";
import { FakeTeam } from "../enrolment/testing.ts";
import { install } from "./cursor-hooks/change.ts";
import { Machine, until } from "./testing.ts";

const MAIN = path.resolve(import.meta.dirname, "main.ts");

let team: FakeTeam;
let machine: Machine;

beforeEach(async () => {
  team = await FakeTeam.start();
  machine = new Machine();
  rmSync(machine.configFile);
});

afterEach(async () => {
  await machine.dispose();
  await team.close();
});

const folder = (...names: string[]) => path.join(machine.dir, ".config/talos-auditor/enrolment", ...names);
const read = (name: string) => readFileSync(folder(name), "utf8");
const enroll = (token: string, ...args: string[]) =>
  machine.talosAlone("enroll", token, "--endpoint", team.url, "--unattended", ...args);

/** Every file below a folder, and what is in it. */
function everything(dir: string): { file: string; text: string }[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => ({ file, text: readFileSync(file, "latin1") }));
}

describe("enrolling", () => {
  it("writes token, salt, key and the signed configuration, for this user alone", async () => {
    const { code, stdout, stderr } = await enroll(team.token());
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [agent] = team.agents;
    expect(stdout).toContain(`Enrolled: Acme, as Quiet Heron (${agent?.id})`);
    expect(readdirSync(folder()).toSorted()).toEqual([
      "enrolment.json",
      "highest.json",
      "machine.key",
      "policy.json",
      "salt",
      "token",
    ]);
    expect(statSync(folder()).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder())) expect(statSync(folder(name)).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(folder()))).toEqual(["enrolment"]);
    expect(statSync(path.dirname(folder())).mode & 0o777).toBe(0o700);
    expect(team.knows(read("token"))).toBe(true);
    expect(read("salt")).toBe(team.salt);
    expect(agent?.publicKey).toHaveLength(43);
  });

  it("leaves the tokens in one file, and the enrolment token nowhere", async () => {
    const token = team.token("bulk");
    const { stdout, stderr } = await enroll(token, "--login", "ada-canary", "--json");
    const parts = [...token.split("."), token.slice(4, 40), "ada-canary"];
    const agentToken = read("token");
    const files = everything(machine.dir);
    const holding = (secret: string) =>
      files.filter(({ text }) => text.includes(secret)).map(({ file }) => file);
    const secrets = parts.filter((part) => part !== team.fingerprint.toString("base64url"));
    expect(secrets.flatMap(holding)).toEqual([]);
    expect(holding(agentToken)).toEqual([folder("token")]);
    for (const secret of [...parts, agentToken, team.salt]) expect(stdout + stderr).not.toContain(secret);
    const [call] = team.calls;
    expect(call?.body).toEqual({
      token: token.split(".")[0],
      publicKey: expect.any(String),
      grouping: expect.stringMatching(/^[0-9a-f]{64}$/),
      version: expect.any(String),
    });
    expect(JSON.parse(stdout)).toMatchObject({ agent: team.agents[0]?.id, policy: { mode: "off" } });
  });

  it("takes the token from a file or the environment, so that no process list shows it", async () => {
    const file = path.join(machine.dir, "token.txt");
    writeFileSync(file, `${team.token()}\n`);
    const args = ["enroll", "--endpoint", team.url, "--unattended"];
    expect((await machine.talosAlone(...args, "--token-file", file)).code).toBe(0);
    machine.env["TALOS_ENROLMENT_TOKEN"] = team.token();
    expect((await machine.talosAlone(...args, "--replace")).code).toBe(0);
    expect(team.agents).toHaveLength(2);
  });

  it("`talos run` then delivers without any configuration", async () => {
    await enroll(team.token());
    mkdirSync(path.join(machine.dir, ".claude/projects/-srv-work"), { recursive: true });
    const status = await machine.talosAlone("validate");
    expect(status.stdout).toContain(
      "claude_code + cursor → cwd_hash → redaction → categorize → otlp_http/talos",
    );
    const once = await machine.talosAlone("run", "--once");
    expect(once.code).toBe(0);
    expect(team.agents[0]?.status).toMatchObject({
      version: expect.any(String),
      policySource: "server",
      mode: "off",
      counters: { read: 0, accepted: 0, queued: 0 },
    });
    expect(team.callsTo("/v1/agent/config")).toHaveLength(1);
  });

  it("a run for a moment takes a newer configuration over; `talos status` says what is in force, and who set it", async () => {
    await enroll(team.token());
    Object.assign(team, { version: 1_001, mode: "categorize_local" });
    expect((await machine.talosAlone("run", "--once")).code).toBe(0);
    expect(JSON.parse(read("highest.json"))).toMatchObject({ version: 1_001 });
    const said = async () => /^Privacy mode: .*$/m.exec((await machine.talosAlone("status")).stdout)?.[0];
    expect(await said()).toBe("Privacy mode: off, set by what is accepted on this machine");
    expect((await machine.talosAlone("consent", "categorize_local", "--yes")).code).toBe(0);
    expect(await said()).toBe("Privacy mode: categorize_local, set by the team");
    const json = await machine.talosAlone("status", "--json");
    const privacy = { mode: "categorize_local", setBy: "server", isFresh: true };
    expect(JSON.parse(json.stdout)).toMatchObject({ privacy });
  });

  it("what is accepted beside a collector is by the team's newest word, in force at once, and in the ledger", async () => {
    await enroll(team.token());
    machine.followAlone();
    await until(() => team.agents[0]?.status !== undefined, "the collector has spoken");
    Object.assign(team, { version: 1_001, mode: "full" });
    expect((await machine.talosAlone("consent", "full", "--yes")).code).toBe(0);
    await until(() => team.agents[0]?.status?.mode === "full", "it is in force");
    expect((await machine.talosAlone("ledger")).stdout).toMatch(/POST \/v1\/agent\/consent +\d+ .*taken \(/);
    expect((await machine.talosAlone("ledger", "verify")).stdout).toMatch(/\nintact\n$/);
  }, 120_000);

  it("`talos account` prints a link for the account page, which is in the ledger as a request and on no disk", async () => {
    expect(await machine.talosAlone("account")).toMatchObject({ code: 1, stdout: "" });
    await enroll(team.token());
    machine.followAlone();
    await until(() => team.agents[0]?.status !== undefined, "the collector has spoken");
    const { code, stdout } = await machine.talosAlone("account");
    const link = team.agents[0]?.link ?? "none";
    expect([code, stdout.includes(`\n  ${team.url}/settings/account#${link}\n`)]).toEqual([0, true]);
    expect(stdout).toContain("for 10 minutes");
    expect(stdout).not.toContain("already");
    expect(everything(machine.dir).filter(({ text }) => text.includes(link))).toEqual([]);
    expect((await machine.talosAlone("ledger")).stdout).toMatch(/POST \/v1\/agent\/link +0 .*taken/);
    expect((await machine.talosAlone("status")).stdout).toContain("`talos account`");
    expect((await machine.talosAlone("account")).stdout).toContain("talos account --unlink");
    expect((await machine.talosAlone("account", "--unlink")).code).toBe(0);
    expect(team.agents[0]?.link).toBeUndefined();
    const body = JSON.stringify({
      code: "lnk_1",
      expiresAt: 1,
      page: "https://e.example/\u001b[2J",
      linked: false,
    });
    team.instead("/v1/agent/link", { status: 200, headers: { "content-type": "application/json" }, body });
    expect(await machine.talosAlone("account", "--json")).toMatchObject({ code: 1, stdout: "" });
  }, 120_000);

  it("says what is there, and replaces it only when asked and only in the same team", async () => {
    await enroll(team.token());
    const before = read("token");
    const again = await enroll(team.token());
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("enrolled already: Acme");
    expect(again.stderr).toContain("--replace");
    const other = await FakeTeam.start();
    const foreign = await machine.talosAlone(
      "enroll",
      other.token(),
      "--endpoint",
      other.url,
      "--unattended",
      "--replace",
    );
    await other.close();
    expect(foreign.stderr).toContain("another team: run `talos unenroll` first");
    expect(team.agents).toHaveLength(1);
    expect(read("token")).toBe(before);
    const replaced = await enroll(team.token(), "--replace");
    expect(replaced.code).toBe(0);
    expect(read("token")).not.toBe(before);
    expect(readdirSync(path.dirname(folder()))).toEqual(["enrolment"]);
  });

  it("a replaced enrolment does not take an older configuration than was seen", async () => {
    await enroll(team.token());
    team.version -= 1;
    const { code, stderr } = await enroll(team.token(), "--replace");
    expect(code).toBe(1);
    expect(stderr).toContain("older_version");
  });

  it("asks in a terminal, in plain words, and takes anything but yes for no", async (test) => {
    if (noTerminal() !== undefined) test.skip();
    const ask = async (answer: string) => {
      const terminal = new Terminal(
        [process.execPath, MAIN, "enroll", team.token(), "--endpoint", team.url],
        {
          env: { ...process.env, HOME: machine.dir, TERM: "xterm" },
          dir: machine.dir,
        },
      );
      await until(() => terminal.text.includes("[y/N]"), "the question");
      expect(team.calls).toEqual([]);
      terminal.type(answer);
      return { code: await terminal.ended, text: terminal.text };
    };
    const no = await ask("\r");
    expect(no.code).toBe(1);
    expect(no.text).toContain("no prompts, no answers, no code");
    expect(no.text).toContain("talos pause");
    expect(no.text).toContain("Who sees it");
    expect(existsSync(folder())).toBe(false);
    expect((await ask("\u0003")).code).toBe(130);
    expect((await ask("y\r")).code).toBe(0);
    expect(existsSync(folder("token"))).toBe(true);
  });

  it("the token that stands in the command line is in no process list", async (test) => {
    if (process.platform !== "linux" || noTerminal() !== undefined) test.skip();
    const token = team.token();
    const terminal = new Terminal([process.execPath, MAIN, "enroll", token, "--endpoint", team.url], {
      env: { ...process.env, HOME: machine.dir },
      dir: machine.dir,
    });
    await until(() => terminal.text.includes("[y/N]"), "the question");
    const lines = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
      .split("\n")
      .filter(
        (line) =>
          !line.includes("script -qec") && !line.startsWith("sh -c") && line.includes(token.slice(4, 30)),
      );
    terminal.kill();
    await terminal.ended;
    expect(lines).toEqual([]);
  });
});

describe("what goes wrong", () => {
  it.each([
    { name: "a used-up token", args: () => [team.token("person", 0)], says: ["used up", "new one", "401"] },
    { name: "garbage", args: () => ["tep_garbage"], says: ["not whole"] },
    { name: "no token", args: () => [""], says: ["TALOS_ENROLMENT_TOKEN"], code: 2 },
    { name: "no endpoint", args: () => [team.token()], endpoint: "", says: ["expected a URL"], code: 2 },
    {
      name: "an endpoint without TLS",
      args: () => [team.token()],
      endpoint: "http://talos.example.com",
      says: ["http:// is refused"],
      code: 2,
    },
    {
      name: "nobody there",
      args: () => [team.token()],
      endpoint: "http://127.0.0.1:9",
      says: ["cannot be reached", "ECONNREFUSED", "HTTPS_PROXY"],
    },
    {
      name: "a token for many on a machine whose user is called as on all",
      args: () => [team.token("bulk")],
      says: ["--login NAME"],
      only: () => process.getuid?.() === 0,
    },
  ])(
    "$name: names the cause and the next step, and leaves nothing",
    async ({ args, endpoint, says, code, only }) => {
      if (only?.() === false) return;
      const ran = await machine.talosAlone(
        "enroll",
        ...args(),
        "--endpoint",
        endpoint ?? team.url,
        "--unattended",
      );
      expect(ran.code).toBe(code ?? 1);
      for (const text of says) expect(ran.stderr).toContain(text);
      expect(ran.stderr + ran.stdout).not.toMatch(/te[pb]_[A-Za-z0-9_-]{20}/);
      expect(existsSync(folder())).toBe(false);
    },
  );

  const page = { headers: { "content-type": "text/html" }, body: "<html>canary</html>" };
  it.each([
    { name: "a captive portal", instead: { status: 200, ...page }, says: "Sign in to this network" },
    {
      name: "a redirect to a sign-in page",
      instead: { status: 302, headers: { location: "http://login.example.com/canary" } },
      says: "Sign in to this network",
    },
    { name: "something else", instead: { status: 200, body: "{}" }, says: "no team's backend" },
    { name: "another server", instead: { status: 404 }, says: "does not enrol machines" },
    { name: "a busy server", instead: { status: 429 }, says: "try again later" },
    { name: "a cut connection", instead: { status: 0, cut: true }, says: "cannot be reached" },
  ])("$name: says so, and leaves nothing", async ({ instead, says }) => {
    team.instead("/v1/enroll", instead);
    const ran = await enroll(team.token());
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(says);
    expect(ran.stderr).not.toContain("canary");
    expect(existsSync(path.dirname(folder())) && readdirSync(path.dirname(folder()))).toEqual([]);
  });

  it.each([
    {
      name: "the key of another team",
      lie: () => (team.tamper = (s) => ({ ...s, key: Buffer.alloc(32, 7).toString("base64url") })),
      says: "do not trust",
    },
    {
      name: "a wrong signature",
      lie: () => (team.tamper = (s) => ({ ...s, signature: "A".repeat(86) })),
      says: "do not trust",
    },
    {
      name: "the configuration of another machine",
      lie: () => (team.config = (c) => ({ ...c, agent: "agt_other" })),
      says: "do not trust",
    },
    {
      name: "a configuration that lives too long",
      lie: () => (team.config = (c) => ({ ...c, expiresAt: c.issuedAt + 8 * 86_400_000 })),
      says: "lives_too_long",
    },
    {
      name: "one from the future",
      lie: () => (team.config = (c) => ({ ...c, issuedAt: c.issuedAt + 3_600_000, expiresAt: c.expiresAt })),
      says: "set the clock",
    },
    {
      name: "an expired one",
      lie: () => (team.config = (c) => ({ ...c, issuedAt: 1, expiresAt: 2 })),
      says: "set the clock",
    },
    {
      name: "another salt than the signed one",
      lie: () => (team.config = (c) => ({ ...c, salt: { policy: "server", id: "0".repeat(16) } })),
      says: "salt",
    },
    { name: "garbage that is signed", lie: () => (team.config = () => "hello"), says: "malformed" },
  ])("$name: nothing is written", async ({ lie, says }) => {
    lie();
    const ran = await enroll(team.token());
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(says);
    expect(ran.stderr).toContain("Nothing was written");
    expect(readdirSync(path.dirname(folder()))).toEqual([]);
  });

  it("a folder that cannot be written costs no token", async (test) => {
    if (process.getuid?.() === 0) test.skip();
    mkdirSync(path.join(machine.dir, ".config"), { mode: 0o500 });
    const ran = await enroll(team.token());
    expect(ran.stderr).toContain("the token is not used yet");
    expect(team.calls).toEqual([]);
  });
});

describe("leaving", () => {
  it("tells the backend, stops the collector and erases all but the user's own files", async () => {
    await enroll(team.token());
    const config = path.join(machine.dir, ".config/talos-auditor");
    mkdirSync(path.join(machine.dir, ".claude/projects"), { recursive: true });
    const child = spawn(process.execPath, [MAIN, "run"], {
      env: { ...process.env, HOME: machine.dir },
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await until(() => team.agents[0]?.status !== undefined, "the collector reports");
    await machine.talosAlone("pause", "1h");
    const platform = { os: "linux", homeDir: machine.dir, env: {} } as const;
    install({
      level: "user",
      platform,
      stateDir: path.join(machine.dir, ".local/state/talos-auditor"),
      dryRun: false,
    });
    expect(existsSync(path.join(machine.dir, ".cursor/hooks.json"))).toBe(true);
    const ran = await machine.talosAlone("unenroll", "--yes", "--erase");
    expect(existsSync(path.join(machine.dir, ".cursor/hooks.json"))).toBe(false);
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: "" });
    expect(await ended).toBe(0);
    expect(ran.stdout).toContain("The collector was stopped.");
    expect(ran.stdout).toContain("asked to erase");
    expect(ran.stdout).toContain("token, salt, machine key");
    expect(team.agents[0]?.left).toEqual({ erase: true });
    expect(readdirSync(config)).toEqual(["pauses.json"]);
    expect(readdirSync(path.join(machine.dir, ".local/state/talos-auditor"))).toEqual([]);
    const again = await machine.talosAlone("unenroll", "--yes");
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("not enrolled") });
  });

  it("without a network, this computer is cleared all the same; but erasure is not forgotten", async () => {
    await enroll(team.token());
    await team.close();
    const erase = await machine.talosAlone("unenroll", "--yes", "--erase");
    expect(erase.code).toBe(1);
    expect(erase.stderr).toContain("Nothing is erased here");
    expect(existsSync(folder("token"))).toBe(true);
    const plain = await machine.talosAlone("unenroll", "--yes");
    expect(plain.code).toBe(0);
    expect(plain.stdout).toContain(`ask who runs it to revoke ${team.agents[0]?.id}`);
    expect(existsSync(folder())).toBe(false);
    team = await FakeTeam.start();
  });

  it("asks before, and does nothing where nobody can be asked", async () => {
    await enroll(team.token());
    const ran = await machine.talosAlone("unenroll");
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("add --yes");
    expect(team.agents[0]?.left).toBeUndefined();
    expect(existsSync(folder("token"))).toBe(true);
  });

  it("a damaged enrolment can be left too", async () => {
    await enroll(team.token());
    writeFileSync(folder("enrolment.json"), "{");
    expect((await machine.talosAlone("run", "--once")).stderr).toContain("talos unenroll");
    const ran = await machine.talosAlone("unenroll", "--yes");
    expect(ran.code).toBe(0);
    expect(existsSync(folder())).toBe(false);
  });
});

describe("a crash", () => {
  it("at any moment leaves all of an enrolment or nothing", async () => {
    const trace = path.join(mkdtempSync(path.join(tmpdir(), "talos-crash-")), "count");
    const killer = path.resolve(import.meta.dirname, "../enrolment/testdata/die-at.ts");
    const base = { ...process.env, HOME: machine.dir, DIE_AT: "0", DIE_LOG: trace };
    const run = (env: NodeJS.ProcessEnv, ...more: string[]) =>
      new Promise<number | null>((resolve) => {
        const args = [
          "--import",
          killer,
          MAIN,
          "enroll",
          team.token(),
          "--endpoint",
          team.url,
          "--unattended",
          ...more,
        ];
        spawn(process.execPath, args, { env, stdio: "ignore" }).once("exit", resolve);
      });
    expect(await run(base)).toBe(0);
    const steps = Number(readFileSync(trace, "utf8"));
    expect(steps).toBeGreaterThan(8);
    const seen = new Set<string>();
    for (let at = 1; at <= steps; at += 1) {
      rmSync(path.dirname(folder()), { recursive: true, force: true });
      await run({ ...base, DIE_AT: String(at) });
      seen.add(existsSync(folder()) ? `${readdirSync(folder()).length} files` : "nothing");
      // The next command begins by ending what was interrupted: all six files, or none.
      new EnrolmentFolder(path.dirname(folder())).recover();
      const left = everything(machine.dir).map(({ file }) => path.dirname(file));
      expect([0, 6]).toContain(left.filter((dir) => dir === folder()).length);
      expect(left.filter((dir) => dir.includes("enrolment."))).toEqual([]);
    }
    expect(seen).toEqual(new Set(["6 files", "nothing"]));
    rmSync(path.dirname(trace), { recursive: true });
  }, 180_000);
});
