import { BASE64, DIGITS, LOWER, type Random, UPPER, URL_SAFE } from "./random.ts";

/** Makes one secret of a kind, as its vendor writes it. */
export type Make = (random: Random) => string;

/** Secrets that are known wherever they stand. */
export const TOKENS: Readonly<Record<string, Make>> = {
  anthropic: (r) => `sk-ant-api03-${r.text(URL_SAFE, 93)}AA`,
  anthropic_oauth: (r) => `sk-ant-oat01-${r.text(URL_SAFE, 86)}`,
  openai_project: (r) => `sk-proj-${r.text(URL_SAFE, 74)}T3BlbkFJ${r.text(URL_SAFE, 73)}k`,
  openai_legacy: (r) => `sk-${r.alnum(20)}T3BlbkFJ${r.alnum(20)}`,
  deepseek: (r) => `sk-${r.hex(32)}`,
  openrouter: (r) => `sk-or-v1-${r.hex(64)}`,
  google_ai: (r) => `AIza${r.text(URL_SAFE, 35)}`,
  xai: (r) => `xai-${r.alnum(80)}`,
  groq: (r) => `gsk_${r.alnum(52)}`,
  huggingface: (r) => `hf_${r.text(UPPER + LOWER, 34)}`,
  cursor: (r) => `crsr_${r.hex(64)}`,
  replicate: (r) => `r8_${r.alnum(37)}`,
  perplexity: (r) => `pplx-${r.alnum(48)}`,
  nvidia: (r) => `nvapi-${r.text(URL_SAFE, 64)}`,
  langsmith: (r) => `lsv2_pt_${r.hex(32)}_${r.hex(10)}`,
  pinecone: (r) => `pcsk_${r.alnum(6)}_${r.alnum(60)}`,
  aws_access_key: (r) => `AKIA${r.text(`${UPPER}234567`, 16)}`,
  google_oauth: (r) => `GOCSPX-${r.text(URL_SAFE, 28)}`,
  google_access: (r) => `ya29.${r.text(URL_SAFE, 120)}`,
  azure_client_secret: (r) => `${r.alnum(3)}8Q~${r.text(URL_SAFE, 33)}k`,
  digitalocean: (r) => `dop_v1_${r.hex(64)}`,
  cloudflare: (r) => `cfut_${r.alnum(40)}${r.hex(8)}`,
  supabase: (r) => `sbp_${r.hex(40)}`,
  planetscale: (r) => `pscale_tkn_${r.text(URL_SAFE, 43)}`,
  vault: (r) => `hvs.${r.text(URL_SAFE, 95)}`,
  terraform: (r) => `${r.alnum(14)}.atlasv1.${r.text(URL_SAFE, 67)}`,
  doppler: (r) => `dp.pt.${r.alnum(43)}`,
  databricks: (r) => `dapi${r.hex(32)}`,
  tailscale: (r) => `tskey-auth-k${r.alnum(10)}CNTRL-${r.alnum(32)}`,
  sentry: (r) => `sntryu_${r.hex(64)}`,
  newrelic: (r) => `NRAK-${r.text(UPPER + DIGITS, 27)}`,
  grafana: (r) => `glsa_${r.alnum(32)}_${r.hex(8)}`,
  sonar: (r) => `sqp_${r.hex(40)}`,
  github_classic: (r) => `ghp_${r.alnum(36)}`,
  github_fine: (r) => `github_pat_${r.alnum(22)}_${r.alnum(59)}`,
  gitlab: (r) => `glpat-${r.text(URL_SAFE, 20)}`,
  bitbucket: (r) => `ATBB${r.alnum(32)}`,
  atlassian: (r) => `ATATT3xFfGF0${r.text(URL_SAFE, 170)}=${r.text(`${DIGITS}ABCDEF`, 8)}`,
  npm: (r) => `npm_${r.alnum(36)}`,
  pypi: (r) => `pypi-AgEIcHlwaS5vcmc${r.text(URL_SAFE, 130)}`,
  rubygems: (r) => `rubygems_${r.hex(48)}`,
  docker: (r) => `dckr_pat_${r.text(URL_SAFE, 27)}`,
  stripe: (r) => `sk_live_${r.alnum(24)}`,
  stripe_webhook: (r) => `whsec_${r.alnum(32)}`,
  square: (r) => `sq0atp-${r.text(URL_SAFE, 22)}`,
  shopify: (r) => `shpat_${r.hex(32)}`,
  slack_bot: (r) => `xoxb-${r.text(DIGITS, 12)}-${r.text(DIGITS, 13)}-${r.alnum(24)}`,
  slack_app: (r) => `xapp-1-A${r.text(UPPER + DIGITS, 10)}-${r.text(DIGITS, 13)}-${r.hex(64)}`,
  twilio: (r) => `SK${r.hex(32)}`,
  sendgrid: (r) => `SG.${r.text(URL_SAFE, 22)}.${r.text(URL_SAFE, 43)}`,
  mailgun: (r) => `key-${r.hex(32)}`,
  mailchimp: (r) => `${r.hex(32)}-us${r.between(1, 21)}`,
  discord_bot: (r) => `MT${r.alnum(24)}.${r.alnum(6)}.${r.text(URL_SAFE, 37)}k`,
  telegram: (r) => `${r.text("123456789", 10)}:AA${r.text(URL_SAFE, 32)}k`,
  notion: (r) => `ntn_${r.text(DIGITS, 11)}${r.alnum(35)}`,
  linear: (r) => `lin_api_${r.alnum(40)}`,
  figma: (r) => `figd_${r.text(URL_SAFE, 40)}`,
  airtable: (r) => `pat${r.alnum(14)}.${r.hex(64)}`,
  hubspot: (r) => `pat-na1-${r.uuid()}`,
  postman: (r) => `PMAK-${r.hex(24)}-${r.hex(34)}`,
  talos_agent: (r) => `tal_${r.text(URL_SAFE, 43)}`,
  age: (r) => `AGE-SECRET-KEY-1${r.text("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)}`,
  jwt: (r) =>
    `${object(`{"alg":"HS256","typ":"JWT"}`)}.${object(`{"sub":"${r.alnum(12)}","exp":${r.between(1e9, 2e9)}}`)}.${r.text(URL_SAFE, 43)}`,
  slack_webhook: (r) =>
    `https://hooks.slack.com/services/T${r.text(UPPER + DIGITS, 10)}/B${r.text(UPPER + DIGITS, 10)}/${r.alnum(24)}`,
  discord_webhook: (r) =>
    `https://discord.com/api/webhooks/${r.text("123456789", 19)}/${r.text(URL_SAFE, 68)}`,
  teams_webhook: (r) =>
    `https://contoso.webhook.office.com/webhookb2/${r.uuid()}@${r.uuid()}/IncomingWebhook/${r.hex(32)}/${r.uuid()}`,
};

function object(json: string): string {
  return btoa(json).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
}

/** Lines of 64 characters between two that say what it is. */
export function pem(random: Random, label: string, lines: number): string {
  const body = Array.from({ length: lines }, () => random.text(BASE64, 64));
  return [`-----BEGIN ${label}-----`, ...body, `-----END ${label}-----`].join("\n");
}
