import type { LocalBackend } from "../../e2e/backend.ts";
import { postLocal } from "../cmd/start/enrol.ts";
import { readOrCreateSecrets } from "../cmd/start/secrets.ts";
import * as z from "zod";

const Enrolled = z.object({ teamId: z.string(), agentToken: z.string() });
const Code = z.object({ code: z.string() });

export interface LoadMachine {
  /** The database's own number. */
  team: number;
  token: string;
}

export interface Owner {
  team: number;
  cookie: string;
}

/** Teams with their machines, and some with an owner who is signed in. */
export class LoadTeams {
  readonly machines: LoadMachine[] = [];
  readonly owners: Owner[] = [];
  readonly flooding: LoadMachine;

  private constructor(flooding: LoadMachine) {
    this.flooding = flooding;
  }

  static async make(
    backend: LocalBackend,
    count: { teams: number; agents: number; admins: number },
  ): Promise<LoadTeams> {
    const setUp = {
      url: backend.url,
      setupSecret: readOrCreateSecrets(backend.folder.secretsFile).SETUP_SECRET,
    };
    const enrol = async (team: string, developer: string): Promise<LoadMachine> => {
      const wanted = { team, developer, timeZone: "UTC", demo: false };
      const { teamId, agentToken } = Enrolled.parse(await postLocal(setUp, "/local/enrol", wanted));
      return { team: Number(teamId), token: agentToken };
    };
    const made = new LoadTeams(await enrol("Over its bucket", "Too much"));
    for (let team = 0; team < count.teams; team += 1) {
      const name = `Team ${team}`;
      for (let agent = 0; agent < count.agents; agent += 1) {
        made.machines.push(await enrol(name, `Developer ${agent}`));
      }
      const last = made.machines.at(-1);
      if (team >= count.admins || last === undefined) continue;
      const wanted = { team: name, viewer: "Owner", role: "owner" };
      const { code } = Code.parse(await postLocal(setUp, "/local/sign-in-code", wanted));
      made.owners.push({ team: last.team, cookie: await signIn(backend.url, code) });
    }
    return made;
  }
}

async function signIn(url: string, code: string): Promise<string> {
  const response = await fetch(`${url}/api/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify({ code }),
  });
  if (response.status !== 204) throw new Error(`sign-in answered ${response.status}`);
  return (response.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
}
