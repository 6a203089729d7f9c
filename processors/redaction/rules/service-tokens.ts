import { ALNUM, HEX, isPlaceholder, type Rule, token } from "./rule.ts";

/** Tokens of where code, packages and builds are kept. */
const CODE: readonly Rule[] = [
  token("github_token", ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], "gh[pousr]_", {
    body: "[A-Za-z0-9_]",
    min: 30,
  }),
  token("github_token", ["github_pat_"], "github_pat_", { body: "[A-Za-z0-9_]", min: 36 }),
  token(
    "gitlab_token",
    [
      "glpat-",
      "gldt-",
      "glrt-",
      "glcbt-",
      "glptt-",
      "glft-",
      "glimt-",
      "glagent-",
      "gloas-",
      "glsoat-",
      "glffct-",
    ],
    "gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-",
    { body: "[A-Za-z0-9_.-]", min: 18 },
  ),
  token("gitlab_token", ["gr1348941"], "GR1348941", { min: 20 }),
  token("bitbucket_token", ["atbb", "atctt3"], "AT(?:BB|CTT3)", {
    body: "[A-Za-z0-9_=-]",
    min: 24,
    apart: true,
  }),
  token("atlassian_token", ["atatt3"], "ATATT3", { body: "[A-Za-z0-9_=-]", min: 40 }),
  token("npm_token", ["npm_"], "npm_", { body: ALNUM, min: 36, apart: true }),
  token("pypi_token", ["pypi-"], "pypi-", { min: 50, apart: true }),
  token("rubygems_key", ["rubygems_"], "rubygems_", { body: HEX, min: 40 }),
  token("crates_token", ["cio"], "cio", { body: ALNUM, min: 32, apart: true, exact: true }),
  token("nuget_key", ["oy2"], "oy2", { body: "[a-z0-9]", min: 43, apart: true, exact: true }),
  token("docker_token", ["dckr_"], "dckr_(?:pat|oat)_", { min: 20 }),
  token("jfrog_token", ["akcp"], "AKCp", { body: ALNUM, min: 60, apart: true }),
  token("jfrog_token", ["cmvmd"], "cmVmd", { body: ALNUM, min: 59, apart: true }),
  token("circleci_token", ["ccipat_"], "CCIPAT_", { body: "[A-Za-z0-9_]", min: 30 }),
  token("buildkite_token", ["bkua_", "bkct_"], "bk(?:ua|ct)_", { body: ALNUM, min: 36 }),
  token("sourcegraph_token", ["sgp_"], "sgp_(?:[a-z0-9]{5,16}_)?", { body: HEX, min: 40, apart: true }),
  // Our own: of agents, of machines that ask for reports, and for enrolling.
  token("talos_token", ["tal_", "tak_", "tep_", "teb_"], "t(?:al|ak|ep|eb)_", {
    body: "[A-Za-z0-9_.-]",
    min: 40,
    apart: true,
  }),
  token("postman_key", ["pmak-"], "PMAK-", { min: 40 }),
  token("readme_key", ["rdme_"], "rdme_", { body: ALNUM, min: 50, apart: true }),
];

/** Tokens of those who take money. */
const PAYMENT: readonly Rule[] = [
  token("stripe_key", ["sk_live_", "sk_test_", "rk_live_", "rk_test_"], "[sr]k_(?:live|test)_", { min: 20 }),
  token("stripe_webhook_secret", ["whsec_"], "whsec_", { body: "[A-Za-z0-9+/=]", min: 24 }),
  token("square_token", ["sq0atp-", "sq0csp-"], "sq0[ac][ts]p-", { min: 22 }),
  token("shopify_token", ["shpat_", "shpss_", "shpca_", "shppa_"], "shp(?:at|ss|ca|pa)_", {
    body: ALNUM,
    min: 32,
  }),
  token("braintree_token", ["access_token$production$"], "access_token\\$production\\$", {
    body: "[a-z0-9$]",
    min: 40,
  }),
  {
    name: "plaid_token",
    anchors: ["access-production-", "access-sandbox-", "access-development-"],
    pattern: /access-(?:production|sandbox|development)-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g,
  },
];

/** Tokens of those who carry messages. */
const MESSAGING: readonly Rule[] = [
  token("slack_token", ["xox", "xapp-"], "(?:xox[abeoprs](?:\\.xox[bp])?|xapp)-", { min: 20 }),
  {
    name: "twilio_key",
    anchors: ["sk", "ac"],
    pattern: /(?<![A-Za-z0-9_])(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])/g,
    accept: (value) => !isPlaceholder(value),
  },
  token("sendgrid_key", ["sg."], "SG\\.[A-Za-z0-9_-]{16,32}\\.", { min: 32, apart: true }),
  token("mailgun_key", ["key-"], "key-", { body: HEX, min: 32, apart: true, exact: true }),
  token("mailgun_key", ["-"], "[0-9a-f]{32}-[0-9a-f]{8}-", { body: HEX, min: 8, apart: true, exact: true }),
  token("mailchimp_key", ["-us"], "[0-9a-f]{32}-us", { body: "[0-9]", min: 1, apart: true }),
  token("brevo_key", ["xkeysib-", "xsmtpsib-"], "x(?:key|smtp)sib-", { body: "[0-9A-Za-z-]", min: 60 }),
  token("resend_key", ["re_"], "re_[A-Za-z0-9]{8}_", { body: ALNUM, min: 20, apart: true }),
  {
    name: "discord_token",
    anchors: ["."],
    pattern:
      /(?<![A-Za-z0-9_.-])[MNO][A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}(?![A-Za-z0-9_.-])/g,
    accept: (value) => /\d/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value),
  },
  {
    name: "telegram_token",
    anchors: [":aa"],
    pattern: /(?<![A-Za-z0-9_:])(?:bot)?\d{8,10}:AA[A-Za-z0-9_-]{32,34}(?![A-Za-z0-9_-])/g,
  },
];

