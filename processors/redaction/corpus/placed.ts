import { ALNUM, BASE64, LOWER, type Random } from "./random.ts";
import { pem } from "./tokens.ts";

/** A secret that its place gives away, with that place. */
export interface Placed {
  text: string;
  secret: string;
}

/** Secrets that need what stands around them to be known. */
export const PLACED: Readonly<Record<string, (random: Random) => Placed>> = {
  aws_secret_key: (r) => of(r.text(BASE64, 40), (s) => `aws_secret_access_key = ${s}`),
  aws_session_token: (r) => of(r.text(BASE64, 240), (s) => `export AWS_SESSION_TOKEN="${s}"`),
  azure_storage: (r) =>
    of(
      `${r.text(BASE64, 86)}==`,
      (s) => `DefaultEndpointsProtocol=https;AccountName=prodstore;AccountKey=${s};`,
    ),
  datadog: (r) => of(r.hex(32), (s) => r.pick([`DD_API_KEY=${s}`, `our Datadog API key is ${s}`])),
  mistral: (r) => of(r.alnum(32), (s) => `MISTRAL_API_KEY=${s}`),
  cohere: (r) => of(r.alnum(40), (s) => `co = cohere.Client(api_key="${s}")`),
  twilio_auth: (r) => of(r.hex(32), (s) => `TWILIO_AUTH_TOKEN: ${s}`),
  heroku: (r) => of(r.uuid(), (s) => `HEROKU_API_KEY=${s}`),
  generic_key: (r) =>
    of(r.alnum(32), (s) => r.pick([`const apiKey = "${s}";`, `"api_key": "${s}"`, `x-api-key: ${s}`])),
  client_secret: (r) => of(r.alnum(36), (s) => `client_secret: '${s}'`),
  password_quoted: (r) =>
    of(r.password(), (s) => r.pick([`password: "${s}"`, `"password": "${s}"`, `passwd = '${s}'`])),
  password_env: (r) => of(r.password(), (s) => `DB_PASSWORD=${s}`),
  password_spoken: (r) =>
    of(r.password(), (s) =>
      r.pick([`the password is ${s}`, `password for staging: ${s}`, `my password is "${s}"`]),
    ),
  password_bare: (r) =>
    of(`${r.text(LOWER, 7)}${r.between(10, 99)}`, (s) => `log in as admin, password ${s}, then click`),
  password_lower: (r) =>
    of(r.text(LOWER, 12), (s) => r.pick([`DB_PASS=${s}`, `"password": "${s}"`, `MYSQL_ROOT_PASSWORD: ${s}`])),
  password_xml: (r) =>
    of(r.password(), (s) => `<server><username>ci</username><password>${s}</password></server>`),
  password_sudo: (r) => of(r.password(), (s) => `echo '${s}' | sudo -S systemctl restart web`),
  password_hash: (r) => of(`$2b$12$${r.text(`${ALNUM}./`, 53)}`, (s) => `admin:${s}:1000`),
  password_parameter: (r) => of(r.alnum(14), (s) => `postgres://app@db.corp.io/shop?password=${s}`),
  credentials: (r) => of(`K${r.text(LOWER, 6)}${r.between(10, 99)}!`, (s) => `credentials: admin/${s}`),
  password_flag: (r) => of(r.password(), (s) => `deploy --user admin --password ${s} --verbose`),
  mysql_flag: (r) => of(r.password(), (s) => `mysql -h db.internal -u root -p${s} shop`),
  netrc: (r) => of(r.password(), (s) => `machine git.corp.io login ci password ${s}`),
  pgpass: (r) => of(r.password(), (s) => `db.corp.io:5432:shop:app:${s}`),
  curl_user: (r) => of(r.password(), (s) => `curl -u deploy:${s} https://api.corp.io/v2/run`),
  bearer: (r) => of(r.alnum(40), (s) => `curl -H "Authorization: Bearer ${s}" https://api.corp.io`),
  basic: (r) => of(btoa(`ci:${r.password()}`), (s) => `Authorization: Basic ${s}`),
  cookie: (r) => of(r.hex(48), (s) => `Cookie: theme=dark; sessionid=${s}`),
  url_userinfo: (r) =>
    of(r.password().replace(/[#?%]/g, "x"), (s) => `git clone https://ci:${s}@git.corp.io/web.git`),
  url_query: (r) => of(r.alnum(32), (s) => `https://api.corp.io/v1/items?page=2&access_token=${s}&sort=asc`),
  url_signed: (r) =>
    of(r.hex(64), (s) => `https://files.s3.amazonaws.com/a.zip?X-Amz-Expires=300&X-Amz-Signature=${s}`),
  postgres: (r) =>
    of(r.password().replace(/[#?%]/g, "x"), (s) => `postgresql://app:${s}@db.corp.io:5432/shop`),
  mongodb: (r) => of(r.alnum(18), (s) => `mongodb+srv://svc:${s}@c0.ab1cd.mongodb.net/?retryWrites=true`),
  redis: (r) => of(r.alnum(24), (s) => `REDIS_URL=rediss://:${s}@cache.corp.io:6380`),
  ado_net: (r) => of(r.password(), (s) => `Server=db;Database=shop;User Id=sa;Password=${s};Encrypt=true`),
  npmrc: (r) => of(r.uuid(), (s) => `//npm.corp.io/:_authToken=${s}`),
  docker_config: (r) => of(btoa(`robot:${r.alnum(20)}`), (s) => `{"auths":{"reg.corp.io":{"auth":"${s}"}}}`),
  rsa_key: (r) => of(pem(r, "RSA PRIVATE KEY", r.between(12, 26)), same),
  openssh_key: (r) => of(pem(r, "OPENSSH PRIVATE KEY", r.between(6, 38)), same),
  pkcs8_key: (r) => of(pem(r, "PRIVATE KEY", 3), same),
  pgp_key: (r) => of(pem(r, "PGP PRIVATE KEY BLOCK", 30), same),
  putty_key: (r) =>
    of(r.text(BASE64, 64), (s) =>
      [
        "PuTTY-User-Key-File-3: ssh-ed25519",
        "Encryption: none",
        "Comment: k",
        "Private-Lines: 1",
        s,
        `Private-MAC: ${r.hex(64)}`,
      ].join("\n"),
    ),
  wireguard: (r) =>
    of(`${r.text(BASE64, 43)}=`, (s) => `[Interface]\nPrivateKey = ${s}\nAddress = 10.0.0.2/32`),
  ethereum: (r) => of(`0x${r.hex(64)}`, (s) => `PRIVATE_KEY=${s}`),
  email: (r) => of(`${r.person()}@${r.pick(["corp.io", "acme-group.com", "mail.uni-koeln.de"])}`, same),
  home_macos: (r) => of(r.person(), (s) => `/Users/${s}/work/web/src/app.ts`),
  home_linux: (r) => of(r.person(), (s) => r.pick([`/home/${s}/.ssh/config`, `file:///home/${s}/notes.md`])),
  home_windows: (r) =>
    of(r.person(), (s) => r.pick([`C:\\Users\\${s}\\source\\repos`, `/mnt/c/Users/${s}/repos`])),
  home_unc: (r) =>
    of(r.person(), (s) => r.pick([`\\\\wsl$\\Ubuntu\\home\\${s}\\web`, `\\\\nas01\\users\\${s}\\desk`])),
};

function of(secret: string, place: (secret: string) => string): Placed {
  return { text: place(secret), secret };
}

function same(secret: string): string {
  return secret;
}
