import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { type HookEntry, isOurs } from "../../../receivers/cursor/hooks/command.ts";
import { HOOK_EVENTS } from "../../../receivers/cursor/hooks/event.ts";
import { cut, put } from "./json-text.ts";

/** A file that cannot be changed without a risk for what is in it. */
export class HooksFileError extends Error {
  override readonly name = "HooksFileError";
}

const NOT_HOOKS = "its `hooks` is not an object of lists";
const Entries = z.array(z.looseObject({ command: z.unknown() }, NOT_HOOKS), NOT_HOOKS);
const HooksFile = z.looseObject(
  {
    version: z.literal(1, "its `version` is not 1").optional(),
    hooks: z.record(z.string(), Entries, NOT_HOOKS).optional(),
  },
  "it does not hold an object",
);
type HooksFile = z.output<typeof HooksFile>;
type Entries = z.output<typeof Entries>;

const EMPTY = '{\n  "version": 1,\n  "hooks": {}\n}\n';

/** The text with our entry once for each event, in the place of an older one of ours. Throws HooksFileError. */
export function withOurs(text: string | undefined, entry: HookEntry): string {
  let changed = text === undefined || text.trim() === "" ? EMPTY : text;
  const wanted = read(changed);
  wanted.version ??= 1;
  wanted.hooks ??= {};
  if (read(changed).version === undefined) changed = put(changed, ["version"], 1);
  if (read(changed).hooks === undefined) changed = put(changed, ["hooks"], {});
  for (const event of HOOK_EVENTS) {
    wanted.hooks[event] = joined(wanted.hooks[event] ?? [], entry);
    changed = put(reduced(changed, event), ["hooks", event, placeOf(changed, event)], entry);
  }
  return checked(changed, wanted);
}

/** The text without any entry of ours. Throws HooksFileError. */
export function withoutOurs(text: string): string {
  let changed = text;
  const wanted = read(text);
  for (const [event, entries] of Object.entries(wanted.hooks ?? {})) {
    if (wanted.hooks === undefined || !entries.some(({ command }) => isOurs(command))) continue;
    const left = entries.filter(({ command }) => !isOurs(command));
    if (left.length > 0) wanted.hooks[event] = left;
    else delete wanted.hooks[event];
    for (let place = entries.length - 1; place >= 0; place -= 1) {
      if (isOurs(entries[place]?.command)) changed = cut(changed, ["hooks", event, String(place)]);
    }
    if (left.length === 0) changed = cut(changed, ["hooks", event]);
  }
  return checked(changed, wanted);
}

/** The file as it was before ours came, if what is left says the same: then every character of it is back. */
export function restored(before: string | undefined, left: string): string {
  if (before === undefined) return left;
  try {
    return isDeepStrictEqual(essence(before), essence(left)) ? before : left;
  } catch {
    return left;
  }
}

/** Without what ours may have added around itself. */
function essence(text: string): HooksFile {
  const { hooks = {}, ...others } = read(text);
  const filled = Object.entries(hooks).filter(([, entries]) => entries.length > 0);
  return { ...others, version: 1, hooks: Object.fromEntries(filled) };
}

/** Whether a file says no more than one that was made for ours. */
export function isEmpty(text: string): boolean {
  return isDeepStrictEqual(read(text), read(EMPTY));
}

/** The commands of ours in a file, of each event. Throws HooksFileError. */
export function oursIn(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [event, entries] of Object.entries(read(text).hooks ?? {})) {
    const commands = entries.map(({ command }) => command).filter((command) => isOurs(command));
    if (commands.length > 0) found.set(event, commands.map(String));
  }
  return found;
}

/** The first entry of ours is replaced, others of ours go; without one, ours is the last. */
function joined(entries: Entries, entry: HookEntry): Entries {
  const first = entries.findIndex(({ command }) => isOurs(command));
  const kept = entries.filter(({ command }, place) => place === first || !isOurs(command));
  if (first < 0) return [...kept, { ...entry }];
  return kept.map((other, place) => (place === first ? { ...entry } : other));
}

/** With at most one entry of ours for the event, and a list that holds it. */
function reduced(text: string, event: string): string {
  const entries = read(text).hooks?.[event];
  if (entries === undefined) return put(text, ["hooks", event], []);
  const places = entries.flatMap(({ command }, place) => (isOurs(command) ? [place] : []));
  return places.slice(1).reduceRight((changed, place) => cut(changed, ["hooks", event, String(place)]), text);
}

function placeOf(text: string, event: string): string {
  const entries = read(text).hooks?.[event] ?? [];
  const first = entries.findIndex(({ command }) => isOurs(command));
  return String(first < 0 ? entries.length : first);
}

/** What was cut and put together by hand says what it should, or nothing is changed. */
function checked(text: string, wanted: HooksFile): string {
  if (isDeepStrictEqual(read(text), wanted)) return text;
  throw new HooksFileError("it is written in a way that cannot be changed here");
}

function read(text: string): HooksFile {
  const { data, error } = HooksFile.safeParse(parse(text));
  if (data === undefined) throw new HooksFileError(error.issues[0]?.message ?? NOT_HOOKS);
  return data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw new HooksFileError("it is not JSON (comments and trailing commas are not)");
  }
}
