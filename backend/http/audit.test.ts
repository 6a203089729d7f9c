import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { signedBytes } from "#proto/agent-api.ts";
import { chainText, exportText } from "#proto/audit-chain.ts";
import { fromHex, toHex } from "#proto/hex.ts";
import { auditActor, SYSTEM } from "../domain/audit.ts";
import { audited } from "../store/audit.ts";
import { cleanUpSealed } from "../queue/nightly.ts";
import { call, deliver, enrol, messagesOf, ORIGIN, signIn } from "../test/client.ts";
import { logsRequest, requestRecord, uid } from "../test/records.ts";

interface Entry {
  seq: number;
  at: number;
  action: string;
  actorLabel: string;
  actorId: string;
  actorKind: string;
  target: string;
  metadata: string;
  hash: string;
}

const DAY_MS = 86_400_000;
let cookie = "";
beforeEach(async () => {
  await enrol();
  cookie = await signIn({ role: "admin", viewer: "Grace" });
});

const get = (path: string, as = cookie) => call(path, { headers: { cookie: as } });
const read = async <T>(path: string) => (await get(path)).json<T>();
const append = (n: number, label = "Talos Auditor") =>
  audited(env.DB, 1, { actor: { ...SYSTEM, label }, action: "team.update", metadata: { n } }, Date.now(), []);
const linesIn = async (path: string) =>
  (await (await get(path)).text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Entry);

describe("reading the trail", () => {
  it("goes from the newest back, page by page, and by action", async () => {
    for (let n = 0; n < 205; n += 1) await append(n);
    const seen: number[] = [];
    let cursor: string | null = "";
    for (let pages = 0; cursor !== null && pages < 9; pages += 1) {
      const page: { entries: Entry[]; next: string | null } = await read(
        `/api/audit${cursor === "" ? "" : `?cursor=${cursor}`}`,
      );
      expect(page.entries.length).toBeLessThanOrEqual(100);
      seen.push(...page.entries.map(({ seq }) => seq));
      cursor = page.next;
    }
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => seen.length - index));
    expect(seen.length).toBeGreaterThanOrEqual(205);
    const own = await read<{ entries: Entry[] }>("/api/audit?action=sign_in");
    expect(new Set(own.entries.map(({ action }) => action))).toEqual(new Set(["sign_in"]));
  });

  it.each(["?cursor=-1", "?cursor=1e9", "?cursor=0", "?action=nothing", "?limit=9"])(
    "refuses %s",
    async (query) => expect((await get(`/api/audit${query}`)).status).toBe(400),
  );

  it.each(["viewer", "manager"] as const)("is not for a %s", async (role) => {
    const as = await signIn({ role, viewer: role });
    for (const path of ["/api/audit", "/api/audit/check", "/api/audit/export"]) {
      expect((await get(path, as)).status).toBe(403);
    }
    expect((await call("/api/audit")).status).toBe(401);
  });
});

describe("checking the trail", () => {
  interface Check {
    checked: number;
    broken: number | null;
    next: string | null;
    head: { seq: number; hash: string };
  }

  it("goes on where it ended, and finds what was changed on any page", { timeout: 60_000 }, async () => {
    const count = 5200;
    await env.DB.prepare("DELETE FROM audit").run();
    await env.DB.prepare("DELETE FROM audit_heads").run();
    const team = (await env.DB.prepare("SELECT public_id p FROM teams").first<string>("p")) ?? "";
    let hash = "0".repeat(64);
    const rows: unknown[] = [];
    for (let seq = 1; seq <= count; seq += 1) {
      const row = {
        seq,
        at: seq,
        actorKind: "system",
        actorId: "",
        actorLabel: "",
        action: "export",
        target: "",
        metadata: "{}",
      };
      const text = new TextEncoder().encode(chainText(team, row, hash));
      hash = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", text)));
      rows.push([seq, hash]);
    }
    await env.DB.prepare(
      `INSERT INTO audit SELECT 1, value ->> 0, value ->> 0, 'system', '', '', 'export', '', '{}', unhex(value ->> 1) FROM json_each(?1)`,
    )
      .bind(JSON.stringify(rows))
      .run();
    await env.DB.prepare("INSERT INTO audit_heads (team, seq, hash) VALUES (1, ?1, unhex(?2))")
      .bind(count, hash)
      .run();
    const first = await read<Check>("/api/audit/check");
    expect(first).toEqual({ checked: 5000, broken: null, next: "5000", head: { seq: count, hash } });
    expect(await read<Check>(`/api/audit/check?cursor=${first.next}`)).toMatchObject({
      checked: 200,
      broken: null,
      next: null,
    });
    await env.DB.prepare("UPDATE audit SET actor_label = 'x' WHERE seq = 5100").run();
    expect(await read<Check>("/api/audit/check?cursor=5000")).toMatchObject({ broken: 5100, next: null });
    await env.DB.prepare("DELETE FROM audit WHERE seq = 77").run();
    expect(await read<Check>("/api/audit/check")).toMatchObject({ checked: 76, broken: 77, next: null });
  });

  it("finds that the last entries are gone, also when the head was moved with them", async () => {
    for (let n = 0; n < 5; n += 1) await append(n);
    // Any change seals the trail.
    const made = await call("/api/keys", {
      method: "POST",
      headers: { cookie, origin: ORIGIN, "content-type": "application/json" },
      body: JSON.stringify({ label: "K", scopes: ["team:read"] }),
    });
    expect(made.status).toBe(200);
    const { head } = await read<Check>("/api/audit/check");
    await env.DB.prepare("DELETE FROM audit WHERE seq = ?1").bind(head.seq).run();
    expect(await read<Check>("/api/audit/check")).toMatchObject({ broken: head.seq });
    await env.DB.prepare("UPDATE audit_heads SET seq = ?1, hash = (SELECT hash FROM audit WHERE seq = ?1)")
      .bind(head.seq - 1)
      .run();
    expect(await read<Check>("/api/audit/check")).toMatchObject({ broken: head.seq });
  });

  it("is sealed by a change alone", async () => {
    await env.DB.prepare("UPDATE audit_heads SET seal = x''").run();
    await call("/api/keys", {
      method: "POST",
      headers: { cookie, origin: ORIGIN, "content-type": "application/json" },
      body: JSON.stringify({ label: "K", scopes: ["team:read"] }),
    });
    expect(await env.DB.prepare("SELECT length(seal) n FROM audit_heads").first<number>("n")).toBeGreaterThan(
      100,
    );
  });
});

