import { ALNUM, DIGITS, LOWER, Random, UPPER } from "./random.ts";

export interface HarmlessCase {
  kind: string;
  text: string;
}

/** Strings that look like secrets to whoever does not look closely, as they come in prompts and logs. */
const HARMLESS: Readonly<Record<string, (random: Random) => string>> = {
  sha1: (r) => r.hex(40),
  sha256: (r) => `sha256:${r.hex(64)}`,
  md5: (r) => `${r.hex(32)}  dist/app.js`,
  sha512: (r) => r.hex(128),
  short_sha: (r) => `git show ${r.hex(r.between(7, 12))}`,
  git_log: (r) => `commit ${r.hex(40)}\n\n    ${r.words(5)}`,
  git_index: (r) => `diff --git a/src/${r.words(1)}.ts b/src/x.ts\nindex ${r.hex(9)}..${r.hex(9)} 100644`,
  git_remote: (r) => `git@github.com:${r.words(1)}/${r.words(1)}.git`,
  uuid: (r) => r.uuid(),
  uuid_field: (r) => `"request_id": "${r.uuid()}"`,
  base64_text: (r) => btoa(r.words(r.between(4, 20))),
  base64_binary: (r) => r.base64(r.between(20, 400)),
  data_url: (r) => `data:image/png;base64,iVBORw0KGgo${r.base64(r.between(50, 300))}`,
  integrity: (r) => `"integrity": "sha512-${r.base64(64)}"`,
  yarn_lock: (r) => `  resolved "https://registry.yarnpkg.com/${r.words(1)}/-/x-4.17.21.tgz#${r.hex(40)}"`,
  pnpm_lock: (r) =>
    `  /@babel/core@7.${r.between(1, 29)}.0(supports-color@8.1.1): {integrity: sha512-${r.base64(64)}}`,
  cargo_lock: (r) => `checksum = "${r.hex(64)}"`,
  go_sum: (r) => `github.com/pkg/errors v0.9.1 h1:${r.base64(32)}`,
  poetry_lock: (r) => `{file = "a-1.0-py3-none-any.whl", hash = "sha256:${r.hex(64)}"}`,
  docker_digest: (r) => `FROM node:24@sha256:${r.hex(64)}`,
  css: (r) =>
    `.${r.words(1)}-${r.hex(6)}{color:#${r.hex(6)};margin:0 ${r.between(1, 20)}px}@media(min-width:40em){a{b:c}}`,
  css_module: (r) => `class="${r.words(1)}_${r.alnum(8)} sk-fading-circle sk-circle${r.between(1, 12)}"`,
  minified: (r) =>
    `!function(e,t){var n=t(${r.between(1, 999)}),o=e.${r.text(LOWER, 2)};return n[o]||(n[o]=function(){})}(window,${r.text(LOWER, 1)});`,
  source_map: (r) => `//# sourceMappingURL=main.${r.hex(8)}.js.map`,
  mappings: (r) => `"mappings":"AAAA,${r.text(`${UPPER}${LOWER},;`, 60)}"`,
  asset: (r) => `/assets/index-${r.alnum(8)}.js`,
  ipv6: (r) => `2001:db8:${r.hex(4)}:${r.hex(4)}::${r.hex(4)}`,
  ipv4: (r) => `10.${r.between(0, 255)}.${r.between(0, 255)}.1:5432`,
  mac: (r) => Array.from({ length: 6 }, () => r.hex(2)).join(":"),
  versions: (r) => `react@18.${r.between(0, 3)}.1 lodash@4.17.21 next@15.0.${r.between(0, 9)}-canary.3`,
  semver: (r) => `"typescript": "^5.${r.between(0, 9)}.${r.between(0, 9)}"`,
  package_scope: (r) => `npm i @${r.words(1)}/${r.words(1)}@${r.between(1, 9)}.0.0`,
  image_scale: (r) => `icon-${r.words(1)}@2x.png`,
  timestamp: (r) => `2026-0${r.between(1, 9)}-1${r.between(0, 9)}T12:00:0${r.between(0, 9)}.123456Z`,
  number: (r) => r.text("123456789", r.between(10, 20)),
  card_of_tests: () => "4242 4242 4242 4242",
  trace: (r) => `traceparent: 00-${r.hex(32)}-${r.hex(16)}-01`,
  ulid: (r) => `01${r.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24)}`,
  object_id: (r) => `ObjectId("${r.hex(24)}")`,
  stripe_id: (r) => `cus_${r.alnum(14)} price_${r.alnum(24)}`,
  publishable: (r) => `YOUTUBE_VIDEO=${r.text(ALNUM, 11)}`,
  arn: (r) => `arn:aws:iam::${r.text(DIGITS, 12)}:role/${r.words(1)}-deploy`,
  k8s_pod: (r) => `pod/web-${r.hex(10)}-${r.text(LOWER, 5)} 1/1 Running`,
  public_key: (r) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${r.base64(32).slice(0, 43)} deploy`,
  certificate: (r) => `-----BEGIN CERTIFICATE-----\nMIID${r.base64(90)}\n-----END CERTIFICATE-----`,
  public_pem: (r) => `-----BEGIN PUBLIC KEY-----\nMIIBIjAN${r.base64(60)}\n-----END PUBLIC KEY-----`,
  model_id: (r) => `claude-sonnet-4-5-2025${r.between(1000, 1231)} gpt-4o-mini-2024-07-18`,
  session_ref: (r) => `gen_ai.conversation.id=${r.hex(32)}`,
  etag: (r) => `ETag: W/"${r.hex(5)}-${r.alnum(27)}"`,
  cache_key: (r) => `key: node-modules-\${{ hashFiles('**/package-lock.json') }}-${r.hex(8)}`,
  react_key: (r) => `<li key="${r.words(1)}-${r.between(1, 99)}" data-id="${r.hex(12)}">`,
  token_counts: (r) => `input_tokens: ${r.between(1, 99_999)}, max_tokens: 4096, tokenizer: cl100k_base`,
  token_type: () => `{"token": "Identifier", "type": "Punctuator"}`,
  csrf_name: () => `csrf_token = request.headers.get("X-CSRF-Token")`,
  password_code: (r) => r.pick(CODE),
  password_form: (r) => r.pick(FORMS),
  password_prose: (r) => r.pick(PROSE),
  placeholder: (r) => r.pick(PLACEHOLDERS),
  aws_example: () => "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
  aws_example_secret: () => "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  route: (r) => `navigate("/home/settings"); GET /api/users/${r.between(1, 9_999)}/posts`,
  scim: (r) => `GET https://corp.io/scim/v2/Users/${r.uuid()}`,
  shared_home: (r) =>
    r.pick(["/home/runner/work/web", "/Users/Shared/app", "C:\\Users\\Public\\Documents", "/home/node/app"]),
  decorator: (r) => `@app.route("/x")\n@${r.words(1)}.setter`,
  systemd: (r) => `systemctl restart getty@tty${r.between(1, 9)}.service`,
  url: (r) =>
    `https://example.com/${r.words(1)}?page=${r.between(1, 99)}&sort=${r.words(1)}#section-${r.hex(6)}`,
  localhost: (r) => `http://localhost:${r.between(1_024, 65_535)}/health`,
  url_template: () => "postgres://${DB_USER}:${DB_PASSWORD}@${DB_HOST}:5432/app",
  env_names: () => "Set ANTHROPIC_API_KEY, GITHUB_TOKEN and DATABASE_URL before you run it.",
  env_reference: (r) =>
    r.pick([
      "apiKey: process.env.OPENAI_API_KEY",
      "token: ${{ secrets.GITHUB_TOKEN }}",
      "password=$DB_PASSWORD",
      "api_key=os.environ['API_KEY']",
    ]),
  shell: () => 'curl -H "Authorization: Bearer $TOKEN" https://api.corp.io',
  regex: () => String.raw`/^[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]+$/.test(token)`,
  prefix_list: () => 'if (key.startsWith("sk-ant-") || key.startsWith("ghp_")) return "secret";',
  identifier: (r) => `private readonly accessTokenExpirationMinutes${r.between(1, 9)} = 30;`,
  snake: (r) => `test_returns_${r.words(4).replaceAll(" ", "_")}_when_expired`,
  kebab: (r) => `feature/${r.words(5).replaceAll(" ", "-")}-${r.between(10, 9_999)}`,
  camel: (r) => `get${r.words(5).replaceAll(/(?:^| )(.)/g, (_, c: string) => c.toUpperCase())}Handler`,
  path: (r) =>
    `collector/component/${r.words(1)}/${r.words(1)}-${r.words(1)}/index.test.ts:${r.between(1, 300)}`,
  hexdump: (r) => `000000${r.hex(2)}  ${Array.from({ length: 16 }, () => r.hex(2)).join(" ")}`,
  prose: (r) => `${r.words(20)}.`,
  redacted: () => 'password: "[redacted:password]" and [redacted:jwt]',
};

