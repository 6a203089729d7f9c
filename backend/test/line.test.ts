import { expect, it } from "vitest";
import type { Me, Report, SessionsPage, Version } from "../domain/report.ts";
import { call, deliver, enrol, post, SentMessages, signIn } from "./client.ts";
import { logsRequest, promptRecord, requestRecord, uid } from "./records.ts";

const today = () => dayName(Math.floor(Date.now() / 1000) - 300);
const dayName = (atS: number) =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Zurich" }).format(atS * 1000);

it("a request that is sent is in the report, at its list price", async () => {
  const ada = await enrol();
  const sent = new SentMessages();
  const atS = Math.floor(Date.now() / 1000) - 300;
  const logs = logsRequest([
    promptRecord({ uid: uid(1), atS: atS - 30 }),
    requestRecord({ uid: uid(2), atS, values: { "talos.usage.web_search_requests": 2 } }),
  ]);
  const response = await post(ada.agentToken, logs, { INGEST: sent.queue() });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({});
  expect(await deliver(sent.bodies)).toEqual([{ kind: "ack" }]);

  const headers = { cookie: await signIn() };
  const range = `from=${today()}&to=${today()}`;
  const report = await (await call(`/api/report?${range}`, { headers })).json<Report>();
  expect(report.totals).toEqual({
    requests: 1,
    input: 6,
    cacheRead: 18_000,
    cacheWrite5m: 1200,
    cacheWrite1h: 4000,
    output: 412,
    webSearches: 2,
    listValue: "44932000000",
    unpricedRequests: 0,
    unpricedTokens: 0,
    partialRequests: 0,
    uncountedRequests: 0,
    selectedRequests: 0,
    sessions: 1,
    activeDevelopers: 1,
    prompts: 1,
  });
  expect(report.days).toHaveLength(1);
  expect(report.groups.developer).toMatchObject([
    { key: ada.developer, label: "Ada", sessions: 1, requests: 1 },
  ]);
  expect(report.groups.project).toMatchObject([
    { key: "c".repeat(64), label: "cccccccc", listValue: "44932000000" },
  ]);
  expect(report.groups.model).toMatchObject([{ key: "claude-sonnet-5-5", label: "claude-sonnet-5-5" }]);
  expect(report.series).toMatchObject({
    by: "model",
    rows: [{ listValue: ["44932000000"], tokens: [23_618] }],
  });
  expect(report.cache).toEqual({
    hitRatio: 18_000 / 23_206,
    saving: String(18_000 * 1_900_000 - 1200 * 500_000 - 4000 * 2_000_000),
  });

  const page = await (await call(`/api/sessions?${range}`, { headers })).json<SessionsPage>();
  expect(page.next).toBeNull();
  expect(page.sessions).toMatchObject([
    {
      id: "5".repeat(32),
      developer: { label: "Ada" },
      project: { label: "cccccccc" },
      prompts: 1,
      requests: 1,
    },
  ]);
  const [session] = page.sessions;
  expect(session?.endedAt).toBe(atS * 1000);
  expect(session?.activeMs).toBe((session?.endedAt ?? 0) - (session?.startedAt ?? 0));

  const me = await (await call("/api/me", { headers })).json<Me>();
  expect(me).toMatchObject({
    team: { name: "Acme", timeZone: "Europe/Zurich" },
    viewer: { label: "You" },
    demo: false,
  });
  expect(me.days).toEqual({ first: today(), last: today() });
  const { version } = await (await call("/api/version", { headers })).json<Version>();
  expect(version).toBe(report.version);
});
