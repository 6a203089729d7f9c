import { mkdirSync } from "node:fs";
import path from "node:path";

/** Everything that `npm start` writes lies in one git-ignored folder, so that removing it removes all. */
export interface StartFolder {
  root: string;
  /** Databases, objects and queues of the Workers. */
  workers: string;
  /** The collector's `state.db`. */
  state: string;
  /** Agent token, team salt and the moment of the first start. */
  config: string;
  secretsFile: string;
  collectorConfigFile: string;
  workersLog: string;
  workersPidFile: string;
  /** Transcripts of the invented developer. */
  invented: string;
}

/** `invented` keeps a world of its own, so that made-up numbers never meet real ones. */
export function startFolder(base: string, kind: "local" | "invented"): StartFolder {
  const root = path.join(base, kind);
  const folder: StartFolder = {
    root,
    workers: path.join(root, "workers"),
    state: path.join(root, "collector"),
    config: path.join(root, "config"),
    secretsFile: path.join(root, "secrets.env"),
    collectorConfigFile: path.join(root, "collector.yaml"),
    workersLog: path.join(root, "workers.log"),
    workersPidFile: path.join(root, "workers.pid"),
    invented: path.join(root, "transcripts"),
  };
  for (const dir of [folder.root, folder.workers, folder.state, folder.config]) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  }
  return folder;
}
