// The PEM wrapping of keys (RFC 7468), read strictly: one block, one label, canonical base64. Knows no key formats.

import { KeyFormatError } from "./errors.ts";
import { decodeBase64, encodeBase64 } from "./text-encoding.ts";

/** No key this package accepts comes near this length; longer texts are refused unread. */
export const pemCharsMax = 8_192;

const lineChars = 64;
const block = /^-----BEGIN ([A-Z0-9 ]+)-----\n([A-Za-z0-9+/=\n]*)\n-----END ([A-Z0-9 ]+)-----$/;
const bareBody = /^[A-Za-z0-9+/=\n]+$/;

export type PemLabel = "PRIVATE KEY" | "PUBLIC KEY";

/** DER bytes as PEM: 64 characters a line, LF, one trailing newline. */
export function encodePem(label: PemLabel, der: Uint8Array): string {
  const lines = encodeBase64(der).match(new RegExp(`.{1,${lineChars}}`, "g")) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function unwrap(text: string, label: PemLabel): string {
  const match = block.exec(text);
  if (match === null) {
    if (label === "PUBLIC KEY" && bareBody.test(text)) return text;
    throw new KeyFormatError("pem-malformed", "The key is not a single PEM block.");
  }
  const [, begin = "", body = "", end = ""] = match;
  if (begin !== end) throw new KeyFormatError("pem-malformed", "The PEM block ends with another label.");
  if (begin === "ENCRYPTED PRIVATE KEY") {
    throw new KeyFormatError("pem-encrypted", "The private key is encrypted; decrypt it first (PKCS#8).");
  }
  if (begin !== label) {
    throw new KeyFormatError("pem-wrong-kind", `The PEM block is not a "${label}" (PKCS#8 or SPKI).`);
  }
  return body;
}

/**
 * DER bytes of a PEM text; CRLF or LF, surrounding blank lines allowed. A public key may also come as the bare
 * base64 body, as people paste it.
 * @throws KeyFormatError `pem-malformed`, `pem-encrypted`, `pem-wrong-kind`
 */
export function decodePem(text: string, label: PemLabel): Uint8Array {
  if (text.length > pemCharsMax) throw new KeyFormatError("pem-malformed", "The key text is too long.");
  const body = unwrap(text.replaceAll("\r\n", "\n").trim(), label);
  const der = decodeBase64(body.replaceAll("\n", ""));
  if (der === undefined || der.length === 0) {
    throw new KeyFormatError("pem-malformed", "The body of the PEM block is not canonical base64.");
  }
  return der;
}
