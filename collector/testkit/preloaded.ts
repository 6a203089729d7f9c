/** For tests of whole processes: what is loaded before the program, and what it changes. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** One place in one source file: `from` must stand there exactly once. */
export interface Change {
  /** From the root of the project. */
  file: string;
  from: string;
  to: string;
}

const root = path.resolve(import.meta.dirname, "../..");

/** Makes a process run the program as if its source were changed. Returns what its NODE_OPTIONS must be. */
export function mutated(dir: string, changes: readonly Change[]): string {
  for (const { file, from } of changes) {
    const times = readFileSync(path.join(root, file), "utf8").split(from).length - 1;
    if (times !== 1) throw new Error(`what a test changes in ${file} stands there ${times} times`);
  }
  const absolute = changes.map((change) => ({
    ...change,
    url: pathToFileURL(path.join(root, change.file)).href,
  }));
  return preload(
    path.join(dir, "mutated.mjs"),
    `import { registerHooks } from "node:module";
const changes = ${JSON.stringify(absolute)};
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const mine = changes.filter((change) => change.url === url);
    if (mine.length === 0) return loaded;
    let source = Buffer.from(loaded.source).toString("utf8");
    for (const { from, to } of mine) source = source.replace(from, () => to);
    return { ...loaded, source };
  },
});
`,
  );
}

/** Lets no connection be made and no name be looked up but to addresses that begin with one of these. */
export class SocketTrap {
  readonly nodeOptions: string;
  readonly #log: string;

  constructor(dir: string, allowed: readonly string[] = []) {
    this.#log = path.join(dir, "sockets.log");
    writeFileSync(this.#log, "");
    this.nodeOptions = preload(path.join(dir, "trap.mjs"), trapSource(this.#log, allowed));
  }

  /** Where somebody tried to connect to, or to listen. */
  get tried(): string[] {
    return readFileSync(this.#log, "utf8").split("\n").filter(Boolean);
  }
}

function trapSource(log: string, allowed: readonly string[]): string {
  return `import dgram from "node:dgram";
import dns from "node:dns";
import { appendFileSync } from "node:fs";
import net from "node:net";
const allowed = ${JSON.stringify(allowed)};
const note = (what) => {
  appendFileSync(${JSON.stringify(log)}, what + "\\n");
  if (!allowed.some((start) => what.startsWith(start))) throw new Error("trapped: " + what);
};
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const [given] = args.flat();
  const to = typeof given === "object" && given !== null ? given : { port: given, host: args[1] };
  note("connect " + (to.path ?? (to.host ?? "localhost") + ":" + to.port));
  return connect.apply(this, args);
};
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  note("listen " + (args[1] ?? args[0]?.path ?? args[0]));
  return listen.apply(this, args);
};
dgram.createSocket = () => note("dgram");
const lookup = dns.lookup;
dns.lookup = (name, ...more) => (note("lookup " + name), lookup(name, ...more));
`;
}

function preload(file: string, source: string): string {
  writeFileSync(file, source);
  return `--import=${pathToFileURL(file).href}`;
}
