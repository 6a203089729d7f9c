import { PLACED } from "./placed.ts";
import { Random } from "./random.ts";
import { TOKENS } from "./tokens.ts";

export type Form = "plain" | "escaped" | "escaped twice" | "base64" | "URL" | "long";

export interface SecretCase {
  kind: string;
  form: Form;
  /** What somebody writes to a coding assistant. */
  text: string;
  /** What must not be found in it afterwards, as it stands in the text. */
  planted: string;
}

/** A window of the redaction ends somewhere in these. */
const LONG = 16_384;

/** As many secrets as asked for, each kind as often as the next, in what people and tools write to an assistant. */
export function secretCases(seed: number, count: number): SecretCase[] {
  const random = new Random(seed);
  const kinds = Object.entries({ ...tokensInPlaces(), ...PLACED });
  return Array.from({ length: count }, (_, i) => {
    const [kind, make] = kinds[i % kinds.length] ?? fail();
    const { text, secret } = make(random);
    const form = random.pick(FORMS);
    return { kind, form, ...written(form, text, secret, random) };
  });
}

export const KINDS: readonly string[] = [...Object.keys(TOKENS), ...Object.keys(PLACED)];

const FORMS: readonly [Form, ...Form[]] = [
  "plain",
  "plain",
  "plain",
  "plain",
  "escaped",
  "escaped twice",
  "base64",
  "URL",
  "long",
];

function tokensInPlaces(): Record<string, (random: Random) => { text: string; secret: string }> {
  const placed = Object.entries(TOKENS).map(([kind, make]) => {
    const place = (random: Random) => {
      const secret = make(random);
      return { secret, text: placeOf(secret, random) };
    };
    return [kind, place] as const;
  });
  return Object.fromEntries(placed);
}

function placeOf(secret: string, random: Random): string {
  return random.pick([
    secret,
    `use ${secret}, please`,
    `TOKEN=${secret}`,
    `"${secret}"`,
    `client = Client("${secret}")`,
    `(${secret})`,
    `export KEY='${secret}' && make`,
    `key: ${secret}\n`,
    `-H "X-Token: ${secret}"`,
    `\`${secret}\``,
    `+  token: ${secret}`,
  ]);
}

function written(
  form: Form,
  text: string,
  secret: string,
  random: Random,
): { text: string; planted: string } {
  const [before, after] = [random.pick(BEFORE), random.pick(AFTER)];
  if (form === "plain") return { text: before + text + after, planted: secret };
  if (form === "escaped" || form === "escaped twice") {
    const times = form === "escaped" ? 1 : 2;
    const inner = json({ type: "tool_result", content: before + text + after }, times);
    return { text: `Here is the log line:\n${inner}\nWhat does it mean?`, planted: quoted(secret, times) };
  }
  if (form === "base64") {
    const code = toBase64(random.pick(["", "config:\n", "a: b\nc: d\n"]) + text);
    return { text: `${before}data:\n  config: ${code}${after}`, planted: code };
  }
  if (form === "URL") {
    const code = encodeURIComponent(text);
    return { text: `${before}https://corp.io/next?to=${code}${after}`, planted: encodeURIComponent(secret) };
  }
  const filler = `${random.words(12)}. `.repeat(300).slice(0, LONG - random.between(1, secret.length + 20));
  return { text: `${filler} ${text}${after} ${filler}`, planted: secret };
}

function json(value: unknown, times: number): string {
  let text = JSON.stringify(value);
  for (let i = 1; i < times; i += 1) text = JSON.stringify({ line: text });
  return text;
}

function quoted(secret: string, times: number): string {
  let text = secret;
  for (let i = 0; i < times; i += 1) text = JSON.stringify(text).slice(1, -1);
  return text;
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

const BEFORE: readonly [string, ...string[]] = [
  "",
  "please fix the deploy script, it says 401:\n",
  "why does this fail?\n```sh\n",
  "Add this to the docs and remove the rest: ",
  "$ cat .env\nNODE_ENV=production\n",
  "In config.yml we have\n  ",
  "Ich bekomme einen Fehler: ",
  "the server log, line 42 -> ",
];

const AFTER: readonly [string, ...string[]] = [
  "",
  "\n",
  "\n```\nthanks!",
  " and then it stops.",
  "\nPORT=8080\n",
  " ",
];

function fail(): never {
  throw new Error("there are no kinds");
}
