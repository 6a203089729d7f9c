import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { makeCertificates } from "#testkit/certificate.ts";
import { ConnectProxy, type ConnectProxyOptions } from "#testkit/connect-proxy.ts";
import { logsRequest, type TestSettings, testSettings } from "#testkit/fakes.ts";
import { HttpFaultServer } from "#testkit/http-fault-server.ts";
import { OtlpHttpConfig } from "./config.ts";
import { OtlpHttpExporter } from "./exporter.ts";
import { bypasses, ProxyConfig, proxyFor } from "../../collector/transport/proxy.ts";

const HOST = "talos.example.test";
const PASSWORD = "p@ss/wörd:canary-77";
const target = new URL(`https://${HOST}/v1/logs`);

const problems = (input: unknown) =>
  ProxyConfig.safeParse(input).error?.issues.map(({ path: at, message }) => `${at.join(".")}: ${message}`);

describe("NO_PROXY", () => {
  it.each([
    ["", false],
    ["*", true],
    [HOST, true],
    ["example.test", true],
    [".example.test", true],
    ["*.example.test", true],
    ["ample.test", false],
    ["other.test, talos.example.test", true],
    ["a b talos.EXAMPLE.test", true],
    ["talos.example.test:443", true],
    ["talos.example.test:8443", false],
  ])("%j covers the host: %s", (list, covered) => {
    expect(bypasses(target, list)).toBe(covered);
  });

  it.each([
    ["https://10.1.2.3/", "10.0.0.0/8", true],
    ["https://11.1.2.3/", "10.0.0.0/8", false],
    ["https://10.1.2.3/", "10.1.2.3", true],
    ["https://10.1.2.3/", "2.3", false],
    ["https://[fd00::1]/", "fd00::/8", true],
    ["https://[fd00::1]/", "fd00::1", true],
    ["https://[fd00::1]:8443/", "[fd00::1]:443", false],
    ["https://10.1.2.3/", "10.0.0.0/99,nonsense/8", false],
  ])("of %s, %s: %s", (url, list, covered) => {
    expect(bypasses(new URL(url), list)).toBe(covered);
  });
});

describe("the proxy", () => {
  it.each([
    [{}, undefined],
    [{ HTTPS_PROXY: "http://proxy:3128" }, "http://proxy:3128/"],
    [{ HTTPS_PROXY: "proxy:3128" }, "http://proxy:3128/"],
    [{ https_proxy: "http://lower:1", HTTPS_PROXY: "http://upper:1" }, "http://lower:1/"],
    [{ ALL_PROXY: "http://all:1" }, "http://all:1/"],
    [{ HTTP_PROXY: "http://plain:1" }, undefined],
    [{ HTTPS_PROXY: "http://proxy:3128", NO_PROXY: ".example.test" }, undefined],
    [{ HTTPS_PROXY: "  " }, undefined],
  ])("of %j is %s", (env, url) => {
    expect(proxyFor(target, "environment", env)).toEqual({ url, unusable: undefined });
  });

  it("is not used for this computer's own addresses, nor ever without TLS, nor when it is turned off", () => {
    const env = { HTTPS_PROXY: "http://proxy:1", HTTP_PROXY: "http://proxy:1", ALL_PROXY: "http://proxy:1" };
    for (const url of ["https://localhost:1/", "https://127.0.0.9/", "https://[::1]/", "http://127.0.0.1/"]) {
      expect(proxyFor(new URL(url), "environment", env).url).toBeUndefined();
    }
    expect(proxyFor(target, "none", env).url).toBeUndefined();
  });

  it.each(["socks5://proxy:1", "http://proxy:99999", "http://%E0%A4%A@proxy:1"])(
    "of %s is none that can be used: the variable is named, its value is not",
    (value) => {
      const chosen = proxyFor(target, "environment", { ALL_PROXY: value });
      expect(chosen).toEqual({ url: undefined, unusable: "ALL_PROXY" });
    },
  );

  it.each([
    [
      { url: "http://me:canary@proxy" },
      "url: must not hold a user name or password; use `username` and `password`",
    ],
    [{ url: "socks5://proxy" }, "url: expected the proxy's address, such as http://proxy.example.com:3128"],
    [{ url: "http://proxy", password: "canary" }, "username: is needed beside `password`"],
    [{ url: "http://proxy", username: "canary:x", password: "y" }, "username: must not hold a colon"],
    [
      { url: "http://proxy", username: "x", password: "canary\r\n" },
      "password: must not hold control characters",
    ],
  ])("refuses %o", (input, problem) => {
    expect(inspect(problems(input))).not.toContain("canary");
    expect(problems(input)?.join()).toContain(problem);
  });
});

