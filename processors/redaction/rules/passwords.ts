import { ASSIGNED, isChosen, isPassword, isSpoken } from "./assigned.ts";
import { isPlaceholder, type Rule } from "./rule.ts";

/** What a name of a password ends in. */
const PASSWORD_NAME = "pass(?:word|wd|phrase|code)?|pwd|passwort|contrase(?:n|ñ)a|mot[_ ]de[_ ]passe|pw";

/** Passwords, which only their place gives away. */
export const PASSWORDS: readonly Rule[] = [
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
    // `DB_PASS=correcthorse`: a variable's value is what it is, whatever it looks like.
    name: "password",
    anchors: ["pass", "pwd", "secret"],
    pattern:
      /(?<![A-Za-z0-9$])(?:[A-Z][A-Z0-9]{0,30}_){1,6}(?:PASS(?:WORD|WD|PHRASE)?|PWD|PW|SECRET)(?:_KEY)?(?:=|:[ ])["']?([^\s"'`\\$<>{}()[\]/]{6,100})/g,
    tail: /[^\s"'`\\]*/y,
    accept: isChosen,
  },
  {
    name: "password",
    anchors: ["password>", "passwd>", "passphrase>", "pwd>"],
    pattern: /<[\w.:-]{0,40}(?:password|passwd|passphrase|pwd)>([^<>\r\n]{4,200})(?=<\/)/gi,
    accept: (value) => isPassword(value, true),
  },
  {
    // `password hunter2`, `user root, pass toor1234`.
    name: "password",
    anchors: ["password ", "passwd ", "passwort ", "passphrase ", "pwd ", "pw ", "pass "],
    pattern:
      /\b(?:passw(?:ord|d|ort)|passphrase|pwd|pw|user(?:name)? [^\s,;]{1,40}[,;]? (?:and |with )?pass) ["'`“‘]?([^\s"'`”’]{6,100})/gi,
    accept: (value) => isSpoken(value) && /[a-z]/i.test(value) && /\d/.test(value),
  },
  {
    // `credentials: admin/Passw0rd1`, `login with admin:Passw0rd1`.
    name: "password",
    anchors: ["credential", "creds", "login", "log in"],
    pattern:
      /\b(?:credentials?|creds|log ?in)(?: (?:are|is|with|as|using))?[: ] ?["'`]?[A-Za-z][^\s"'`:/]{0,63}[:/]([^\s"'`/:][^\s"'`]{5,100})/gi,
    accept: (value) => isSpoken(value) && /[A-Z]|[!@#$%^&*?+~]/.test(value) && /\d/.test(value),
  },
  {
    name: "password",
    anchors: ["sudo -s"],
    pattern: /\becho (?:-n )?["']?([^\s"'|]{4,100})(?=["']? {0,3}\| {0,3}sudo -S)/g,
    accept: (value) => isPassword(value, true),
  },
  {
    name: "password_hash",
    anchors: ["$"],
    pattern:
      /\$(?:2[abxy]\$\d{2}\$[./A-Za-z0-9]{53}|[156y]\$(?:rounds=\d{1,9}\$)?[./A-Za-z0-9$]{1,40}\$[./A-Za-z0-9]{22,86}|argon2(?:id?|d)\$v=\d{1,3}\$[a-z0-9=,]{5,60}\$[A-Za-z0-9+/]{8,88}\$[A-Za-z0-9+/]{16,172})/g,
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
    anchors: ["curl", "http", "wget", "--user", "-u ", "-a "],
    pattern:
      /(?:\s-u|(?<=\bhttps? [^\n]{0,60})-a |--user|--proxy-user)[ =]{0,2}["']?([^\s"':[\]%]{1,100}:[^\s"'`[\]]{3,100})/g,
    accept: (value) => isPassword(value.slice(value.indexOf(":") + 1), true),
  },
];
