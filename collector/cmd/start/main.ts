import { CommanderError } from "commander";
import { explain } from "../failure.ts";
import { readOptions } from "./options.ts";
import { play } from "./play.ts";

try {
  process.exitCode = await play(readOptions(process.argv));
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else process.exitCode = explain(error);
}
