import { ASSIGNED, isKey, isPassword } from "./assigned.ts";
import { isPlaceholder, type Rule } from "./rule.ts";

/** What a name of a key ends in. */
const KEY_NAME =
  "(?:api|access|auth|secret|private|account|encryption|signing|master|service|admin|app|application|client|session|refresh|bearer|license|subscription|storage|shared|registry|webhook|bot|deploy|personal|identity|id|oauth|csrf|xsrf|security|hmac|jwt|cookie|user|team|write|read|role)[_. -]?(?:access[_. -]?)?(?:key|token|secret|pat)(?:[_-]?(?:base|v?\\d))?|apikey|secret|token|credential|[a-z]{2,24}_(?:key|token|secret|pat)";

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
    // `use the api key 0123…`, without anything between.
    name: "api_key",
    anchors: ["key ", "token ", "secret "],
    pattern:
      /\b(?:api[ _-]?key|(?:access|auth|secret|bearer|session|refresh|deploy)[ _-]?(?:key|token)|my (?:key|token|secret))\s{1,3}["'`]?([A-Za-z0-9_-]{24})/gi,
    tail: /[A-Za-z0-9_-]*/y,
    accept: isKey,
  },
  {
    name: "api_key",
    anchors: ["key>", "token>", "secret>"],
    pattern: /<(?:[\w.:-]{0,40}(?:key|token|secret))>\s{0,4}([^<>\s]{12,500})(?=\s{0,4}<\/)/gi,
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
    accept: (value) => !isPlaceholder(value) && value.length >= 16 && /\d/.test(value),
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
export const ASSIGNMENTS: readonly Rule[] = [...headers, ...keys];
