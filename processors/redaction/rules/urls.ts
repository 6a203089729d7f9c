import { isChosen, isKey, isPassword, isShuffled } from "./assigned.ts";
import { isPlaceholder, type Rule } from "./rule.ts";

const DATABASES =
  "postgres(?:ql)?|mysql|mariadb|mongodb(?:\\+srv)?|rediss?|amqps?|mssql|sqlserver|oracle|clickhouse|cockroachdb|couchdb|cassandra|neo4j(?:\\+s)?|bolt|snowflake|nats|kafka|memcached|ldaps?|smtps?|db2|jdbc:[a-z]{2,20}";

const TEMPLATE = /^(?:\$|\{|<|%[A-Z_]{2,}%|\*{3}|x{3,}$)/;

function isCredential(userinfo: string): boolean {
  const password = userinfo.slice(userinfo.indexOf(":") + 1);
  if (TEMPLATE.test(password) || isPlaceholder(password)) return false;
  return !/^(?:pass(?:word|wd)?|pwd|secret|token|\d{1,5})$/i.test(password);
}

/** Secrets in addresses. */
export const URLS: readonly Rule[] = [
  {
    // All of it: the host and the name of a database are nobody's business either.
    name: "connection_string",
    anchors: ["://"],
    pattern: new RegExp(
      `(?:${DATABASES})://[^\\s"'\`<>/@:]{0,100}:[^\\s"'\`<>/]{1,200}@[^\\s"'\`<>/]{1,200}`,
      "gi",
    ),
    tail: /[^\s"'`<>]*/y,
    accept: (value) => isCredential(value.slice(value.indexOf("://") + 3, value.lastIndexOf("@"))),
  },
  {
    name: "url_credentials",
    anchors: ["://"],
    pattern: /(?<=[a-z][a-z0-9+.-]{1,20}:\/\/)([^\s"'`<>/@:?#]{0,100}:[^\s"'`<>/?#@]{1,200})(?=@)/gi,
    accept: isCredential,
  },
  {
    // `https://ghp_…@github.com`, `https://0123…@sentry.io`: a token in place of a name.
    name: "url_credentials",
    anchors: ["://"],
    pattern: /(?<=[a-z][a-z0-9+.-]{1,20}:\/\/)([A-Za-z0-9_.~%-]{20,200})(?=@)/g,
    accept: (value) => !isPlaceholder(value) && /\d/.test(value),
  },
  {
    name: "url_token",
    anchors: ["=", "%3d"],
    pattern:
      /[?&#](?:access_?token|refresh_?token|id_?token|auth_?token|oauth_?token|session_?token|token|api[_-]?key|apikey|key|subscription-key|auth|authorization|secret|client_secret|sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token|x-goog-signature|x-goog-credential|hdnts|jwt|sas|pat|private_token|job_token|invite|ticket|session|sid|hmac|pwd|passwd|password)=([^\s"'`<>&#\\]{8})/gi,
    tail: /[^\s"'`<>&#\\)\]}]*/y,
    accept: (value, match) =>
      !isPlaceholder(value) && !TEMPLATE.test(value) && isQueryToken(value, match[0].slice(0, 20)),
  },
  {
    // What an identity provider sends back; code in an address is called the same.
    name: "url_token",
    anchors: ["code="],
    pattern: /[?&#]code=([A-Za-z0-9._~/-]{20})/g,
    tail: /[A-Za-z0-9._~/%-]*/y,
    accept: isKey,
  },
  {
    name: "slack_webhook",
    anchors: ["hooks.slack"],
    pattern:
      /(?:https?:\/\/)?hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9_/]{8}/gi,
    tail: /[A-Za-z0-9_/]*/y,
    accept: (value) => !isPlaceholder(value),
  },
  {
    name: "discord_webhook",
    anchors: ["/api/webhooks/"],
    pattern:
      /(?:https?:\/\/)?(?:[a-z]{2,8}\.)?discord(?:app)?\.com\/api\/(?:v\d{1,2}\/)?webhooks\/\d{15,22}\/[A-Za-z0-9_-]{8}/gi,
    tail: /[A-Za-z0-9_-]*/y,
    accept: (value) => !isPlaceholder(value.slice(value.lastIndexOf("/"))),
  },
  {
    name: "teams_webhook",
    anchors: ["webhook.office.com", "outlook.office"],
    pattern:
      /(?:https?:\/\/)?(?:[a-z0-9-]{1,63}\.webhook\.office|outlook\.office(?:365)?)\.com\/webhook(?:b2)?\/[A-Za-z0-9@/-]{30}/gi,
    tail: /[A-Za-z0-9@/_-]*/y,
  },
  {
    // A flow that Teams or Power Automate starts: who knows the address may.
    name: "teams_webhook",
    anchors: ["logic.azure.com", "powerplatform.com"],
    pattern: /(?:logic\.azure|powerplatform)\.com(?::443)?\/[^\s"'`<>]{0,300}sig=([A-Za-z0-9_%-]{8})/gi,
    tail: /[A-Za-z0-9_%-]*/y,
  },
  {
    name: "webhook",
    anchors: [
      "hooks.zapier",
      "maker.ifttt",
      "hook.",
      "webhook.site",
      "chat.googleapis.com",
      "hooks.airtable",
      "api.telegram.org",
    ],
    pattern:
      /(?:hooks\.zapier\.com\/hooks\/catch\/|maker\.ifttt\.com\/(?:use|trigger\/[\w-]{1,60}(?:\/json)?\/with\/key)\/|hook\.(?:[a-z0-9]{2,8}\.)?make\.com\/|hook\.integromat\.com\/|webhook\.site\/|hooks\.airtable\.com\/workflows\/)[A-Za-z0-9/_-]{8}|chat\.googleapis\.com\/v1\/spaces\/[A-Za-z0-9_-]{4,40}\/messages\?[^\s"'`<>]{10}/gi,
    tail: /[^\s"'`<>\\)]*/y,
    accept: (value) => !isPlaceholder(value),
  },
];

function isQueryToken(value: string, name: string): boolean {
  if (/pass|pwd/i.test(name) && isChosen(value)) return true;
  const letters = value.replaceAll("%", "");
  if (/^[a-z]+(?:[-_.][a-z]+)*$/i.test(letters)) return isShuffled(letters);
  return isPassword(value, true) || (/\d/.test(value) && /[a-z]/i.test(value));
}
