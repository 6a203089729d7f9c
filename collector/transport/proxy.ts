import { BlockList, isIP } from "node:net";
import * as z from "zod";
import { secret } from "#config/secret.ts";
import { isLoopback } from "#config/endpoint.ts";

/** Control characters would end the header that carries them. */
const credential = secret().refine((value) => !/\p{Cc}/u.test(value.reveal()), {
  error: "must not hold control characters",
});

const proxyUrl = z
  .string()
  .refine((text) => proxyAddress(text) !== undefined, {
    error: "expected the proxy's address, such as http://proxy.example.com:3128",
  })
  .refine((text) => !text.includes("@"), {
    error: "must not hold a user name or password; use `username` and `password`",
  });

export const ProxyConfig = z
  .union(
    [
      z.enum(["environment", "none"]),
      z
        .strictObject({ url: proxyUrl, username: credential.optional(), password: credential.optional() })
        .refine((proxy) => proxy.password === undefined || proxy.username !== undefined, {
          path: ["username"],
          error: "is needed beside `password`",
        })
        .refine((proxy) => proxy.username === undefined || !proxy.username.reveal().includes(":"), {
          path: ["username"],
          error: "must not hold a colon",
        }),
    ],
    { error: 'expected "environment", "none", or `url` with `username` and `password`' },
  )
  .default("environment")
  .describe(
    "How https:// leaves this network. `environment`: by `HTTPS_PROXY` and `NO_PROXY`. `none`: directly. " +
      "Or `{ url, username, password }`.",
  );
export type ProxyConfig = z.output<typeof ProxyConfig>;

export interface ChosenProxy {
  /** With the credentials, as Node's agent takes it; undefined to connect directly. */
  url: string | undefined;
  /** A variable that is set and cannot be used. */
  unusable: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DIRECT: ChosenProxy = { url: undefined, unusable: undefined };

/**
 * The proxy for requests to `target`. What stays on this computer never passes one, and nothing but TLS ever does,
 * so a proxy sees a host's name and never a record.
 */
export function proxyFor(target: URL, config: ProxyConfig, env: Environment): ChosenProxy {
  if (config === "none" || target.protocol !== "https:" || isLoopback(target.hostname)) return DIRECT;
  if (config !== "environment") {
    const url = proxyAddress(config.url);
    if (url === undefined) return DIRECT;
    url.username = encodeURIComponent(config.username?.reveal() ?? "");
    url.password = encodeURIComponent(config.password?.reveal() ?? "");
    return { url: url.href, unusable: undefined };
  }
  const [name, value] = firstSet(env, ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]);
  if (value === "" || bypasses(target, firstSet(env, ["no_proxy", "NO_PROXY"])[1])) return DIRECT;
  const url = proxyAddress(value);
  return url === undefined ? { url: undefined, unusable: name } : { url: url.href, unusable: undefined };
}

function firstSet(env: Environment, names: readonly string[]): [name: string, value: string] {
  for (const name of names) {
    const value = env[name]?.trim() ?? "";
    if (value !== "") return [name, value];
  }
  return ["", ""];
}

/** `proxy:3128` means `http://proxy:3128`, as everywhere. */
function proxyAddress(text: string): URL | undefined {
  const full = text.includes("://") ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || /[\r\n]/.test(text))
    return undefined;
  return decodes(url.username) && decodes(url.password) ? url : undefined;
}

/** Node decodes credentials and throws, with the address in its text, where they do not. */
function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** True when an entry of `NO_PROXY` names the host: `*`, a name and all below it, an address, a range as `10.0.0.0/8`. */
export function bypasses(target: URL, list: string): boolean {
  const host = target.hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  const port = target.port === "" ? "443" : target.port;
  return list.split(/[\s,]+/).some((entry) => entry !== "" && covers(entry.toLowerCase(), host, port));
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  if (isIP(host) !== 0 && entry.includes("/")) return isWithin(entry, host);
  const [, name = entry, only] =
    /^\[?([^\]]+?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (only !== undefined && only !== port) return false;
  const suffix = name.replace(/^\*?\./, "");
  return host === suffix || (isIP(host) === 0 && host.endsWith(`.${suffix}`));
}

function isWithin(range: string, host: string): boolean {
  const [network = "", bits = ""] = range.split("/");
  const family = isIP(network) === 4 ? "ipv4" : "ipv6";
  if (isIP(network) === 0 || isIP(network) !== isIP(host) || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === "ipv4" ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(host, family);
}
