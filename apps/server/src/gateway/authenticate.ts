/**
 * ③ Who sent this, and is it fresh? Key format, key record and address, signature over the bytes that arrived, timing;
 * in that order, and all reasons to doubt a key look the same after the same work, so that nobody learns which it was.
 */
import { createHash } from "node:crypto";
import { checkTiming, isApiKeyFormat } from "@countersign/signing";
import type { VerifyingClock } from "../base/clock.ts";
import type { ClientKeyDirectory, LiveClientKey } from "../keys/client-key.ts";
import { headerOf } from "./arrival.ts";
import type { Parsed, Signed } from "./parse.ts";
import { Refusal } from "./refusal.ts";

/** How long an unsigned request may take before it is not worth sending. */
export const unsignedLifeMs = 10_000;

/** A proven caller. */
export interface Caller {
  readonly clientKey: LiveClientKey;
  /** Which generation of its secret signed. */
  readonly generation: number;
  readonly timestampMs: number;
  /**
   * SHA-256 (hex) over key, generation and signed payload. The signature's text is not part of it: one signature can
   * be written in several ways (hex case).
   */
  readonly payloadDigest: string;
}

/** A request whose signature and timing hold, or a public one. Only `authenticate` makes one. */
class Authenticated {
  readonly #step = "authenticated";
  readonly parsed: Parsed;
  /** Undefined for public endpoints. */
  readonly caller: Caller | undefined;
  /** After this time (verifying clock, milliseconds) the request must not be sent. */
  readonly deadlineMs: number;

  constructor(fields: Pick<Authenticated, "parsed" | "caller" | "deadlineMs">) {
    this.parsed = fields.parsed;
    this.caller = fields.caller;
    this.deadlineMs = fields.deadlineMs;
  }

  get step(): string {
    return this.#step;
  }
}
export type { Authenticated };

export interface AuthenticateParts {
  readonly clock: VerifyingClock;
  readonly clientKeys: ClientKeyDirectory;
}

/** @throws Refusal -2014, -2015, -1022, -1021, -1131. */
export async function authenticate(parsed: Parsed, parts: AuthenticateParts): Promise<Authenticated> {
  const { clock, clientKeys } = parts;
  if (parsed.signed === undefined) {
    return new Authenticated({ parsed, caller: undefined, deadlineMs: clock.nowMs() + unsignedLifeMs });
  }
  const keyId = headerOf(parsed.arrival, "x-mbx-apikey") ?? "";
  if (!isApiKeyFormat(keyId)) throw new Refusal("key-format");
  const found = clientKeys.find(keyId);
  const welcome = found?.allowsAddress(parsed.arrival.address) === true ? found : undefined;
  const generation = await verifiedBy(parsed.signed, welcome?.generations ?? [clientKeys.decoy()]);
  if (welcome === undefined) throw new Refusal("key-refused");
  if (generation === undefined) throw new Refusal("signature-wrong");

  const timing = requireFresh(parsed.signed, clock.nowMs());
  const payloadDigest = digestOf(keyId, generation, parsed.signed.payload);
  const caller = { clientKey: welcome, generation, timestampMs: timing.timestampMs, payloadDigest };
  return new Authenticated({ parsed, caller, deadlineMs: timing.deadlineMs });
}

/** The newest generation that signed this, or undefined. */
async function verifiedBy(
  { payload, signature }: Signed,
  generations: LiveClientKey["generations"],
): Promise<number | undefined> {
  const bytes = Buffer.from(payload, "latin1");
  for (const each of generations) {
    const verifier = await each.verifier();
    if (await verifier.verify(bytes, signature)) return each.generation;
  }
  return undefined;
}

function requireFresh(signed: Signed, nowMs: number): { timestampMs: number; deadlineMs: number } {
  const timing = checkTiming({ timestamp: signed.timestamp, recvWindow: signed.recvWindow, nowMs });
  if (timing.ok) return timing;
  switch (timing.reason) {
    case "timestamp-malformed":
      throw new Refusal("parameter-missing", ["timestamp"]);
    case "recv-window-malformed":
      throw new Refusal("parameter-value", ["recvWindow"]);
    case "recv-window-too-large":
      throw new Refusal("recv-window-too-large");
    case "ahead":
      throw new Refusal("timestamp-ahead");
    case "outside":
      throw new Refusal("timestamp-outside");
    default:
      timing.reason satisfies never;
      throw new Refusal("timestamp-outside");
  }
}

/** Key ids are 64 characters and generations have no colon: the three parts cannot run into each other. */
function digestOf(keyId: string, generation: number, payload: string): string {
  return createHash("sha256").update(`${keyId}:${generation}:`).update(payload, "latin1").digest("hex");
}
