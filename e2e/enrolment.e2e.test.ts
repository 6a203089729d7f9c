/** `talos enroll` against both Workers as they really run: three machines of one person, and a database put back. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Machine, until } from "../collector/cmd/testing.ts";
import { LocalBackend } from "./backend.ts";

let backend: LocalBackend;
const machines: Machine[] = [];

beforeAll(async () => {
  backend = await LocalBackend.start();
});

afterAll(async () => {
  for (const machine of machines) await machine.dispose();
  await backend.close();
});

const newToken = async (of: object) =>
  (await backend.ask<{ secret: string }>("POST", "/api/enrolment-tokens", of)).secret;
const bulk = { kind: "bulk", maxUses: 10 };

/** A fresh home, enrolled. */
async function enrolled(token: string, login: string): Promise<Machine> {
  const machine = new Machine();
  machines.push(machine);
  rmSync(machine.configFile);
  const ran = await machine.talosAlone(
    "enroll",
    token,
    "--endpoint",
    backend.url,
    "--unattended",
    "--login",
    login,
  );
  expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: "" });
  return machine;
}

const folderOf = (machine: Machine) => path.join(machine.dir, ".config/talos-auditor/enrolment");
const fileOf = (machine: Machine, name: string) => readFileSync(path.join(folderOf(machine), name), "utf8");

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

interface Report {
  groups: { project: { requests: number; output: number }[] };
}

interface Agents {
  agents: { id: string; developer: { id: string }; seenAt: number | null }[];
}

it("three machines of one person are one developer and three agents, and the tokens are nowhere else", async () => {
  const before = (await backend.get<Agents>("/api/agents")).agents.map(({ id }) => id);
  const token = await newToken(bulk);
  const own: Machine[] = [];
  for (const login of ["ada", "CORP\\Ada", "ada@corp.example"]) own.push(await enrolled(token, login));
  const other = await enrolled(token, "bob");

  const listed = (await backend.get<Agents>("/api/agents")).agents.filter(({ id }) => !before.includes(id));
  expect(listed).toHaveLength(4);
  const agents = own.map(
    (machine) => (JSON.parse(fileOf(machine, "enrolment.json")) as { agent: string }).agent,
  );
  const developersOf = (ids: string[]) =>
    new Set(listed.filter(({ id }) => ids.includes(id)).map(({ developer }) => developer.id));
  expect(new Set(agents).size).toBe(3);
  expect(developersOf(agents).size).toBe(1);
  expect(new Set(listed.map(({ developer }) => developer.id)).size).toBe(2);

  for (const machine of [...own, other]) {
    const folder = folderOf(machine);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder).map((name) => statSync(path.join(folder, name)).mode & 0o777)).toEqual(
      readdirSync(folder).map(() => 0o600),
    );
    expect(fileOf(machine, "salt")).toBe(backend.salt);
    expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  }
  const seen = (await backend.get<Agents>("/api/agents")).agents.filter(({ id }) => agents.includes(id));
  expect(seen.map(({ seenAt }) => seenAt !== null)).toEqual([true, true, true]);

  // Secrets: each in its own file, in no log, in nothing that the Workers keep, in no output.
  const files = [...machines.flatMap(({ dir }) => filesBelow(dir)), ...filesBelow(backend.folder.root)];
  const holding = (secret: string) => files.filter((file) => readFileSync(file, "latin1").includes(secret));
  const [shown = "", , grouping = ""] = token.split(".");
  expect(holding(shown)).toEqual([]);
  expect(holding(grouping)).toEqual([]);
  for (const machine of [...own, other]) {
    const agentToken = fileOf(machine, "token");
    expect(holding(agentToken)).toEqual([path.join(folderOf(machine), "token")]);
    expect(machines.map(({ output }) => output.includes(agentToken) || output.includes(shown))).not.toContain(
      true,
    );
  }
});

