// Signing and verifying over the WebSocket API: sorted `k=v` joined by '&' with no escaping at all, so a name or a
// value that could pretend to be a border is refused before it is signed or verified.

import type { Signer, Verifier } from "./algorithm.ts";
import { SigningFormatError } from "./errors.ts";
import { judge, payloadBytes } from "./verdict.ts";
import type { SignatureVerdict } from "./verdict.ts";

const signatureName = "signature";

// '%' as well: several clients sign percent-encoded values here, and no value may have two readings.
// oxlint-disable-next-line no-control-regex
const forbidden = /[&=%\u0000-\u001f\u007f-\u009f]/;
// oxlint-disable-next-line no-control-regex
const forbiddenInSignature = /[&%\u0000-\u001f\u007f-\u009f]/;

/**
 * Refuses a name or value that would make the signed text ambiguous. The signature is not part of that text, so its
 * base64 padding may stand.
 * @throws SigningFormatError `name-empty`, `character-forbidden`, `lone-surrogate`
 */
export function requireUnambiguous(name: string, value: string): void {
  if (name === "") throw new SigningFormatError("name-empty", "A parameter has no name.");
  if (!name.isWellFormed() || !value.isWellFormed()) {
    throw new SigningFormatError("lone-surrogate", "A text with half a surrogate pair has no UTF-8 form.");
  }
  const valueRule = name === signatureName ? forbiddenInSignature : forbidden;
  if (forbidden.test(name) || valueRule.test(value)) {
    throw new SigningFormatError(
      "character-forbidden",
      "A parameter holds '&', '=', '%' or a control character.",
    );
  }
}

/**
 * The text that is signed: without `signature`, names sorted by UTF-16 code unit, `k=v` joined by '&', nothing
 * percent-encoded. Source: Binance web-socket-api.md, "SIGNED request security".
 * @throws SigningFormatError `name-empty`, `character-forbidden`, `lone-surrogate`
 */
export function wsPayload(params: ReadonlyMap<string, string>): string {
  const pairs: string[] = [];
  for (const name of [...params.keys()].sort()) {
    const value = params.get(name) ?? "";
    requireUnambiguous(name, value);
    if (name !== signatureName) pairs.push(`${name}=${value}`);
  }
  return pairs.join("&");
}

/**
 * The signature for `params.signature`, plain hex or base64. A `signature` already in the map is ignored.
 * @throws SigningFormatError as `wsPayload`
 */
export async function signWs(params: ReadonlyMap<string, string>, signer: Signer): Promise<string> {
  return signer.sign(payloadBytes(wsPayload(params)));
}

/** Verifies `params.signature`. `signature-malformed`: it is empty, or the parameters are ambiguous. */
export async function verifyWs(
  params: ReadonlyMap<string, string>,
  verifier: Verifier,
): Promise<SignatureVerdict> {
  const signature = params.get(signatureName);
  if (signature === undefined) return { ok: false, reason: "signature-missing" };
  if (signature === "") return { ok: false, reason: "signature-malformed" };
  let payload: string;
  try {
    payload = wsPayload(params);
  } catch (error) {
    if (!(error instanceof SigningFormatError)) throw error;
    return { ok: false, reason: "signature-malformed" };
  }
  return judge(verifier, payload, signature);
}