const CODE: readonly [string, ...string[]] = [
  "const password = req.body.password;",
  "if (password.length < 12) throw new Error(`too short`);",
  "password: z.string().min(8),",
  "def login(username: str, password: str) -> bool:",
  "password = getpass.getpass()",
  "hashedPassword = await bcrypt.hash(password, 10)",
  "let pwd = process.cwd()",
  "this.password = password",
  "user.setPassword(passwordEncoder.encode(raw));",
  "secret: config.get('jwt.secret')",
  "token = await getToken(session)",
  'const apiKey = useConfig("apiKey")',
  "interface Login { password: string; token?: string }",
  "password VARCHAR(255) NOT NULL,",
  "PASSWORD_MIN_LENGTH=12",
  "const { CLERK_WEBHOOK_SECRET: secret, PORT: port } = env;",
  "url += '?username=%s&password=%s&id=%s'",
  "token = base64.urlsafe_b64encode(digest)",
  "connect(use_google_auth=use_google_auth, _auth = get_auth_from_url(url))",
  "https://play.rust-lang.org/?code=%23!%5Ballow(unused)%5D%0Afn%20main()%7B%7D&edition=2024",
];

const FORMS: readonly [string, ...string[]] = [
  '<input type="password" name="password" autocomplete="new-password" />',
  '"password": "Passwort"',
  '"password.placeholder": "Enter your password"',
  '"passwordReset": "Reset password"',
  "password: required",
  'label: { password: "Password" }',
];

