import { isKey, isPassword, isSpoken } from "./assigned.ts";
import { isPlaceholder, type Rule } from "./rule.ts";

/** What a name of a password ends in, and what stands between it and its value. */
const PASSWORD_NAME = "pass(?:word|wd|phrase|code)?|pwd|passwort|contrase(?:n|ñ)a|mot[_ ]de[_ ]passe|pw";
const KEY_NAME =
  "(?:api|access|auth|secret|private|account|encryption|signing|master|service|admin|app|application|client|session|refresh|bearer|license|subscription|storage|shared|registry|webhook|bot|deploy|personal|identity|id|oauth|csrf|xsrf|security|hmac|jwt|cookie|user|team|write|read|role)[_. -]?(?:access[_. -]?)?(?:key|token|secret|pat)(?:[_-]?(?:base|v?\\d))?|apikey|secret|token|credential|[a-z]{2,24}_(?:key|token|secret|pat)";
const ASSIGNED = "[\"'\\]`]{0,2}\\s{0,8}(?:=>|:=|[:=])\\s{0,8}";

const passwords: readonly Rule[] = [
  {
    name: "password",
    anchors: ["pass", "pwd", "pw", "contrase"],
    pattern: new RegExp(`(?:${PASSWORD_NAME})(?:_?\\d)?${ASSIGNED}"((?:[^"\\\\\\r\\n]|\\\\.){4,200})`, "gi"),
    tail: /[^"\\\r\n]*/y,
    accept: (value) => isPassword(value, true),
  },
  {
    name: "password",
    anchors: ["pass", "pwd", "pw", "contrase"],
    pattern: new RegExp(
      `(?:${PASSWORD_NAME})(?:_?\\d)?${ASSIGNED}(['\`])((?:(?!\\1)[^\\\\\\r\\n]|\\\\.){4,200})(?=\\1)`,
      "gi",
    ),
    accept: (value) => isPassword(value, true),
  },
  {
    name: "password",
    anchors: ["pass", "pwd", "pw", "contrase"],
    pattern: new RegExp(`(?:${PASSWORD_NAME})(?:_?\\d)?${ASSIGNED}([^\\s"'\`;\\\\<>{}()[\\]]{4,100})`, "gi"),
    tail: /[^\s"'`;\\]*/y,
    accept: (value) => isPassword(value, false),
  },
  {
    // `my password is hunter2`, `password for staging: hunter2`.
    name: "password",
    anchors: ["pass", "pwd", "pw"],
    pattern:
      /\b(?:password|passphrase|passcode|passwd|pwd|pw)(?: (?:for|of|to|on) [^\s,;:]{1,40}(?: [^\s,;:]{1,40}){0,3})?(?: is(?: now)?| =|:)[: ] {0,2}["'`“‘]?([^\s"'`”’]{4,100})/gi,
    accept: isSpoken,
  },
  {
    name: "password",
    anchors: ["--pass", "--pw", "-pass", "sshpass"],
    pattern: /(?:--?pass(?:word|wd|phrase)?|--pwd|sshpass -p)[ =]["']?([^\s"'`;|]{4,100})/gi,
    tail: /[^\s"'`]*/y,
    accept: (value) => isPassword(value, false) || isPassword(value, true),
  },
  {
    // `mysql -u root -phunter2`, and what takes it as a word of its own.
    name: "password",
    anchors: ["mysql", "mariadb", "mongo", "docker login", "redis-cli", "ldapsearch"],
    pattern:
      /(?:mysql(?:dump|admin)?|mariadb|mongo(?:sh|dump|restore)?|docker login|redis-cli|ldapsearch)\b[^\n|;&]{0,120} (?:-p ?|-a |-w )["']?([^\s"'`;|-][^\s"'`;|]{3,100})/g,
    accept: (value) => isPassword(value, true),
  },
  {
    name: "netrc",
    anchors: ["machine", "login"],
    pattern:
      /\b(?:machine\s{1,4}[^\s]{1,200}|login\s{1,4}[^\s]{1,200})\s{1,8}(?:login\s{1,4}[^\s]{1,200}\s{1,8})?password\s{1,4}([^\s]{1,200})/g,
    accept: (value) => !isPlaceholder(value),
  },
  {
    name: "pgpass",
    anchors: [":5432:", ":543", ":*:"],
    pattern: /(?<![\w.:-])[\w.*-]{1,100}:(?:\d{4,5}|\*):[\w*-]{1,63}:[\w*-]{1,63}:([^\s:"'\\]{4,100})/g,
    accept: (value) => !isPlaceholder(value),
  },
  {
    name: "curl_credentials",
    anchors: ["curl", "http", "wget", "--user", "-u "],
    pattern: /(?:\s-u|--user|--proxy-user)[ =]{0,2}["']?([^\s"':[\]%]{1,100}:[^\s"'`[\]]{3,100})/g,
    accept: (value) => isPassword(value.slice(value.indexOf(":") + 1), true),
  },
];

const headers: readonly Rule[] = [
  {
    name: "authorization",
    anchors: ["authorization"],
    pattern:
      /authorization["'\]]{0,2}\s{0,4}[:=,]\s{0,4}["'`]{0,2}\s{0,2}(?:bearer|basic|token|digest|apikey|api-key|bot|key|negotiate)\s{1,4}([A-Za-z0-9+/=_.~:-]{8})/gi,
    tail: /[A-Za-z0-9+/=_.~:-]*/y,
    accept: (value) =>
      !isPlaceholder(value) && (/\d/.test(value) || /[A-Z].*[a-z]|[a-z].*[A-Z]/.test(value.slice(0, 40))),
  },
  {
    name: "authorization",
    anchors: ["bearer"],
    pattern: /\bbearer\s{1,4}([A-Za-z0-9+/=_.~-]{16})/gi,
    tail: /[A-Za-z0-9+/=_.~-]*/y,
    accept: isKey,
  },
  {
    name: "cookie",
    anchors: ["cookie", "-b "],
    pattern:
      /(?:\bcookie["']?\s{0,2}[:=]\s{0,2}["'`]?|set-cookie:\s{0,2}|(?<=\bcurl [^\n]{0,60})-b ["'])([^\r\n"'`\\]{8,500})/gi,
    tail: /[^\r\n"'`\\]*/y,
    accept: (value) =>
      /=[^;=]{0,200}[A-Za-z0-9%+/_.-]{16}/.test(value.slice(0, 700)) &&
      !isPlaceholder(value) &&
      /\d/.test(value),
  },
];

const keys: readonly Rule[] = [
  {
    name: "api_key",
    anchors: ["key", "token", "secret", "pat", "credential"],
    pattern: new RegExp(`(?:${KEY_NAME})${ASSIGNED}["'\`]?([A-Za-z0-9+/_.~=:!@#$%^&*-]{12})`, "gi"),
    tail: /[A-Za-z0-9+/_.~=:!@#$%^&*-]*/y,
    accept: isKey,
  },
  {
    name: "secret",
    anchors: ["secret"],
    pattern: new RegExp(
      `(?:client|app|shared|session|cookie|jwt|webhook|oauth)?[_. -]?secret(?:[_-]?key)?${ASSIGNED}["'\`]([^"'\`\\s\\\\]{6,200})(?=["'\`])`,
      "gi",
    ),
    accept: (value) => isPassword(value, true) && /\d/.test(value),
  },
  {
    // `our Datadog API key is 0123…`, `the token: 0123…`
    name: "api_key",
    anchors: ["key", "token", "secret"],
    pattern:
      /\b(?:api|access|auth|secret|private|app|application|client|session|deploy|bot|license|personal access)?[ _-]?(?:key|token|secret)(?: (?:for|of|to|from|here|below|we use|i use)(?: [^\s,;:]{1,30}){0,3})?(?: is(?: now)?|:| =| -)[: ] {0,2}["'`“‘(]?([A-Za-z0-9+/_.~=-]{16})/gi,
    tail: /[A-Za-z0-9+/_.~=-]*/y,
    accept: isKey,
  },
  {
    name: "api_key",
    anchors: ["--token", "--api", "--key", "--secret", "--auth"],
    pattern:
      /--(?:api-?|auth-?|access-?|secret-?|client-?)?(?:key|token|secret)[ =]["']?([A-Za-z0-9+/_.~=:-]{12})/gi,
    tail: /[A-Za-z0-9+/_.~=:-]*/y,
    accept: isKey,
  },
  {
    name: "npm_auth",
    anchors: ["_auth"],
    pattern: /_(?:authToken|auth|password)["']?\s{0,3}[=:]\s{0,3}["']?([A-Za-z0-9+/=_.-]{8})/g,
    tail: /[A-Za-z0-9+/=_.-]*/y,
    accept: (value) => !isPlaceholder(value),
  },
  {
    name: "docker_auth",
    anchors: ['"auth'],
    pattern: /"(?:auth|identitytoken|registrytoken)"\s{0,4}:\s{0,4}"([A-Za-z0-9+/=_.-]{12})/g,
    tail: /[A-Za-z0-9+/=_.-]*/y,
    accept: (value) =>
      !isPlaceholder(value) && /[A-Z]/.test(value) && /[a-z]/.test(value) && /\d/.test(value),
  },
  {
    name: "private_key",
    anchors: ["private", "mnemonic", "seed"],
    pattern:
      /(?:private[_ -]?key|privkey|wallet[_ -]?key)["']?\s{0,4}(?:[:=]|is)\s{0,4}["'`]?((?:0x)?[0-9a-f]{64})(?![0-9a-f])/gi,
    accept: (value) => !isPlaceholder(value),
  },
  {
    name: "seed_phrase",
    anchors: ["mnemonic", "seed phrase", "recovery phrase", "seed_phrase"],
    pattern:
      /(?:mnemonic|(?:seed|recovery)[ _]phrase)["']?\s{0,4}(?:[:=]|is)\s{0,4}["'`]?([a-z]{3,8}(?: [a-z]{3,8}){11,23})/gi,
  },
  {
    // The private members of a JSON Web Key.
    name: "jwk",
    anchors: ['"kty"'],
    pattern: /"(?:d|p|q|dp|dq|qi|k)"\s{0,4}:\s{0,4}"([A-Za-z0-9_-]{20})/g,
    tail: /[A-Za-z0-9_-]*/y,
  },
];

/** Secrets that only their place gives away. */
export const ASSIGNMENTS: readonly Rule[] = [...passwords, ...headers, ...keys];
