import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ReceiverFactory } from "#component/component.ts";
import { errorCode } from "#component/error-code.ts";
import { ConfigError } from "#config/errors.ts";
import type { Planned } from "../../service/plan.ts";
import type { Input } from "./test-file.ts";

interface Folders {
  /** Of this case: each receiver gets a folder in it. */
  dir: string;
  /** What files are named relative to. */
  baseDir: string;
}

/** The receivers as they are configured, reading the test's files and nothing else. One that cannot be fed is left out. */
export function fedReceivers(
  receivers: readonly Planned<ReceiverFactory>[],
  input: Readonly<Record<string, Input>>,
  folders: Folders,
): Planned<ReceiverFactory>[] {
  const unknown = Object.keys(input).find((id) => !receivers.some((one) => one.id === id));
  if (unknown !== undefined)
    throw new ConfigError([`input.${unknown}: no pipeline of the configuration has it`]);
  return receivers.flatMap((planned, i) => {
    const { trial } = planned.factory;
    const given = input[planned.id];
    if (trial === undefined) {
      if (given === undefined) return [];
      throw new ConfigError([`input.${planned.id}: receivers of this type read no files, and cannot be fed`]);
    }
    const folder = path.join(folders.dir, String(i));
    mkdirSync(folder, { recursive: true });
    for (const [name, each] of filesOf(given, trial.fileName))
      write(path.join(folder, name), each, { of: planned.id, baseDir: folders.baseDir });
    return [{ ...planned, config: trial.confine(planned.config, folder) }];
  });
}

type One = Omit<Input, "files">;

function filesOf(input: Input | undefined, fileName: string): [string, One][] {
  if (input === undefined) return [];
  return input.files === undefined ? [[fileName, input]] : Object.entries(input.files);
}

function write(
  to: string,
  { lines = [], file }: One,
  { of, baseDir }: { of: string; baseDir: string },
): void {
  mkdirSync(path.dirname(to), { recursive: true });
  if (file === undefined) {
    writeFileSync(to, lines.map((line) => `${textOf(line)}\n`).join(""));
    return;
  }
  try {
    copyFileSync(path.resolve(baseDir, file), to);
  } catch (error) {
    throw new ConfigError([`input.${of}: ${file} cannot be read (${errorCode(error)})`]);
  }
}

function textOf(line: unknown): string {
  return typeof line === "string" ? line : JSON.stringify(line);
}
