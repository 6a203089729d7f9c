#!/usr/bin/env node
// The `talos` command for whoever does not start it through npm. Plain JavaScript, so that an old Node can say so.
import "./node-version.cjs"; // oxlint-disable-line import/no-unassigned-import -- exits on an old Node

await import("./main.ts");