const PROSE: readonly [string, ...string[]] = [
  "The password is wrong, so the login fails.",
  "Users forget their password: send a link.",
  "the token is expired",
  "The secret is to measure first.",
  "the key is to keep it small",
  "password is required",
  "Rotate the API key: it is old.",
  "My password is not accepted by the form.",
];

const PLACEHOLDERS: readonly [string, ...string[]] = [
  "OPENAI_API_KEY=sk-...",
  "ANTHROPIC_API_KEY=sk-ant-xxxxxxxxxxxxxxxxxxxx",
  "api_key: YOUR_API_KEY",
  'apiKey: "<your-api-key>"',
  "password: changeme",
  "token=xxxxxxxxxxxxxxxxxxxxxxxx",
  "GITHUB_TOKEN=ghp_your_token_here",
  "AWS_SECRET_ACCESS_KEY=****************",
  "DATABASE_URL=postgres://user:password@localhost:5432/db",
  "Authorization: Bearer <token>",
  "STRIPE_KEY=sk_test_xxxxxxxxxxxxxxxxxxxxxxxx",
  "https://hooks.slack.com/services/YOUR/WEBHOOK/URL",
  "user@example.com",
];

/** As many as asked for, each kind as often as the next. */
export function harmlessCases(seed: number, count: number): HarmlessCase[] {
  const random = new Random(seed ^ 0x5e_ed);
  const kinds = Object.entries(HARMLESS);
  return Array.from({ length: count }, (_, i) => {
    const [kind, make] = kinds[i % kinds.length] ?? ["none", () => ""];
    const text = make(random);
    return {
      kind,
      text: random.pick([text, `see: ${text}`, `${text}\n`, `it prints\n  ${text}\nagain`, `(${text})`]),
    };
  });
}
