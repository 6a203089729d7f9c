import { writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { readIfThere } from "./secrets.ts";
import type { StartFolder } from "./folder.ts";

const Enrolment = z.object({ agentToken: z.string().min(20), teamSalt: z.string().min(32) });
const SignInCode = z.object({ code: z.string().min(10) });

export interface Backend {
  url: string;
  setupSecret: string;
}

/** Makes the local team and this machine's token at the first start; later starts find them. */
export async function enrol(
  backend: Backend,
  folder: StartFolder,
  who: { team: string; developer: string; demo: boolean },
): Promise<void> {
  const tokenFile = path.join(folder.config, "token");
  const saltFile = path.join(folder.config, "salt");
  if (readIfThere(tokenFile) !== "" && readIfThere(saltFile) !== "") return;
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const answer = Enrolment.parse(await postLocal(backend, "/local/enrol", { ...who, timeZone }));
  writeFileSync(saltFile, answer.teamSalt, { mode: 0o600 });
  writeFileSync(tokenFile, answer.agentToken, { mode: 0o600 });
}

/** A link that signs in once. The code is in the fragment, which no server log ever sees. */
export async function signInLink(backend: Backend): Promise<string> {
  const { code } = SignInCode.parse(await postLocal(backend, "/local/sign-in-code", {}));
  return `${backend.url}/sign-in#${code}`;
}

/** Calls a set-up route of the local Workers. Throws naming the route, its status and what to do. */
export async function postLocal(
  { url, setupSecret }: Backend,
  route: string,
  body: object,
): Promise<unknown> {
  const response = await fetch(`${url}${route}`, {
    method: "POST",
    headers: { authorization: `Bearer ${setupSecret}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  }).catch((error: unknown) => {
    throw new Error(`nothing answers at ${url}; start it with npm start, or name its --port`, {
      cause: error,
    });
  });
  if (response.status === 401) {
    throw new Error(
      `another program answers at ${url}, perhaps another npm start: end it, or name another --port or --folder`,
    );
  }
  if (!response.ok) throw new Error(`the local Workers answered ${response.status} to POST ${route}`);
  return response.json();
}
