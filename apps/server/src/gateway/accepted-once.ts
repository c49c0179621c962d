/**
 * ③ One signed payload, one effect (P3). A payload may serve any number of reads; once it has served a read it is
 * refused for a mutation; once it has served a mutation it executes nothing more: a re-send to the same endpoint gets
 * the recorded answer, to another a refusal. Binance's signature covers neither method nor path: this closes that.
 *
 * What is remembered here lives in memory until the payload's own timing refuses it. Mutations also stand in the
 * journal under a unique index, so that a restart or a fault here cannot make two of one.
 */
import { DuplicatePayload } from "../audit/journal.ts";
import type { RecordedMutation } from "../audit/journal.ts";
import type { VerifyingClock } from "../base/clock.ts";
import type { Answer } from "./answer.ts";
import type { Authenticated, Caller } from "./authenticate.ts";
import { Refusal, refusalAnswer } from "./refusal.ts";

/** Payloads remembered at once, over all keys and for one key; beyond them requests are refused, none is forgotten. */
export const payloadsMax = 500_000;
export const payloadsPerKeyMax = 100_000;
/** Remembered this long past timestamp + recvWindow: the timing rule lets a timestamp be that far ahead. */
export const payloadGraceMs = 1_000;

/** A request whose payload may serve this one use. Only the guard makes one. */
class Accepted {
  readonly #step = "accepted";
  readonly authenticated: Authenticated;
  /** When the payload stops being acceptable, milliseconds since the epoch. */
  readonly expiresMs: number;
  /** Whether a re-send gets the recorded answer: always, but for a POST that names no order. */
  readonly repeatable: boolean;

  constructor(fields: Pick<Accepted, "authenticated" | "expiresMs" | "repeatable">) {
    this.authenticated = fields.authenticated;
    this.expiresMs = fields.expiresMs;
    this.repeatable = fields.repeatable;
  }

  get step(): string {
    return this.#step;
  }
}
export type { Accepted };

interface Use {
  readonly keyId: string;
  /** The mutation the payload served, or `undefined` when it has served reads only. */
  readonly mutation: { endpoint: string; repeatable: boolean; answer: Promise<Answer> } | undefined;
}

export interface AcceptedOnce {
  /**
   * Runs `effect` if the payload may serve this request; for a re-sent mutation gives the answer of the first.
   * @throws Refusal when the payload served something else, and whatever `effect` throws (the payload is then free).
   */
  run(authenticated: Authenticated, effect: (accepted: Accepted) => Promise<Answer>): Promise<Answer>;
  /** How many payloads are remembered. */
  size(): number;
}

/**
 * Builds the guard.
 * @param known the mutations the journal holds whose payloads could still pass the timing rule.
 */
export function acceptedOnce(parts: {
  clock: VerifyingClock;
  known: readonly RecordedMutation[];
}): AcceptedOnce {
  const { clock } = parts;
  const startedMs = clock.nowMs();
  const memory = payloadMemory(clock);
  for (const { payloadDigest, endpoint, repeatable, answer, expiresMs } of parts.known) {
    const recorded = Promise.resolve(answer ?? refusalAnswer(new Refusal("execution-unknown")));
    memory.restore(
      payloadDigest,
      { keyId: "", mutation: { endpoint, repeatable, answer: recorded } },
      expiresMs,
    );
  }

  return {
    size: memory.size,
    async run(authenticated, effect) {
      const { caller, parsed, deadlineMs } = authenticated;
      const { endpoint, service, params } = parsed;
      const expiresMs = deadlineMs + payloadGraceMs;
      const named = service.orderIdParam !== undefined && params.has(service.orderIdParam);
      const repeatable = endpoint.method !== "POST" || named;
      const accepted = new Accepted({ authenticated, expiresMs, repeatable });
      if (caller === undefined) return effect(accepted);

      const before = memory.get(caller.payloadDigest);
      if (before?.mutation !== undefined) return await repeated(before.mutation, endpoint.name);
      const keyId = caller.clientKey.key.id;
      if (!service.mutates) {
        if (before === undefined) memory.put(caller.payloadDigest, { keyId, mutation: undefined }, expiresMs);
        return effect(accepted);
      }
      if (before !== undefined) throw new Refusal("payload-used", ["a read"]);
      refuseOlderThanStart(caller, startedMs);

      const first = Promise.withResolvers<Answer>();
      // Nobody may be waiting: a refusal of the first must not count as unhandled.
      first.promise.catch(() => {});
      const mutation = { endpoint: endpoint.name, repeatable, answer: first.promise };
      memory.put(caller.payloadDigest, { keyId, mutation }, expiresMs);
      try {
        const answer = await effect(accepted);
        first.resolve(answer);
        return answer;
      } catch (thrown) {
        // The journal has it and memory has not: whether it was sent, nobody here can say.
        const error = thrown instanceof DuplicatePayload ? new Refusal("execution-unknown") : thrown;
        // Refused before anything was recorded or sent: the payload has served nothing yet.
        if (!(thrown instanceof DuplicatePayload)) memory.remove(caller.payloadDigest);
        first.reject(error);
        throw error;
      }
    },
  };
}