/** Tokens of where teams plan, write and draw. */
const WORK: readonly Rule[] = [
  token("notion_token", ["ntn_"], "ntn_", { body: ALNUM, min: 40, apart: true }),
  token("notion_token", ["secret_"], "secret_", { body: ALNUM, min: 43, apart: true }),
  token("linear_key", ["lin_"], "lin_(?:api|oauth|wh)_", { body: "[A-Za-z0-9_]", min: 32 }),
  token("figma_token", ["figd_", "figo_", "figu_"], "fig[dou]_", { min: 36 }),
  token("airtable_token", ["pat"], `pat${ALNUM}{14}\\.`, { body: HEX, min: 60, apart: true }),
  token("asana_token", ["/"], "[012]/\\d{10,20}(?:/\\d{10,20})?:", { body: HEX, min: 32, apart: true }),
  token("clickup_token", ["pk_"], "pk_\\d{6,9}_", { body: "[A-Z0-9]", min: 30, apart: true }),
  {
    name: "hubspot_token",
    anchors: ["pat-"],
    pattern: /(?<![A-Za-z0-9_-])pat-(?:na|eu|ap)\d-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g,
  },
  token("dropbox_token", ["sl."], "sl\\.(?:u\\.)?", { min: 60, apart: true }),
  token("contentful_token", ["cfpat-"], "CFPAT-", { min: 40 }),
  token("mapbox_token", ["sk.ey"], "sk\\.ey", { body: "[A-Za-z0-9_.-]", min: 50 }),
  token("facebook_token", ["eaa"], "EAA[A-Z]", { body: ALNUM, min: 80, apart: true }),
  {
    name: "twitter_token",
    anchors: ["aaaaaaaaaa"],
    pattern: /(?<![A-Za-z0-9%/+])A{16,22}[A-Za-z0-9%]{60}/g,
    tail: /[A-Za-z0-9%]*/y,
    accept: (value) => /%[23]/.test(value),
  },
  token("typeform_token", ["tfp_"], "tfp_", { body: "[A-Za-z0-9_.=-]", min: 40 }),
  {
    name: "launchdarkly_key",
    anchors: ["sdk-", "api-"],
    pattern: /(?<![A-Za-z0-9_-])(?:sdk|api)-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g,
  },
  {
    name: "okta_token",
    anchors: ["00"],
    pattern: /(?<![A-Za-z0-9_+/=-])00[A-Za-z0-9_-]{40}(?![A-Za-z0-9_+/=-])/g,
    accept: (value) => /[A-Z]/.test(value) && /[a-z]/.test(value) && !isPlaceholder(value),
  },
];

/** A token whose first half is a JSON object, and what is signed or encrypted like one. */
const SIGNED: readonly Rule[] = [
  {
    name: "jwt",
    anchors: ["eyj"],
    pattern: /eyJ[A-Za-z0-9_-]{8}/g,
    tail: /[A-Za-z0-9_.-]*/y,
    accept: isSigned,
  },
  token("paseto", ["v2.l", "v4.l", "v2.p", "v4.p", "v1.", "v3."], "v[1-4]\\.(?:local|public)\\.", {
    body: "[A-Za-z0-9_.-]",
    min: 40,
  }),
  token("age_key", ["age-secret-key-"], "AGE-SECRET-KEY-(?:PQ-)?1", { body: "[0-9A-Z]", min: 40 }),
  {
    // The first bytes of an OpenSSH key, without the lines around it.
    name: "private_key",
    anchors: ["b3blbnnzac1rzxktdj"],
    pattern: /b3BlbnNzaC1rZXktdj[A-Za-z0-9+/]{40}/g,
    tail: /[A-Za-z0-9+/=\s]*/y,
  },
  {
    name: "wireguard_key",
    anchors: ["privatekey", "presharedkey"],
    pattern: /(?:PrivateKey|PresharedKey)["']?\s{0,4}[:=]\s{0,4}["']?([A-Za-z0-9+/]{43}=)/g,
  },
];

export const SERVICE_TOKENS: readonly Rule[] = [...CODE, ...PAYMENT, ...MESSAGING, ...WORK, ...SIGNED];

/** Three parts or more, of which one begins like a JSON object in base64. */
function isSigned(value: string): boolean {
  const parts = value.split(".");
  return parts.some((part, i) => i + 2 < parts.length && /eyJ[A-Za-z0-9_-]{8}/.test(part));
}