it("`talos account` shows a machine on its user's own page, and on nobody else's", async () => {
  const [machine] = machines;
  if (machine === undefined) throw new Error("no machine is enrolled");
  const { stdout } = await machine.talosAlone("account");
  const link = new URL(/^ {2}(http\S+)$/m.exec(stdout)?.[1] ?? "");
  expect(link.href).toMatch(`${backend.url}/settings/account#`);
  const code = link.hash.slice(1);
  const own = "/api/account/machines";
  const invited = { email: "guest@corp.example", role: "admin" };
  const invite = new URL((await backend.ask<{ link: string }>("POST", "/api/invites", invited)).link);
  const asGuest = (method: string, route: string, cookie: string, body?: object) =>
    fetch(`${backend.url}${route}`, {
      method,
      headers: { cookie, origin: backend.url, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const joining = { code: invite.hash.slice(1), label: "Guest" };
  const joined = await asGuest("POST", "/api/invites/accept", "", joining);
  const [guest = ""] = (joined.headers.getSetCookie()[0] ?? "").split(";");
  await backend.ask("POST", own, { code });
  expect((await asGuest("POST", own, guest, { code })).status).toBe(409);
  const { agent } = JSON.parse(fileOf(machine, "enrolment.json")) as { agent: string };
  const status = await machine.talosAlone("status", "--json");
  const { privacy } = JSON.parse(status.stdout) as { privacy: { mode: string; setBy: string } };
  const inForce = { mode: privacy.mode, setBy: privacy.setBy };
  expect(await backend.get(own)).toMatchObject({ machines: [{ id: agent, inForce, accepted: null }] });
  const theirs = await asGuest("GET", own, guest);
  expect([theirs.status, await theirs.json()]).toMatchObject([200, { machines: [] }]);
  const files = [...filesBelow(machine.dir), ...filesBelow(backend.folder.root)];
  expect(files.filter((file) => readFileSync(file, "latin1").includes(code))).toEqual([]);
});

it("records of an enrolled machine arrive under its developer", async () => {
  const machine = await enrolled(await newToken(bulk), "carol");
  const projects = path.join(machine.dir, ".claude/projects");
  // The first start marks the moment from which it follows.
  await machine.talosAlone("run", "--once");
  machine.request("s", { output: 42 });
  cpSync(path.join(machine.home, "projects"), projects, { recursive: true });
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  const today = new Date().toISOString().slice(0, 10);
  await until(async () => {
    const report = await backend.get<{ totals: { output: number } }>(`/api/report?from=${today}&to=${today}`);
    return report.totals.output === 42;
  }, "the record arrived");
});

it("a repository is one project for everybody once the team wants that, and its address is nowhere", async () => {
  await backend.ask("PATCH", "/api/team", { features: { projects: true } });
  const token = await newToken(bulk);
  for (const [login, remote] of [
    ["gus", "git@github.com:CANARY-acme/app.git"],
    ["hal", "https://github.com/CANARY-acme/app"],
  ] as const) {
    const machine = await enrolled(token, login);
    await machine.talosAlone("run", "--once");
    const clone = path.join(machine.dir, `clone-of-${login}`);
    mkdirSync(path.join(clone, ".git"), { recursive: true });
    writeFileSync(path.join(clone, ".git/config"), `[remote "origin"]\n\turl = ${remote}\n`);
    machine.request(login, { output: 1_000, cwd: path.join(clone, "src") });
    cpSync(path.join(machine.home, "projects"), path.join(machine.dir, ".claude/projects"), {
      recursive: true,
    });
    expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  }
  const today = new Date().toISOString().slice(0, 10);
  await until(async () => {
    const { groups } = await backend.get<Report>(`/api/report?from=${today}&to=${today}`);
    return groups.project.some(({ requests, output }) => requests === 2 && output === 2_000);
  }, "both requests are of one project");
  const stored = filesBelow(backend.folder.root).filter((file) =>
    readFileSync(file, "latin1").includes("CANARY"),
  );
  expect(stored).toEqual([]);
  for (const machine of machines.slice(-2)) expect(machine.output).not.toContain("CANARY");
});

it("a machine is revoked, and says what to do; it leaves, and its token is worth nothing", async () => {
  const machine = await enrolled(await newToken({ kind: "person" }), "dora");
  const { agent } = JSON.parse(fileOf(machine, "enrolment.json")) as { agent: string };
  await backend.ask("DELETE", `/api/agents/${agent}`);
  const ran = await machine.talosAlone("run", "--once");
  expect(ran.stderr).toContain("does not take this machine's token any more");
  const left = await machine.talosAlone("unenroll", "--yes");
  expect(left.code).toBe(0);
  expect(existsSync(folderOf(machine))).toBe(false);

  const second = await enrolled(await newToken({ kind: "person" }), "dora");
  const token = fileOf(second, "token");
  expect((await second.talosAlone("unenroll", "--yes", "--erase")).stdout).toContain("asked to erase");
  const after = await fetch(`${backend.url}/v1/agent/config`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect([401, 403]).toContain(after.status);
});

it("a token that is a month old is exchanged, also when the answer before was lost, and the old one ends", async () => {
  const machine = await enrolled(await newToken(bulk), "fay");
  const isTaken = async (token: string) =>
    (await fetch(`${backend.url}/v1/agent/config`, { headers: { authorization: `Bearer ${token}` } })).ok;
  const tokens = [fileOf(machine, "token")];
  for (const asked of [false, true]) {
    writeFileSync(path.join(folderOf(machine), "rotation.json"), JSON.stringify({ since: 0, asked }));
    expect((await machine.talosAlone("run", "--once")).stderr).toContain("exchanged for a new one");
    tokens.push(fileOf(machine, "token"));
  }
  expect(new Set(tokens).size).toBe(3);
  expect(await Promise.all(tokens.map(isTaken))).toEqual([false, false, true]);
});

it("a restored older database cannot make an agent accept an older configuration", async () => {
  const modeOf = (machine: Machine) => {
    const { signed } = JSON.parse(fileOf(machine, "policy.json")) as { signed: { payload: string } };
    return JSON.parse(Buffer.from(signed.payload, "base64url").toString()) as {
      mode: string;
      version: number;
    };
  };
  await backend.ask("PUT", "/api/team/mode", { mode: "full", confirm: "full" });
  const machine = await enrolled(await newToken(bulk), "eve");
  const loose = modeOf(machine);
  expect(loose.mode).toBe("full");
  await backend.stop();
  const copy = `${backend.folder.workers}-copy`;
  cpSync(backend.folder.workers, copy, { recursive: true });

  await backend.up();
  await backend.ask("PUT", "/api/team/mode", { mode: "off" });
  await machine.talosAlone("run", "--once");
  const strict = modeOf(machine);
  expect(strict.mode).toBe("off");
  expect(strict.version).toBeGreaterThan(loose.version);

  await backend.stop();
  rmSync(backend.folder.workers, { recursive: true });
  cpSync(copy, backend.folder.workers, { recursive: true });
  rmSync(copy, { recursive: true });
  await backend.up();
  // The machine's state is lost as well: what was seen is kept apart from it.
  rmSync(path.join(machine.dir, ".local/state/talos-auditor"), { recursive: true });
  const ran = await machine.talosAlone("run", "--once");
  expect(ran.stderr).toContain("refusal=older_version");
  expect(modeOf(machine)).toEqual(strict);

  // A change that is made after the restore is newer than anything before it.
  await backend.ask("PUT", "/api/team/mode", { mode: "categorize_local", confirm: "categorize_local" });
  await machine.talosAlone("run", "--once");
  expect(modeOf(machine)).toMatchObject({ mode: "categorize_local" });
  await backend.ask("PUT", "/api/team/mode", { mode: "off" });
});
