import { ALNUM, HEX, isPlaceholder, type Rule, token } from "./rule.ts";

/** Keys of clouds, hosts and what runs on them. */
export const CLOUD_KEYS: readonly Rule[] = [
  {
    name: "aws_access_key",
    anchors: ["akia", "asia", "abia", "acca", "a3t"],
    pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Za-z0-9])/g,
    accept: (value) => !/EXAMPLE/.test(value) && !isPlaceholder(value),
  },
  {
    name: "aws_secret_key",
    anchors: ["secret"],
    pattern:
      /(?:secret[_-]?access[_-]?key|aws[_-]?secret(?:[_-]?key)?)["'\]]{0,2}\s{0,8}(?:=>|[:=]|is)\s{0,8}["'`]?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
    accept: (value) => !isPlaceholder(value),
  },
  {
    // The pair as people paste it: the id, and the secret beside it.
    name: "aws_secret_key",
    anchors: ["akia", "asia"],
    pattern: /(?:AKIA|ASIA)[A-Z0-9]{16}["']?[\s,;:/|]{1,8}["']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/g,
    accept: (value) => !isPlaceholder(value),
  },
  {
    // `and the secret is …`, in a sentence.
    name: "aws_secret_key",
    anchors: ["secret"],
    pattern: /\bsecret(?: (?:access )?key)?(?: is)?:? ["'`]?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
    accept: (value) =>
      !isPlaceholder(value) && /\d/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value),
  },
  {
    name: "aws_session_token",
    anchors: ["session", "security"],
    pattern:
      /(?:aws[_-]?(?:session|security)[_-]?token|sessiontoken)["'\]]{0,2}\s{0,8}[:=]\s{0,8}["'`]?([A-Za-z0-9/+=%]{80})/gi,
    tail: /[A-Za-z0-9/+=%]*/y,
  },
  token("google_oauth_secret", ["gocspx-"], "GOCSPX-", { min: 20 }),
  token("google_access_token", ["ya29."], "ya29\\.(?:[cd]\\.)?", { min: 20 }),
  token("google_refresh_token", ["1//0"], "1//0", { min: 30, apart: true }),
  {
    name: "azure_storage_key",
    anchors: ["accountkey", "sharedaccesskey"],
    pattern: /(?:AccountKey|SharedAccessKey|SharedAccessSignature)\s{0,4}=\s{0,4}([A-Za-z0-9+/=%&_-]{20})/gi,
    tail: /[A-Za-z0-9+/=%&_-]*/y,
    accept: (value) => !isPlaceholder(value),
  },
  {
    name: "azure_client_secret",
    anchors: ["8q~", "7q~", "9q~"],
    pattern: /(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[789]Q~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])/g,
  },
  token("azure_devops_token", ["azdo"], `${ALNUM}{76}AZDO`, {
    body: ALNUM,
    min: 4,
    apart: true,
    exact: true,
  }),
  token("azure_openai_key", ["jqqj99"], `${ALNUM}{52}JQQJ99`, { body: ALNUM, min: 20, apart: true }),
  token("digitalocean_token", ["dop_v1_", "doo_v1_", "dor_v1_"], "do[opr]_v1_", { body: HEX, min: 40 }),
  token("cloudflare_token", ["cfk_", "cfut_", "cfat_"], "cf(?:k|ut|at)_", {
    body: ALNUM,
    min: 40,
    apart: true,
  }),
  token("cloudflare_token", ["v1.0-"], "v1\\.0-", { body: "[0-9a-f-]", min: 140, apart: true }),
  token("alibaba_key", ["ltai"], "LTAI", { body: ALNUM, min: 16, apart: true }),
  token("tencent_key", ["akid"], "AKID", { body: ALNUM, min: 32, apart: true }),
  token("heroku_key", ["hrku-"], "HRKU-", { min: 30 }),
  token("fly_token", ["fm1_", "fm2_", "fo1_"], "f(?:m[12]|o1)_", {
    body: "[A-Za-z0-9+/=_-]",
    min: 30,
    apart: true,
  }),
  token("vercel_token", ["vcp_", "vci_", "vca_", "vcr_", "vck_"], "vc[piark]_", {
    body: ALNUM,
    min: 24,
    apart: true,
  }),
  token("vercel_token", ["vercel_blob_rw_"], "vercel_blob_rw_", { min: 20 }),
  token("netlify_token", ["nfp_", "nfo_", "nfc_", "nfu_", "nfb_"], "nf[pocub]_", {
    body: ALNUM,
    min: 36,
    apart: true,
  }),
  token("supabase_key", ["sbp_", "sb_secret_"], "sb(?:p|_secret)_(?:oauth_|v0_)?", { min: 24, apart: true }),
  token("planetscale_key", ["pscale_"], "pscale_(?:tkn|pw|oauth)_", { min: 24 }),
  token("neon_key", ["napi_"], "napi_", { body: ALNUM, min: 40, apart: true }),
  token("render_key", ["rnd_"], "rnd_", { body: ALNUM, min: 26, apart: true }),
  token("vault_token", ["hvs.", "hvb.", "hvr."], "hv[sbr]\\.", { min: 24 }),
  token("terraform_token", [".atlasv1."], `${ALNUM}{14}\\.atlasv1\\.`, { min: 40 }),
  token("doppler_token", ["dp."], "dp\\.(?:pt|st|ct|sa|scim|audit)\\.(?:[a-z0-9_-]{2,35}\\.)?", {
    body: ALNUM,
    min: 36,
    apart: true,
  }),
  token("pulumi_token", ["pul-"], "pul-", { body: HEX, min: 40, apart: true }),
  token("databricks_token", ["dapi"], "dapi", { body: "[0-9a-f-]", min: 32, apart: true }),
  token("onepassword_token", ["ops_ey"], "ops_ey", { min: 60 }),
  {
    name: "onepassword_token",
    anchors: ["a3-"],
    pattern: /(?<![A-Za-z0-9-])A3-[A-Z0-9]{6}-[A-Z0-9]{6,11}(?:-[A-Z0-9]{5}){3,4}(?![A-Za-z0-9-])/g,
  },
  token("tailscale_key", ["tskey-"], "tskey-", { min: 20 }),
  token("sentry_token", ["sntrys_", "sntryu_"], "sntry[su]_", { body: "[A-Za-z0-9+/=_-]", min: 40 }),
  token("newrelic_key", ["nrak-", "nrjs-", "nraa-", "nrii-", "nrra-"], "NR(?:AK|JS|AA|II|RA)-", {
    min: 19,
    apart: true,
  }),
  token("grafana_token", ["glc_ey", "glsa_"], "gl(?:c_ey|sa_)", { body: "[A-Za-z0-9+/=_]", min: 32 }),
  token("datadog_key", ["ddapi_", "ddapp_"], "dda(?:pi|pp)_", { min: 24 }),
  token("honeycomb_key", ["hcaik_", "hcxik_", "hcbik_"], "hc[axb]ik_", { body: ALNUM, min: 32 }),
  token("posthog_key", ["phx_"], "phx_", { body: ALNUM, min: 32, apart: true }),
  token("dynatrace_token", ["dt0"], "dt0[a-z]\\d{2}\\.[A-Z0-9]{24}\\.", { body: ALNUM, min: 60 }),
  token("snyk_token", ["snyk_uat."], "snyk_uat\\.[a-z0-9]{8}\\.", { min: 20 }),
  token("sonar_token", ["sqp_", "squ_", "sqa_"], "sq[pua]_", { body: HEX, min: 40, apart: true }),
];
