import { type HarmlessCase, harmlessCases } from "./harmless.ts";
import { type SecretCase, secretCases } from "./secrets.ts";

export interface Measured {
  secrets: number;
  missed: SecretCase[];
  harmless: number;
  mistaken: HarmlessCase[];
}

export interface Sizes {
  secrets: number;
  harmless: number;
}

/** Characters in a row of a secret that may stand in the text afterwards. */
const TOLERATED = 7;

/** Gives everything to `redact` and compares. The same for the same seed. */
export async function measure(
  redact: (text: string) => Promise<string>,
  seed: number,
  { secrets, harmless }: Sizes = { secrets: 500, harmless: 5_000 },
): Promise<Measured> {
  const measured: Measured = { secrets, missed: [], harmless, mistaken: [] };
  for (const each of secretCases(seed, secrets))
    if (survives(await redact(each.text), each.planted)) measured.missed.push(each);
  for (const each of harmlessCases(seed, harmless))
    if ((await redact(each.text)) !== each.text) measured.mistaken.push(each);
  return measured;
}

const MARKER = /\[redacted:[a-z0-9_]{1,60}\]/g;

/** Any eight characters in a row of it; all of it where it is shorter. */
function survives(redacted: string, planted: string): boolean {
  // A marker may be named like what it stands for.
  const text = redacted.replaceAll(MARKER, "\n");
  const size = Math.min(planted.length, TOLERATED + 1);
  for (let i = 0; i + size <= planted.length; i += 1) {
    const part = planted.slice(i, i + size);
    if (text.includes(part)) return true;
  }
  return false;
}
