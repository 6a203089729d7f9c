"use strict";
// Every script preloads this file (`node -r`), because an old Node refuses a `.ts` file before its first line runs.
// CommonJS and old syntax on purpose: any Node must be able to read it.

const { engines } = require("../../package.json");

const needed = engines.node.replace(">=", "");
const [major, minor] = process.versions.node.split(".").map(Number);
const [neededMajor, neededMinor] = needed.split(".").map(Number);

if (major < neededMajor || (major === neededMajor && minor < neededMinor)) {
  process.stderr.write(
    `Talos Auditor needs Node ${needed} or newer and this is ${process.version}: ` +
      "run `npm ci` once, then use npm (`npm start`, `npm test`, `npm run talos`), which runs the Node that the project brings.\n",
  );
  process.exit(1);
}

// Compiled code is kept beside the packages, never in a folder that others may write: a start takes half the time.
// Where it cannot be written, nothing is kept.
require("node:module").enableCompileCache(
  require("node:path").join(__dirname, "../../node_modules/.cache/talos"),
);