async function repeated(mutation: NonNullable<Use["mutation"]>, endpoint: string): Promise<Answer> {
  if (mutation.endpoint !== endpoint) throw new Refusal("payload-used", ["another request"]);
  const first = await mutation.answer;
  // Two deliberate equal orders in one millisecond look just like one order sent twice (DESIGN 5).
  if (!mutation.repeatable && !isRefusal(first)) throw new Refusal("order-twice");
  return first;
}

/** Not the exchange's answer but ours: nothing was sent, or nobody knows. Neither may be called a duplicate. */
function isRefusal({ headers }: Answer): boolean {
  return headers.some(([name]) => name === "x-countersign-refusal");
}

/**
 * What served a read before the last stop is forgotten: a mutation stamped before this start might be one of those
 * payloads. A key made after the start has no such past.
 */
function refuseOlderThanStart({ clientKey, timestampMs }: Caller, startedMs: number): void {
  if (!clientKey.olderThanStart) return;
  if (timestampMs < startedMs + payloadGraceMs) throw new Refusal("timestamp-before-start");
}

/** Payload digests with an expiry, in buckets of a second so that forgetting costs nothing per request. */
function payloadMemory(clock: VerifyingClock) {
  const uses = new Map<string, Use>();
  const perKey = new Map<string, number>();
  const buckets = new Map<number, string[]>();
  let sweptSecond = Math.floor(clock.nowMs() / 1000);

  function remove(digest: string): void {
    const use = uses.get(digest);
    if (use === undefined) return;
    uses.delete(digest);
    const left = (perKey.get(use.keyId) ?? 1) - 1;
    if (left === 0) perKey.delete(use.keyId);
    else perKey.set(use.keyId, left);
  }

  function sweep(): void {
    const second = Math.floor(clock.nowMs() / 1000);
    if (second === sweptSecond) return;
    sweptSecond = second;
    for (const [bucket, digests] of buckets) {
      if (bucket >= second) continue;
      digests.forEach(remove);
      buckets.delete(bucket);
    }
  }

  function restore(digest: string, use: Use, expiresMs: number): void {
    uses.set(digest, use);
    perKey.set(use.keyId, (perKey.get(use.keyId) ?? 0) + 1);
    const second = Math.floor(expiresMs / 1000);
    const bucket = buckets.get(second);
    if (bucket === undefined) buckets.set(second, [digest]);
    else bucket.push(digest);
  }

  return {
    size: () => uses.size,
    get(digest: string): Use | undefined {
      sweep();
      return uses.get(digest);
    },
    /** @throws Refusal `guard-full`. */
    put(digest: string, use: Use, expiresMs: number): void {
      const ofKey = perKey.get(use.keyId) ?? 0;
      if (uses.size >= payloadsMax || ofKey >= payloadsPerKeyMax) throw new Refusal("guard-full");
      restore(digest, use, expiresMs);
    },
    /** What an earlier run accepted is remembered whatever the bounds say. */
    restore,
    remove,
  };
}