describe("through a real proxy", () => {
  const origin = makeCertificates(HOST);
  const company = makeCertificates(HOST);
  const cleanups: (() => Promise<unknown>)[] = [];
  let server: HttpFaultServer;
  let folder: string;

  beforeEach(async () => {
    server = await HttpFaultServer.start(origin);
    folder = await mkdtemp(path.join(tmpdir(), "otlp-proxy-"));
    await writeFile(path.join(folder, "company.pem"), company.ca);
    await writeFile(path.join(folder, "origin.pem"), origin.ca);
    cleanups.push(
      () => rm(folder, { recursive: true }),
      () => server.close(),
    );
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  async function proxyOf(options: Omit<ConnectProxyOptions, "to">): Promise<ConnectProxy> {
    const proxy = await ConnectProxy.start({ to: { port: server.port }, ...options });
    cleanups.push(() => proxy.close());
    return proxy;
  }

  /** Sends five records with the settings as a user writes them. */
  async function send(yaml: string, settings: TestSettings = testSettings()) {
    const config = OtlpHttpConfig.parse(parse(`endpoint: https://${HOST}:8443\n${yaml}`));
    const exporter = new OtlpHttpExporter(settings, config);
    await exporter.start();
    cleanups.push(() => exporter.shutdown());
    const result = await exporter.send(logsRequest(5), AbortSignal.timeout(10_000));
    const again = await exporter.send(logsRequest(5), AbortSignal.timeout(10_000));
    expect(inspect([result, config], { depth: 9 }) + settings.said()).not.toContain("canary");
    return [result, again];
  }

  const delivered = { kind: "delivered", rejected: 0 };

  it("with authentication and an authority of its own: two lines of YAML", async () => {
    const proxy = await proxyOf({
      credentials: `ana:${PASSWORD}`,
      intercept: { shows: company, trusts: origin.ca },
    });
    const yaml = [
      `proxy: { url: "${proxy.url}", username: ana, password: "${PASSWORD}" }`,
      `tls: { ca_file: "${folder}/company.pem" }`,
    ];
    expect(await send(yaml.join("\n"))).toEqual([delivered, delivered]);
    expect(server.received.map(({ logs }) => logs)).toEqual([logsRequest(5), logsRequest(5)]);
    expect(proxy).toMatchObject({ asked: [`${HOST}:8443`], refused: 0 });
    expect(proxy.read).toContain("POST /v1/logs");
  });

  it("by the environment, with authentication; the tunnel is TLS to the server, and is kept", async () => {
    const proxy = await proxyOf({ credentials: `ana:${PASSWORD}` });
    const address = proxy.url.replace("//", `//ana:${encodeURIComponent(PASSWORD)}@`);
    const settings = testSettings({ platform: { env: { HTTPS_PROXY: address, NO_PROXY: "localhost" } } });
    const yaml = `token: secret-token\ntls: { ca_file: "${folder}/origin.pem" }`;
    expect(await send(yaml, settings)).toEqual([delivered, delivered]);
    expect(proxy.asked).toEqual([`${HOST}:8443`]);
    expect(proxy.heads).not.toMatch(/secret-token|talos-auditor|user-agent/i);
  });

  it("without credentials: kept and said, and nothing reaches the server", async () => {
    const proxy = await proxyOf({ credentials: `ana:${PASSWORD}` });
    const [result] = await send(`proxy: { url: "${proxy.url}" }\ntls: { ca_file: "${folder}/origin.pem" }`);
    expect(result).toEqual({
      kind: "park",
      destination: true,
      reason: "the proxy answered 407: it wants `proxy.username` and `proxy.password`",
    });
    expect([server.received.length, proxy.refused]).toEqual([0, 2]);
  });

  it("an authority that is not trusted is refused, with what to do", async () => {
    const proxy = await proxyOf({ intercept: { shows: company, trusts: origin.ca } });
    const [result] = await send(`proxy: { url: "${proxy.url}" }`);
    expect(result).toMatchObject({ kind: "retry", reason: expect.stringContaining("tls.ca_file") });
    expect(proxy.read).toBe("");
  });

  it("`system_cas: false` trusts `ca_file` alone, and so no proxy", async () => {
    const proxy = await proxyOf({ intercept: { shows: company, trusts: origin.ca } });
    const yaml = `proxy: { url: "${proxy.url}" }\ntls: { ca_file: "${folder}/origin.pem", system_cas: false }`;
    const [result] = await send(yaml);
    expect(result).toMatchObject({
      kind: "retry",
      reason: expect.stringMatching(/^connection failed: [A-Z_]+/),
    });
    expect(proxy.read).toBe("");
  });

  it("a proxy that is not there is a failed connection, to be tried again", async () => {
    const proxy = await proxyOf({});
    const { url } = proxy;
    await proxy.close();
    expect((await send(`proxy: { url: "${url}" }`))[0]).toEqual({
      kind: "retry",
      reason: "connection failed: ECONNREFUSED",
    });
  });

  it("one that cannot be used is named once, without its address", async () => {
    const settings = testSettings({ platform: { env: { ALL_PROXY: "socks5://canary:1" } } });
    await send("", settings);
    expect(settings.lines).toMatchObject([{ level: "warn", fields: { variable: "ALL_PROXY" } }]);
  });
});
