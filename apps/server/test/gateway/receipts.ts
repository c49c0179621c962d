/**
 * Receipts for tests of a single step: made by the steps themselves, from a really signed request, since nothing else
 * can make one.
 */
import { importSigner, importVerifier, signRest } from "@countersign/signing";
import type { VerifyingClock } from "../../src/base/clock.ts";
import type { Arrival } from "../../src/gateway/arrival.ts";
import { authenticate } from "../../src/gateway/authenticate.ts";
import type { Authenticated } from "../../src/gateway/authenticate.ts";
import { parse } from "../../src/gateway/parse.ts";
import type { LiveClientKey } from "../../src/keys/client-key.ts";

const keyId = "K".repeat(64);
const secret = "S".repeat(64);
const signer = await importSigner({ algorithm: "HMAC", secret });
const verifier = await importVerifier({ algorithm: "HMAC", secret });

/** A clock that a test moves by hand; always steady. */
export function manualClock(startMs: number): VerifyingClock & { advance(byMs: number): void } {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    steady: () => true,
    advance(byMs) {
      nowMs += byMs;
    },
  };
}

export function liveKey(olderThanStart = true): LiveClientKey {
  return {
    key: {
      id: keyId,
      label: "test",
      algorithm: "HMAC",
      publicKeyPem: undefined,
      state: "active",
      generation: 1,
      grant: {
        permissions: ["enableReading", "enableSpotAndMarginTrading"],
        addresses: "any",
        symbols: "any",
        venueKeyId: "vk_test",
      },
      createdMs: 0,
      revokedMs: undefined,
    },
    generations: [{ generation: 1, verifier: () => Promise.resolve(verifier) }],
    olderThanStart,
    allowsAddress: () => true,
    live: () => true,
  };
}

export interface RequestFacts {
  readonly endpoint: string;
  /** Makes the payload: equal texts (and times) make equal payloads, whatever the endpoint. */
  readonly payload: string;
  readonly nowMs: number;
  readonly timestampMs?: number;
  readonly recvWindowMs?: number;
  readonly orderId?: string;
  readonly olderThanStart?: boolean;
}

/** A receipt of step ③ for a signed request. The payload digest depends on `payload` alone, so that endpoints can share one. */
export async function authenticated(facts: RequestFacts): Promise<Authenticated> {
  const {
    endpoint,
    payload,
    nowMs,
    timestampMs = nowMs,
    recvWindowMs = 5_000,
    olderThanStart = true,
  } = facts;
  const [method = "", path = ""] = endpoint.split(" ");
  const params: [string, string][] = [
    ...paramsOf(endpoint, facts.orderId),
    ["timestamp", String(timestampMs)],
    ["recvWindow", String(recvWindowMs)],
  ];
  const arrival: Arrival = {
    requestId: "test",
    method,
    target: `${path}?${await signRest(params, signer)}`,
    headers: [["x-mbx-apikey", keyId]],
    body: "",
    address: "127.0.0.1",
  };
  const clock = { nowMs: () => nowMs, steady: () => true };
  const decoy = { generation: 0, verifier: () => Promise.resolve(verifier) };
  const clientKeys = { find: () => liveKey(olderThanStart), decoy: () => decoy };
  const receipt = await authenticate(parse(arrival), { clock, clientKeys });
  if (receipt.caller === undefined) return receipt;
  // Real endpoints take different parameters; what the guard sees of them is the digest.
  Object.assign(receipt.caller, { payloadDigest: payload });
  return receipt;
}

function paramsOf(endpoint: string, orderId: string | undefined): [string, string][] {
  if (endpoint === "GET /api/v3/account") return [];
  const symbol: [string, string][] = [["symbol", "BTCUSDT"]];
  if (!endpoint.startsWith("POST")) return symbol;
  const named: [string, string][] = orderId === undefined ? [] : [["newClientOrderId", orderId]];
  return [...symbol, ["side", "BUY"], ["type", "MARKET"], ["quantity", "1"], ...named];
}
