import path from "node:path";

export interface Home {
  os: "darwin" | "linux" | "win32";
  homeDir: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** Turns a leading `~` into the home folder, and a relative path into one below `base`. */
export function expandPath(text: string, { os, homeDir }: Home, base: string): string {
  const paths = os === "win32" ? path.win32 : path.posix;
  if (text === "~") return homeDir;
  if (/^~[/\\]/.test(text)) return paths.join(homeDir, text.slice(2));
  return paths.isAbsolute(text) ? text : paths.resolve(base, text);
}

/** Where the collector keeps positions and its outbox when `service.state_dir` is not set. */
export function defaultStateDir({ os, homeDir, env }: Home): string {
  if (os === "darwin") return path.posix.join(homeDir, "Library/Application Support/talos-auditor");
  if (os === "win32") {
    return path.win32.join(
      env["LOCALAPPDATA"] ?? path.win32.join(homeDir, "AppData", "Local"),
      "talos-auditor",
    );
  }
  return path.posix.join(env["XDG_STATE_HOME"] ?? path.posix.join(homeDir, ".local/state"), "talos-auditor");
}

/** Where the agent token, the team salt and the moment of the first start are kept: the same on every system. */
export function defaultConfigDir({ os, homeDir }: Home): string {
  return (os === "win32" ? path.win32 : path.posix).join(homeDir, ".config", "talos-auditor");
}
