import type { Rule } from "./rule.ts";

/** Endings that files have, and no address that a person reads mail at. */
const FILE =
  /\.(?:png|jpe?g|gif|svg|webp|ico|avif|js|mjs|cjs|ts|tsx|jsx|css|scss|json|ya?ml|md|html?|py|rb|go|rs|java|kt|swift|sh|lock|toml|txt|pdf|zip|tgz|gz|service|socket|timer|mount|local|localhost|internal|so|dll|exe|map|vue|php|c|h|cpp|hpp)$/i;

/** Accounts of programs, that name nobody. */
const ROBOT =
  /^(?:git|hg|svn|noreply|no-reply|postmaster|mailer-daemon)@|^[a-z0-9-]{0,40}\[bot\]@|^(?:user|username|you|name|email|someone|somebody|me|foo|bar|test|admin|info|support|hello|contact|security|help|sales|team)@(?:example|test|domain|yourdomain|your-domain|company|yourcompany|foo|bar|acme|mail|email|host|server|localhost)\./i;

/** Names in paths that name nobody. */
const SHARED =
  /^(?:shared|public|default|all users|guest|user|users?name|you|me|name|runner|runneradmin|ubuntu|debian|ec2-user|node|vscode|app|root|circleci|jenkins|vagrant|coder|gitpod|codespace|linuxbrew|settings|dashboard|index|page|pages|profile|search|about|login|home|main|feed|new|tmp|temp|data|.*\.(?:[jt]sx?|html?|css|vue|php|py|md|json|rb|go))$/i;

function namesSomebody(name: string): boolean {
  return !SHARED.test(name) && !/^[\d.]+$|^[0-9a-f]{8}-|^[:*{$<%[(]/i.test(name) && /[\p{L}\d]/u.test(name);
}

const NAME = "[^\\s\\\\/:*?\"'`<>|,;()[\\]{}$%#&=]{1,64}";
/** With spaces, where a separator follows that proves them to be one name. */
const SPACED = `${NAME}(?: ${NAME}){1,3}(?=[\\\\/])`;

/** The same where spaces also end a path: only names that begin like names. */
const CAPITALISED = `[A-Z]${NAME}(?: [A-Z]${NAME}){1,3}(?=/)`;

/** Who somebody is, rather than what they keep secret. */
export const PERSONAL: readonly Rule[] = [
  {
    name: "email",
    anchors: ["@"],
    weak: true,
    pattern:
      /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}_][\p{L}\p{N}._%+'-]{0,63}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}[\p{L}\p{N}])?\.){1,6}(?:\p{L}{2,24}|xn--[a-z0-9-]{2,40})(?![\p{L}\p{N}_-])/gu,
    accept: (value) => !FILE.test(value) && !ROBOT.test(value),
  },
  {
    // `/Users/jane`, `/home/jane`, also below a mount, on WSL and in a file URL. What follows the name stays.
    name: "home_path",
    anchors: ["/users/", "/home/"],
    pattern: new RegExp(
      `(?:(?<![\\w.}@-])|(?<=://[a-z]{1,16}))(?:file://)?(?:/(?:mnt/)?[a-z](?=/)|/(?:var|export|usr|data|nfs|net|rpool|host_mnt|System/Volumes/Data)|/Volumes/[^/\\s]{1,60})?/(?:Users|home)/(${CAPITALISED}|${NAME})`,
      "g",
    ),
    accept: (value) => namesSomebody(value.replace(/\.+$/, "")),
  },
  {
    name: "home_path",
    anchors: ["users", "documents and settings"],
    pattern: new RegExp(
      `[A-Za-z]:[\\\\/]{1,4}(?:Users|Documents and Settings)[\\\\/]{1,4}(${SPACED}|${NAME})`,
      "gi",
    ),
    accept: namesSomebody,
  },
  {
    // `\\server\users\jane`, `\\wsl$\Ubuntu\home\jane`.
    name: "home_path",
    anchors: ["\\\\"],
    pattern: new RegExp(
      `\\\\\\\\{1,4}[\\w.$-]{1,64}\\\\{1,4}(?:[\\w.$-]{1,64}\\\\{1,4}){0,2}(?:users|home|homes|profiles)\\$?\\\\{1,4}(${SPACED}|${NAME})`,
      "gi",
    ),
    accept: namesSomebody,
  },
  {
    // How Claude Code names the folder of a project.
    name: "home_path",
    anchors: ["-users-", "-home-"],
    pattern: /(?<![A-Za-z0-9])-(?:Users|home)-([A-Za-z0-9]{1,64})(?=-|[\\/\s"'`]|$)/g,
    accept: namesSomebody,
  },
];
