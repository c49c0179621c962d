// The answer that both transports give after verifying, and the bytes both sign. Nothing here knows a transport.

import type { Verifier } from "./algorithm.ts";

/** `payload` is the text whose signature was verified: use it, not the request, to recognise a repeat. */
export type SignatureVerdict =
  | { ok: true; payload: string }
  | { ok: false; reason: "signature-missing" | "signature-malformed" | "signature-wrong" };

const utf8 = new TextEncoder();

/** The UTF-8 bytes of a payload, which must hold no lone surrogates (they would all become the same bytes). */
export function payloadBytes(payload: string): Uint8Array {
  return utf8.encode(payload);
}

/** Verifies one payload and words the answer. */
export async function judge(
  verifier: Verifier,
  payload: string,
  signature: string,
): Promise<SignatureVerdict> {
  const isGenuine = await verifier.verify(payloadBytes(payload), signature);
  return isGenuine ? { ok: true, payload } : { ok: false, reason: "signature-wrong" };
}
