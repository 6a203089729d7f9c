import { entropyOf, isPlaceholder } from "./rule.ts";

/** What stands between a name and its value. */
export const ASSIGNED = "[\"'\\]`]{0,2}\\s{0,8}(?:=>|:=|[:=])\\s{0,8}";

/** What code writes where a secret would stand: it names one, and is none. */
const EXPRESSION =
  /^\\?(?:process\.env|import\.meta|os\.(?:environ|getenv)|System\.getenv|ENV\[|env[.[(]|\$[{(]|\$[A-Za-z_]\w*[,;)\]}]*$|%[A-Za-z_]+%|%[sdrv@](?:$|[^A-Za-z0-9])|\{\{|<%|<[A-Za-z]|@[A-Za-z]+$|!(?:Ref|Sub|secret)|(?:self|this|req|request|res|args|opts|options|config|conf|cfg|settings|params|props|state|user|data|body|ctx|input|form|vault|secrets?|credentials?)[.?[]|function\b|async\s|await\s|new\s|\(|\[|[&*][A-Za-z_][\w.]*[,;)\]}]*$|=>)/i;

/** Words that stand behind `password:` or `token=` in code, forms and prose. */
const WORD =
  /^(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|string|str|text|number|boolean|bool|true|false|null|none|nil|undefined|optional|required|object|buffer|bytes|unknown|any|void|hidden|visible|masked|bearer|basic|digest|oauth2?|jwt|default|unset|empty|missing|invalid|incorrect|expired|wrong|valid|changeme|disabled|enabled|reset|forgot|forgotten|confirm(?:ed|ation)?|private|public|admin|root|test|testing|key|value|type|name|field|input|hash|hashed|encrypted|plain|plaintext|credentials?|prompt|auto|never|always|current|new|old|prefer-not-to-say|new-password|current-password|one-time-code|not|set|sent|stored|needed|too|correct|the|for|and|that|this|from|same|being|in|on|on-behalf-of|webpack|sha-?\d+|base64|utf-?8\w*|pbkdf2\w*|v\d\S*|bcrypt|argon2id?|scrypt|md5|varchar|char|z\.string.*|yup\.string.*|joi\.string.*|varchar\(\d+\)|[a-z_]+\(.*)$/i;

/** What a form says of a password, as against a password of several words. */
const SENTENCE =
  /[.!?:]$|\b(?:a|an|the|your|my|must|at least|enter|is|are|not|please|characters?|be|to|for|of|and|or|in|with|by|from|field|wrong|forgot|reset|new|confirm|this|can|will|should|ist|muss|bitte|mindestens)\b/i;

/** What may follow `password=`: chosen by a person, so short, and of letters, digits and signs together. */
export function isPassword(value: string, quoted: boolean): boolean {
  if (value.length < 4) return false;
  if (value.length > 500) return isKey(value);
  if (isPlaceholder(value) || EXPRESSION.test(value) || WORD.test(value)) return false;
  if (/^\d+$/.test(value)) return value.length >= 6;
  if (/\s/.test(value) && SENTENCE.test(value)) return false;
  if (/^[\d.:,/%-]+[a-z]{0,3}$/i.test(value) && !/[a-z]/i.test(value.slice(0, 1))) return false;
  const bare = value.replace(/[,;)\]}>.]{1,8}$/, "");
  if (isIdentifier(bare)) return quoted && /\d/.test(bare) && !/^[A-Z0-9_]+$/.test(bare);
  if (/^[a-z]+(?:[-_.:/][a-z]+)+$/i.test(bare)) return false;
  if (/^[A-Za-z]+$/.test(bare)) return quoted && bare.length >= 8 && isMixed(bare);
  return /[\d!@#$%^&*?+~]/.test(value);
}

/** What a variable of the environment may hold as a password: any word that is not one of these. */
export function isChosen(value: string): boolean {
  const bare = value.replace(/[,;)\]}>.]{1,8}$/, "");
  if (bare.length < 4 || isPlaceholder(value) || EXPRESSION.test(value) || WORD.test(bare)) return false;
  return !(/[A-Z_.]/.test(bare) && isIdentifier(bare));
}

const NAMED =
  "pass|pwd|secret|token|field|input|param|value|hash|user|config|env|data|type|name|key|cred|auth|string";
const NAMED_ANYWHERE = new RegExp(NAMED, "i");
/** In letters of one case, a word stands out at an end only: it may be in the middle by chance. */
const NAMED_AT_END = new RegExp(`^(?:${NAMED})|(?:${NAMED})s?$`);

/** A name of something in code, such as `passwordField2` or `DB_PASSWORD_FILE`. */
function isIdentifier(value: string): boolean {
  if (!/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/.test(value)) return false;
  return (/^[a-z]+$/.test(value) ? NAMED_AT_END : NAMED_ANYWHERE).test(value);
}

/** Letters alone, of which so many are capitals that it is neither a word nor a name in code. */
export function isShuffled(value: string): boolean {
  if (!/^[A-Za-z]{12,}$/.test(value)) return false;
  const capitals = value.replaceAll(/[a-z]/g, "").length / value.length;
  return capitals > 0.25 && capitals < 0.75;
}

/** Capitals in places where neither a word nor a name in code has them. */
function isMixed(value: string): boolean {
  return /[A-Z]{2}[a-z]|[a-z][A-Z](?:$|[A-Z])/.test(value) || value === value.toLowerCase();
}

/** What may follow `api_key=`: made by a program, so long and without sense. */
export function isKey(value: string): boolean {
  if (value.length < 16 || isPlaceholder(value) || EXPRESSION.test(value)) return false;
  if (/^[a-z]+:\/\//i.test(value) || /^[./~]/.test(value) || /^sha\d+-/.test(value)) return false;
  if (isShuffled(value)) return true;
  if (!/\d/.test(value) || !/[a-z]/i.test(value)) return false;
  if (/^[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)+\(?$/.test(value)) return false;
  if (/^[a-z]{2,}(?:[-_./:][a-z\d]{1,12}){1,12}$/i.test(value) && !/[a-z]\d[a-z]|\d[a-z]\d/i.test(value))
    return false;
  return entropyOf(value.slice(0, 100)) >= 3;
}

/** What somebody calls a password in a sentence: not a word of it. */
export function isSpoken(value: string): boolean {
  const bare = value.replace(/[,;)\]}>.:!?]{1,8}$/, "");
  return bare.length >= 6 && /\d|[!@#$%^&*?+~]./.test(bare) && isPassword(bare, true);
}
