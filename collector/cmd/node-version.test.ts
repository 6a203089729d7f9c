import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { expect, it } from "vitest";

const guard = path.join(import.meta.dirname, "node-version.cjs");

/** Starts a program behind the guard, on a Node that says it is of this version. */
function start(version: string) {
  const pretend = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"${version}"})`;
  const load = `import(${JSON.stringify(pretend)}).then(() => { require(${JSON.stringify(guard)}); console.log("ran"); })`;
  return spawnSync(process.execPath, ["-e", load], { encoding: "utf8" });
}

it.each(["18.20.4", "20.20.2", "22.22.0", "24.11.1"])("Node %s is told what to do", (version) => {
  const { status, stdout, stderr } = start(version);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^Talos Auditor needs Node \S+ or newer and this is .+ `npm ci` .+\n$/);
});

it.each(["24.12.0", "24.21.0", "26.0.0"])("Node %s runs it", (version) => {
  expect(start(version)).toMatchObject({ status: 0, stdout: "ran\n", stderr: "" });
});

it("guards every script that runs TypeScript", () => {
  const { scripts } = JSON.parse(readFileSync(`${import.meta.dirname}/../../package.json`, "utf8")) as {
    scripts: Record<string, string>;
  };
  const unguarded = Object.values(scripts).filter(
    (command) =>
      /^node .*\.ts\b/.test(command) && !command.startsWith("node -r ./collector/cmd/node-version.cjs "),
  );
  expect(unguarded).toEqual([]);
});
