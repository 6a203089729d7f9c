import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export interface TestCertificates {
  /** The authority, as a client trusts it. */
  ca: string;
  /** A server's certificate for localhost, 127.0.0.1 and one more name, issued by the authority. */
  cert: string;
  key: string;
}

/** Makes an authority and a server certificate that it issued for `host` as well, valid from 2020 to 2045. */
export function makeCertificates(host = "localhost"): TestCertificates {
  const authority = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const server = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = { name: "Test Authority", key: authority.privateKey };
  return {
    ca: certificate({ name: issuer.name, key: authority.publicKey, extensions: [IS_AUTHORITY] }, issuer),
    cert: certificate({ name: "localhost", key: server.publicKey, extensions: [namesOf(host)] }, issuer),
    key: server.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

interface Subject {
  name: string;
  key: KeyObject;
  extensions: Uint8Array[];
}

function certificate(subject: Subject, issuer: { name: string; key: KeyObject }): string {
  const signed = der(
    SEQUENCE,
    der(CONTEXT_0, der(INTEGER, Uint8Array.of(2))),
    der(INTEGER, Uint8Array.of(1), randomBytes(8)),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    der(SEQUENCE, der(UTC_TIME, Buffer.from("200101000000Z")), der(UTC_TIME, Buffer.from("450101000000Z"))),
    nameOf(subject.name),
    subject.key.export({ type: "spki", format: "der" }),
    der(CONTEXT_3, der(SEQUENCE, ...subject.extensions)),
  );
  const signature = der(BIT_STRING, Uint8Array.of(0), sign("sha256", signed, issuer.key));
  const base64 = Buffer.from(der(SEQUENCE, signed, ECDSA_WITH_SHA256, signature)).toString("base64");
  // A blank line, as after a last line that is full, would end the text for OpenSSL.
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`;
}

const [BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID, UTF8_STRING] = [1, 2, 3, 4, 6, 12] as const;
const [UTC_TIME, SEQUENCE, SET, CONTEXT_0, CONTEXT_3] = [0x17, 0x30, 0x31, 0xa0, 0xa3] as const;
const [ALT_DNS, ALT_IP] = [0x82, 0x87] as const;

/** One value in DER: tag, length, content. */
function der(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Uint8Array.of(tag, ...size), content]);
}

const ECDSA_WITH_SHA256 = der(SEQUENCE, der(OID, Buffer.from("2a8648ce3d040302", "hex")));
const IS_AUTHORITY = der(
  SEQUENCE,
  der(OID, Buffer.from("551d13", "hex")),
  der(BOOLEAN, Uint8Array.of(255)),
  der(OCTET_STRING, der(SEQUENCE, der(BOOLEAN, Uint8Array.of(255)))),
);

/** `host`, localhost and 127.0.0.1. */
function namesOf(host: string): Uint8Array {
  const names = ["localhost", host].map((name) => der(ALT_DNS, Buffer.from(name)));
  return der(
    SEQUENCE,
    der(OID, Buffer.from("551d11", "hex")),
    der(OCTET_STRING, der(SEQUENCE, ...names, der(ALT_IP, Uint8Array.of(127, 0, 0, 1)))),
  );
}

function nameOf(commonName: string): Uint8Array {
  const attribute = der(
    SEQUENCE,
    der(OID, Buffer.from("550403", "hex")),
    der(UTF8_STRING, Buffer.from(commonName)),
  );
  return der(SEQUENCE, der(SET, attribute));
}
