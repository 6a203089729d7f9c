import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import process from "node:process";
import type { SecureContext } from "node:tls";
import type { Settings } from "#component/component.ts";
import { errorCode } from "#component/error-code.ts";
import { expandPath } from "#config/paths.ts";
import type { TlsConfig } from "./config.ts";

/** Not imported: most of a start needs none of it. */
const tls = () => process.getBuiltinModule("node:tls");

/**
 * Whom to trust, read once: the well-known authorities, those of this computer (where a company's own one is usually
 * installed) and those of `ca_file`. With `system_cas: false` only those of `ca_file`, or the well-known ones.
 */
export async function readTrust(
  { id, platform }: Pick<Settings, "id" | "platform">,
  config: TlsConfig,
  section: "exporters" | "processors",
): Promise<SecureContext> {
  const { createSecureContext, getCACertificates } = tls();
  const own =
    config.ca_file === undefined
      ? []
      : [await readAuthorities(`${section}.${id}`, expandPath(config.ca_file, platform, process.cwd()))];
  const wellKnown = config.system_cas || own.length === 0 ? getCACertificates("default") : [];
  return createSecureContext({
    ca: [...own, ...wellKnown, ...(config.system_cas ? systemAuthorities() : [])],
  });
}

async function readAuthorities(place: string, file: string): Promise<string> {
  try {
    const pem = await readFile(file, "utf8");
    // Refuses a file without a certificate now, instead of every connection later.
    void new X509Certificate(pem);
    return pem;
  } catch (error) {
    // oxlint-disable-next-line eslint/preserve-caught-error -- the error itself names the file's full path
    throw new Error(`${place}.tls.ca_file: cannot be used (${errorCode(error)})`);
  }
}

/** Older Nodes do not offer them, and a store that cannot be read must not keep the others from being used. */
function systemAuthorities(): string[] {
  try {
    return tls().getCACertificates("system");
  } catch {
    return [];
  }
}
