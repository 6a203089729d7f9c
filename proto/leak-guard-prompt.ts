import { fold, wordsOf } from "./leak-guard-fold.ts";
import { isAcronym, isStopWord, isTechnology, plainForm, stem } from "./leak-guard-vocabulary.ts";

/** What a hint is compared with. */
export interface GuardedPrompt {
  /** All words in order, folded; one space between them. */
  text: string;
  /** The same without spaces. */
  compact: string;
  stems: readonly string[];
  /** Without the small words. */
  contentStems: readonly string[];
  /** Every word, folded. */
  words: ReadonlySet<string>;
  /** Words that name somebody or something here, whatever they mean elsewhere. Plain forms, folded. */
  names: ReadonlySet<string>;
  /** Words that are written with a capital wherever they stand. Plain forms, folded. */
  capitals: ReadonlySet<string>;
  /** What was between quotation marks, the parts of identifiers, passwords: stems, and how many in a row are too many. */
  passages: readonly { stems: readonly string[]; most: number }[];
}

/** More of these is code or a log; each is short. */
const MAX_PASSAGES = 2_000;

export function readPrompt(prompt: string): GuardedPrompt {
  const plain = prompt.normalize("NFKC").replace(/\p{Cf}/gu, "");
  const words = wordsOf(fold(plain));
  const stems = stemsOf(words);
  return {
    text: words.join(" "),
    compact: words.join(""),
    stems,
    contentStems: stems.filter((word) => !isStopWord(word)),
    words: new Set(words),
    ...namesIn(plain),
    passages: passagesIn(plain),
  };
}

/** Of the words that a hint can hold at all: what is quoted around the others is quoted all the same. */
function stemsOf(words: readonly string[]): string[] {
  const known = new Map<string, string | undefined>();
  for (const word of new Set(words))
    known.set(word, plainForm(word) ?? (isTechnology(word) ? word : undefined));
  return words.flatMap((word) => known.get(word) ?? []);
}

/** A label of a user interface is written with a capital, too: `the Settings page`. */
const LABELS =
  "page|button|screen|tab|menu|dialog|section|view|panel|form|field|column|label|checkbox|link|icon|modal|dropdown|header|toggle";

/** After a word, a comma or the like, and one space: not where a sentence begins. */
const CAPITALISED = new RegExp(
  `(?<=[\\p{L}\\p{N},)"'’\\t-] ["'“‘(\\[@#]?)\\p{Lu}[\\p{L}\\p{N}]*(?![\\p{L}\\p{N}]| (?:${LABELS})s?\\b)`,
  "gu",
);

const NAMING =
  /\b(?:named|called|codenamed?|code[- ]named?|nicknamed|dubbed|name is|nickname is|code ?word is) ["'“‘`]?(\p{L}[\p{L}\p{N}]{2,30})/giu;

const ROLES = new Set(
  (
    "user customer client admin administrator developer team manager tester reviewer management marketing support sales " +
    "people everyone somebody nobody it he she they we you who product finance backend frontend server compiler linter"
  ).split(" "),
);

/** Who asks for something is somebody, also where a sentence begins with it. */
const ASKING =
  /(?<![\p{L}\p{N}])(\p{Lu}[\p{L}\p{N}]{1,30})(?:'s? \w{1,30})? (?:want|need|ask|say|complain|require|report|insist|expect|prefer|refuse|order|pay|hate|love|like)(?:s|ed)\b/gu;

function namesIn(plain: string): Pick<GuardedPrompt, "names" | "capitals"> {
  const names = new Set<string>();
  const capitals = new Set<string>();
  const lower = new Set(plain.match(/(?<![\p{L}\p{N}_])\p{Ll}[\p{Ll}\p{N}]*/gu) ?? []);
  const isSpecial = (word: string) =>
    !lower.has(word.toLowerCase()) && !isTechnology(word) && !isAcronym(word);
  for (const [word] of plain.matchAll(/(?<![\p{L}\p{N}_])\p{Lu}[\p{L}\p{N}]*/gu)) {
    if (isSpecial(word)) capitals.add(stem(fold(word)));
  }
  for (const [word] of plain.matchAll(CAPITALISED)) if (isSpecial(word)) names.add(stem(fold(word)));
  for (const [, word = ""] of [...plain.matchAll(NAMING), ...plain.matchAll(ASKING)]) {
    if (!isTechnology(word) && !ROLES.has(stem(fold(word)))) names.add(stem(fold(word)));
  }
  return { names, capitals };
}

function passagesIn(prompt: string): { stems: string[]; most: number }[] {
  const found: { stems: string[]; most: number }[] = [];
  const add = (text: string, most: number) => {
    const stems = wordsOf(fold(text)).map(stem);
    if (stems.length > most && found.length < MAX_PASSAGES) found.push({ stems, most });
  };
  for (const [, quoted = ""] of prompt.matchAll(QUOTED)) add(quoted, 2);
  for (const [, secret = ""] of prompt.matchAll(SECRET)) add(secret, 1);
  for (const [, secret = ""] of prompt.matchAll(PASSWORD)) add(secret, 0);
  for (const [run] of prompt.matchAll(CAPITALISED_RUN)) add(run, 1);
  for (const [identifier] of prompt.matchAll(IDENTIFIER)) {
    add(identifier.replace(/(?<=[a-z0-9])(?=[A-Z])/g, " ").replace(/[_.\-/]/g, " "), 2);
  }
  return found;
}

/** `General Electric`: each word may be a common one. */
const CAPITALISED_RUN = /(?<![\p{L}\p{N}])\p{Lu}\p{Ll}{1,30}(?: \p{Lu}[\p{L}\p{N}]{1,30}){1,5}/gu;

const QUOTED =
  /["“”„«»`‹›「『]([^"“”„«»`‹›」』\n]{1,300})["“”„«»`‹›」』]|(?<![\p{L}\p{N}])['‘‚]([^'’\n]{1,300})['’](?![\p{L}\p{N}])/gu;
const SECRET =
  /\b(?:passwords?|passphrase|passcode|secret|token|pin|api key|code ?word|passwort|kennwort|contrase[nñ]a|mot de passe)\b(?: (?:is|was|ist|es|est|to|of)\b|[:=])[ ]?(.{1,80})/giu;
/** A password of one word. What says how it is, is none. */
const PASSWORD =
  /\b(?:passwords?|passphrase|passcode|secret|token|pin|api key|code ?word)(?: ?[:=] ?| (?:is|was) (?!wrong|invalid|missing|empty|not|too|required|incorrect|expired|reset|sent|stored|hashed|shown|visible|never|always|being|correct|weak|short|long|still|then|also|no|now|the|an?|in|on|at|only|used|set|changed|generated|valid))["'“‘`]?([^\s"'”’`,;.]{1,60})/giu;
const IDENTIFIER =
  /(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9]{0,60}(?:[_.\-/][A-Za-z0-9]{1,60}){1,20}|(?<![A-Za-z0-9])[A-Za-z][a-z0-9]{0,60}(?:[A-Z][a-z0-9]{1,60}){1,20}/g;
