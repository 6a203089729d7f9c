import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import type { Platform } from "#component/component.ts";
import { folderOf } from "./database/fields.ts";

const MOST_WORKSPACES = 5_000;
const Workspace = z.object({ folder: z.string() });

/**
 * Working folders by the name that Cursor gives their transcripts' folder. That name cannot be turned back, and holds
 * the user's path: it is only compared with the names of folders that are known otherwise.
 */
export class WorkingFolders {
  readonly #paths: typeof path.posix;
  readonly #os: Platform["os"];
  /** "" where two folders have one name. */
  readonly #byName = new Map<string, string>();

  constructor({ os }: Pick<Platform, "os">) {
    this.#os = os;
    this.#paths = os === "win32" ? path.win32 : path.posix;
  }

  /** A folder that somebody works in. */
  learn(folder: string): void {
    if (!this.#paths.isAbsolute(folder)) return;
    const name = this.#nameOf(folder);
    const known = this.#byName.get(name);
    this.#byName.set(name, known === undefined || known === folder ? folder : "");
  }

  /** Undefined when it is not known, or not which of two. */
  of(name: string): string | undefined {
    return this.#byName.get(this.#nameOf(name)) || undefined;
  }

  /** True for a folder that this is not known of. */
  lacks(name: string): boolean {
    return !this.#byName.has(this.#nameOf(name));
  }

  /** A path in that folder or below tells which it is. */
  learnFrom(name: string, inside: string): void {
    if (!this.#paths.isAbsolute(inside)) return;
    const wanted = this.#nameOf(name);
    for (let dir = inside; dir !== this.#paths.dirname(dir); dir = this.#paths.dirname(dir)) {
      if (this.#nameOf(dir) === wanted) return this.learn(dir);
    }
  }

  /** The folders that Cursor's editor has opened, as it lists them beside their databases. */
  learnWorkspaces(userDir: string): void {
    for (const { folder } of workspacesIn(userDir)) if (folder !== "") this.learn(folder);
  }

  #nameOf(folder: string): string {
    const name = folder.replaceAll(/[^A-Za-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
    return this.#os === "linux" ? name : name.toLowerCase();
  }
}

export interface Workspace {
  database: string;
  /** "" when it is no folder, or one on another machine. */
  folder: string;
}

/** What Cursor keeps for each folder that was opened. What is `known` is not looked into again. */
export function workspacesIn(userDir: string, known = new Map<string, Workspace>()): Workspace[] {
  const dir = path.join(userDir, "workspaceStorage");
  return namesIn(dir).map((name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const json = jsonOf(path.join(dir, name, "workspace.json"));
    const { data } = Workspace.safeParse(json);
    const folder = data === undefined ? "" : folderOf(data.folder);
    const workspace = { database: path.join(dir, name, "state.vscdb"), folder };
    if (json !== undefined) known.set(name, workspace);
    return workspace;
  });
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).slice(0, MOST_WORKSPACES);
  } catch {
    return [];
  }
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
