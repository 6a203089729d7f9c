import { request } from "node:http";
import { afterEach, expect, it } from "vitest";
import { ServiceConfig } from "#config/service.ts";
import { readStatus } from "#state/status.ts";
import type { Status } from "#state/types.ts";
import { commitOf, FILE, Folder, record, TALOS } from "#state/testing.ts";
import { type Health, healthOf } from "./health.ts";
import { type HealthServer, startHealth } from "./health-server.ts";

const CANARY = "canary-0b1c";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(health: () => Health): Promise<HealthServer> {
  const server = await startHealth({ host: "127.0.0.1", port: 0 }, health);
  cleanups.push(() => server.close());
  return server;
}

function ask(
  port: number,
  over: { method?: string; path?: string; host?: string } = {},
): Promise<{ status: number | undefined; body: string }> {
  const { method = "GET", path = "/", host = "127.0.0.1" } = over;
  return new Promise((resolve, reject) => {
    request({ port, host: "127.0.0.1", method, path, headers: { host } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, body }));
    })
      .on("error", reject)
      .end();
  });
}

function status(change: (status: Status) => void): Status {
  const folder = new Folder();
  cleanups.push(() => folder.dispose());
  const store = folder.open();
  store.commit(commitOf(store, [record("r1")]));
  store.health(TALOS, { state: "ok", lastProblem: CANARY });
  const found = readStatus(folder.dir);
  if (found === undefined) throw new Error("no state");
  change(found);
  return found;
}

const healthIn = (name: string, state: "retrying" | "parked") => (found: Status) => {
  for (const destination of found.destinations) {
    if (destination.exporter !== name) continue;
    const known = found.destinations.find(({ exporter }) => exporter === TALOS)?.health;
    if (known !== undefined) destination.health = { ...known, exporter: name, state };
  }
};

it.each([
  { name: "all is well", change: () => {}, code: 200, answer: { status: "ok", troubles: [] } },
  {
    name: "a destination is not reached: normal for a laptop",
    change: healthIn(TALOS, "retrying"),
    code: 200,
    answer: { status: "degraded", troubles: ["destination_retrying"] },
  },
  {
    name: "a destination refuses",
    change: healthIn(FILE, "parked"),
    code: 503,
    answer: { status: "failing", troubles: ["destination_parked"] },
  },
  {
    name: "the books do not balance",
    change: (found: Status) => {
      found.balance.balanced = false;
    },
    code: 503,
    answer: { status: "failing", troubles: ["not_balanced"] },
  },
  {
    name: "a destination is detached",
    change: (found: Status) => {
      for (const destination of found.destinations) destination.detached = destination.exporter === FILE;
    },
    code: 200,
    answer: { status: "degraded", troubles: ["destination_detached"] },
  },
])("$name → $code", async ({ change, code, answer }) => {
  const found = status(change);
  const { port } = await serve(() => healthOf(found, () => false));
  const got = await ask(port);
  expect([got.status, JSON.parse(got.body)]).toEqual([code, answer]);
  expect(got.body).not.toContain(CANARY);
});

it("fails where the state cannot be read, and where a primary is full", () => {
  expect(healthOf(undefined, () => false)).toEqual({ status: "failing", troubles: ["state_unreadable"] });
  expect(
    healthOf(
      status(() => {}),
      (exporter) => exporter === TALOS,
    ).troubles,
  ).toEqual(["primary_full"]);
});

it.each([
  [{ host: "evil.example" }, 403],
  [{ host: "127.0.0.1.evil.example" }, 403],
  [{ method: "POST" }, 405],
  [{ path: "/metrics" }, 404],
  [{ host: "localhost:13133" }, 200],
  [{ method: "HEAD" }, 200],
])("answers %o with %i", async (over, code) => {
  const { port } = await serve(() => ({ status: "ok", troubles: [] }));
  expect((await ask(port, over)).status).toBe(code);
});

it("names the setting when its port is in use", async () => {
  const { port } = await serve(() => ({ status: "ok", troubles: [] }));
  await expect(
    startHealth({ host: "127.0.0.1", port }, () => ({ status: "ok", troubles: [] })),
  ).rejects.toThrow("service.health.endpoint: the port is in use; choose another");
});

it.each([
  ["127.0.0.1:13133", { host: "127.0.0.1", port: 13_133 }],
  ["[::1]:13133", { host: "::1", port: 13_133 }],
  ["localhost:1", { host: "localhost", port: 1 }],
  ["0.0.0.0:13133", undefined],
  ["192.168.1.2:13133", undefined],
  ["example.com:13133", undefined],
  ["127.0.0.1.example.com:13133", undefined],
  ["user@127.0.0.1:13133", undefined],
  ["127.0.0.1", undefined],
  [":13133", undefined],
  ["[::]:13133", undefined],
])("takes %s for %o", (endpoint, parsed) => {
  const pipelines = { logs: { receivers: ["a"], exporters: ["b"] } };
  const result = ServiceConfig.safeParse({ health: { endpoint }, pipelines });
  expect(result.data?.health.endpoint).toEqual(parsed);
});
