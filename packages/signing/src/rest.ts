// Signing and verifying over REST. The payload is the query and the body as they stand on the wire, glued without a
// separator, minus the signature pair; this file never decodes and re-encodes what it verifies.

import type { Signer, Verifier } from "./algorithm.ts";
import { SigningFormatError } from "./errors.ts";
import { decodePercentAscii, encodePercent, isAscii } from "./percent.ts";
import { judge, payloadBytes } from "./verdict.ts";
import type { SignatureVerdict } from "./verdict.ts";

const signatureName = "signature";

/** A request cut in two: what was signed, and the signature (percent-decoded once) with the place it stood in. */
export interface RestSplit {
  payload: string;
  signature: string | undefined;
  signatureIn: "query" | "body" | undefined;
}

interface Cut {
  rest: string;
  signature: string | undefined;
}

function isSignaturePair(pair: string): boolean {
  const [name = ""] = pair.split("=", 1);
  if (name === signatureName) return true;
  // Whoever decodes names later would see the signature twice, or where this file saw none.
  if (name.includes("%") && decodePercentAscii(name) === signatureName) {
    throw new SigningFormatError("signature-name-encoded", "The name of the signature is percent-encoded.");
  }
  return false;
}

function cutSignature(part: string): Cut {
  const pairs = part.split("&");
  const found = pairs.filter(isSignaturePair);
  const [pair] = found;
  if (pair === undefined) return { rest: part, signature: undefined };
  if (found.length > 1) throw duplicate();
  const raw = pair.slice(signatureName.length + 1);
  if (raw === "") throw new SigningFormatError("signature-empty", "The signature is empty.");
  const signature = decodePercentAscii(raw);
  if (signature === undefined) {
    throw new SigningFormatError("signature-encoding", "The signature's percent-encoding is malformed.");
  }
  return { rest: pairs.filter((other) => other !== pair).join("&"), signature };
}

function duplicate(): SigningFormatError {
  return new SigningFormatError("signature-duplicate", "The signature occurs more than once.");
}

/**
 * Cuts the signature and one adjacent '&' out of a request, wherever it stands; both parts as sent, without '?'.
 * Source: Binance rest-api.md, "SIGNED endpoint security".
 * @throws SigningFormatError `not-ascii`, `signature-duplicate`, `signature-empty`, `signature-encoding`,
 * `signature-name-encoded`
 */
export function splitRest(query: string, body: string): RestSplit {
  if (!isAscii(query) || !isAscii(body)) {
    throw new SigningFormatError("not-ascii", "Only ASCII is signed; percent-encode everything else first.");
  }
  const inQuery = cutSignature(query);
  const inBody = cutSignature(body);
  if (inQuery.signature !== undefined && inBody.signature !== undefined) throw duplicate();
  const payload = inQuery.rest + inBody.rest;
  if (inQuery.signature !== undefined) {
    return { payload, signature: inQuery.signature, signatureIn: "query" };
  }
  if (inBody.signature !== undefined) return { payload, signature: inBody.signature, signatureIn: "body" };
  return { payload, signature: undefined, signatureIn: undefined };
}

/**
 * `a=1&b=2` in the given order. Names and values are percent-encoded as UTF-8, upper-case hex; only
 * A-Z a-z 0-9 - . _ ~ stay bare, so every client and server spells the same bytes.
 * @throws SigningFormatError `name-empty`, `name-duplicate`, `lone-surrogate`
 */
export function serializeParams(params: Iterable<readonly [string, string]>): string {
  const names = new Set<string>();
  const pairs: string[] = [];
  for (const [name, value] of params) {
    if (name === "") throw new SigningFormatError("name-empty", "A parameter has no name.");
    if (names.has(name)) throw new SigningFormatError("name-duplicate", "A parameter occurs twice.");
    names.add(name);
    pairs.push(`${encodePercent(name)}=${encodePercent(value)}`);
  }
  return pairs.join("&");
}

/**
 * The whole parameter text with the signature last, percent-encoded: ready for a query or a form body.
 * @throws SigningFormatError as `serializeParams`, and `name-reserved` if a parameter is called `signature`
 */
export async function signRest(params: Iterable<readonly [string, string]>, signer: Signer): Promise<string> {
  const list = [...params];
  if (list.some(([name]) => name === signatureName)) {
    throw new SigningFormatError("name-reserved", "The parameters already hold a signature.");
  }
  const payload = serializeParams(list);
  const signature = encodePercent(await signer.sign(payloadBytes(payload)));
  return `${payload}${payload === "" ? "" : "&"}${signatureName}=${signature}`;
}

/**
 * Splits and verifies. `signature-malformed` is a signature that occurs twice, is empty or badly encoded; one that
 * merely has the wrong shape for its algorithm is `signature-wrong`, and so is a request that is not ASCII
 * (Binance answers -1022 to it since 2026-01-15). Never throws for what a client sent.
 */
export async function verifyRest(input: {
  query: string;
  body: string;
  verifier: Verifier;
}): Promise<SignatureVerdict> {
  let split: RestSplit;
  try {
    split = splitRest(input.query, input.body);
  } catch (error) {
    if (!(error instanceof SigningFormatError)) throw error;
    return { ok: false, reason: error.code === "not-ascii" ? "signature-wrong" : "signature-malformed" };
  }
  if (split.signature === undefined) return { ok: false, reason: "signature-missing" };
  return judge(input.verifier, split.payload, split.signature);
}