describe("exporting the trail", () => {
  it("gives a signed chain that can be verified by the documented format, itself included", async () => {
    for (let n = 0; n < 2100; n += 300) await Promise.all(Array.from({ length: 8 }, (_, k) => append(n + k)));
    const response = await get("/api/audit/export");
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="talos-audit.ndjson"');
    const lines = (await response.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, never>);
    const [head, ...rest] = lines as never as [
      { type: "talos-audit-1"; team: string; exportedAt: number; after: { seq: number; hash: string } },
      ...Entry[],
    ];
    const end = rest.pop() as never as { seq: number; hash: string; key: string; signature: string };
    let hash = head.after.hash;
    for (const entry of rest) {
      const text = new TextEncoder().encode(chainText(head.team, entry, hash));
      hash = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", text)));
      expect([entry.seq, entry.hash]).toEqual([entry.seq, hash]);
    }
    expect(rest.map(({ seq }) => seq)).toEqual(rest.map((_, index) => index + 1));
    expect([end.seq, end.hash]).toEqual([rest.length, hash]);
    expect(rest.at(-1)).toMatchObject({
      action: "export",
      actorLabel: "Grace",
      metadata: '{"kind":"audit","format":"ndjson"}',
    });
    const key = await crypto.subtle.importKey("raw", fromHex(end.key), { name: "Ed25519" }, false, [
      "verify",
    ]);
    const text = signedBytes("talos-audit-export-1", new TextEncoder().encode(exportText(head, end)));
    expect(await crypto.subtle.verify({ name: "Ed25519" }, key, fromHex(end.signature), text)).toBe(true);
    const { fingerprint } = await read<{ fingerprint: string }>("/api/team");
    expect(toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", fromHex(end.key))))).toBe(fingerprint);
  });

  it("reads more than one page, and what is appended meanwhile is not in it", async () => {
    await env.DB.prepare("DELETE FROM audit").run();
    await env.DB.prepare("DELETE FROM audit_heads").run();
    await env.DB.prepare(
      `INSERT INTO audit WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 2500)
        SELECT 1, n, n, 'system', '', '', 'export', '', '{}', randomblob(32) FROM s`,
    ).run();
    await env.DB.prepare(
      "INSERT INTO audit_heads (team, seq, hash) SELECT 1, seq, hash FROM audit WHERE seq = 2500",
    ).run();
    const response = await get("/api/audit/export");
    await append(1);
    const lines = (await response.text()).trim().split("\n");
    expect(lines.length).toBe(2501 + 2);
  });

  it("as CSV is safe to open: no name is a formula, and each is on its own line", async () => {
    const hostile = ['=HYPERLINK("x")', "+1", "-1", "@a", "\tx", "'=1", 'a,"b"\nc', "＝1"];
    for (const [n, label] of hostile.entries()) await append(n, label);
    const response = await get("/api/audit/export?format=csv");
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    const text = await response.text();
    expect(text.split("\r\n")[0]).toBe("seq,at,actorKind,actorId,actorLabel,action,target,metadata,hash");
    for (const label of hostile.slice(0, 6)) expect(text).toContain(`'${label.replaceAll('"', '""')}`);
    expect(text).toContain('"a,""b""\nc"');
    expect(text).toContain("'＝1");
    expect(text).not.toMatch(/[,\n]"?[=+@\t]/);
  });

  it("of one team holds nothing of another", async () => {
    await enrol({ team: "Other", developer: "Eve" });
    const other = await signIn({ team: "Other", role: "owner", viewer: "Mallory" });
    expect(await (await get("/api/audit/export", other)).text()).not.toContain("Grace");
    expect(await (await get("/api/audit/export")).text()).not.toContain("Mallory");
  });
});

describe("entries that are over", () => {
  it("go at night in the Worker that holds the keys, and exports begin behind them", async () => {
    await append(1);
    await append(2);
    const old = Date.now() - 731 * DAY_MS;
    const before = (await linesIn("/api/audit/export")).length - 2;
    await env.DB.prepare("DELETE FROM audit").run();
    await env.DB.prepare("DELETE FROM audit_heads").run();
    for (const nowMs of [old, old + 1, Date.now()]) {
      await audited(env.DB, 1, { actor: SYSTEM, action: "export" }, nowMs, []);
    }
    await cleanUpSealed(env, Date.now());
    expect(before).toBeGreaterThan(2);
    const lines = await linesIn("/api/audit/export");
    expect(lines[0]).toMatchObject({ after: { seq: 2 } });
    expect(lines.slice(1, -1).map(({ seq }) => seq)).toEqual([3, 4]);
    expect(await read("/api/audit/check")).toMatchObject({ checked: 2, broken: null, next: null });
  });
});

describe("exporting usage", () => {
  const day = new Date().toISOString().slice(0, 10);

  it("gives sums by day, developer, project, model and origin, with their names, and is in the trail", async () => {
    const ada = await enrol();
    await deliver(
      messagesOf(ada, logsRequest([requestRecord({ uid: uid(1) }), requestRecord({ uid: uid(2) })])),
    );
    const from = new Date(Date.now() - 40 * DAY_MS).toISOString().slice(0, 10);
    const response = await get(`/api/export/usage?from=${from}&to=${day}&format=ndjson`);
    const rows = (await response.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const report = await read<{ totals: Record<string, unknown> }>(`/api/report?from=${from}&to=${day}`);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ developer: ada.developer, developerLabel: "Ada", requests: 2 });
    for (const name of ["input", "output", "cacheRead", "cacheWrite5m", "cacheWrite1h"]) {
      expect([name, rows[0]?.[name]]).toEqual([name, report.totals[name]]);
    }
    expect(rows[0]?.["listValuePicodollars"]).toBe(report.totals["listValue"]);
    const { entries } = await read<{ entries: Entry[] }>("/api/audit?action=export");
    expect(JSON.parse(entries[0]?.metadata ?? "")).toEqual({
      kind: "usage",
      format: "ndjson",
      from,
      to: day,
    });
    const csv = await (await get(`/api/export/usage?from=${from}&to=${day}`)).text();
    expect(csv.trim().split("\r\n")).toHaveLength(2);
  });

  it.each(["from=2026-01-02&to=2026-01-01", "from=2020-01-01&to=2026-01-01", "from=x&to=y", `from=${day}`])(
    "refuses %s, and notes nothing",
    async (query) => {
      expect((await get(`/api/export/usage?${query}`)).status).toBe(400);
      expect((await read<{ entries: Entry[] }>("/api/audit?action=export")).entries).toEqual([]);
    },
  );

  it("is not begun by another site, which would leave an entry in somebody's name", async () => {
    for (const path of ["/api/audit/export", `/api/export/usage?from=${day}&to=${day}`]) {
      for (const site of ["cross-site", "same-site"]) {
        const { status } = await call(path, { headers: { cookie, "sec-fetch-site": site } });
        expect([path, site, status]).toEqual([path, site, 403]);
      }
    }
    expect((await read<{ entries: Entry[] }>("/api/audit?action=export")).entries).toEqual([]);
    const own = await call("/api/audit/export", { headers: { cookie, "sec-fetch-site": "same-origin" } });
    expect(own.status).toBe(200);
    await own.body?.cancel();
  });

  it("is not for viewers, and names whoever exported", async () => {
    const as = await signIn({ role: "viewer", viewer: "V" });
    expect((await get(`/api/export/usage?from=${day}&to=${day}`, as)).status).toBe(403);
    const actor = { kind: "api_key", team: 1, id: "key_1", label: "Grafana", scopes: [] } as const;
    expect(auditActor(actor)).toEqual({ kind: "api_key", id: "key_1", label: "Grafana" });
  });
});
