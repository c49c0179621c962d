/** The intents and outcomes of the crash tests, known by name to the process that writes and the one that checks. */
import type { Intent, Outcome } from "../../src/audit/journal.ts";

export function burstIntent(name: string): Intent {
  return {
    entry: {
      kind: "intent",
      atMs: 1,
      intentId: name,
      clientKeyId: "CSKSexample",
      generation: 1,
      venueKeyId: "vk_example",
      endpoint: "POST /api/v3/order",
      params: [["newClientOrderId", name]],
      payloadDigest: name,
    },
    expiresMs: 10,
    repeatable: true,
  };
}

export function burstOutcome(name: string): Outcome {
  return {
    entry: { kind: "outcome", atMs: 2, intentId: name, result: "answered", status: 200, bodyDigest: "00" },
    answer: { status: 200, headers: [], body: `{"clientOrderId":"${name}"}` },
  };
}
