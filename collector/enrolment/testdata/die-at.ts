/** Loaded before a command: ends the process as `kill -9` would, right before the n-th change of the disk. */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const dieAt = Number(process.env["DIE_AT"] ?? 0);
const log = process.env["DIE_LOG"];
const appendPlainly = fs.writeFileSync;
let steps = 0;

function step(): void {
  steps += 1;
  if (steps === dieAt) process.kill(process.pid, "SIGKILL");
}

for (const name of ["mkdirSync", "renameSync", "rmSync", "writeSync", "fsyncSync"] as const) {
  const real = fs[name] as (...args: unknown[]) => unknown;
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      step();
      return real(...args);
    },
  });
}
syncBuiltinESMExports();

process.on("exit", () => {
  if (log !== undefined && dieAt === 0) appendPlainly(log, String(steps));
});
