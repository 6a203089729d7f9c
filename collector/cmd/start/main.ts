import { CommanderError } from "commander";
import { explain } from "../failure.ts";
import { readOptions } from "./options.ts";
import { play, StoppedError } from "./play.ts";

try {
  process.exitCode = await play(readOptions(process.argv));
} catch (error) {
  if (error instanceof StoppedError) process.exitCode = 0;
  else if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else process.exitCode = explain(error);
}
