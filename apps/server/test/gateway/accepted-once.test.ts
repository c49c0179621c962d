/** One signed payload, one effect (P3): the guard against a model, and each rule of DESIGN 5 by name. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RecordedMutation } from "../../src/audit/journal.ts";
import { DuplicatePayload } from "../../src/audit/journal.ts";
import { acceptedOnce, payloadGraceMs } from "../../src/gateway/accepted-once.ts";
import type { AcceptedOnce } from "../../src/gateway/accepted-once.ts";
import type { Answer } from "../../src/gateway/answer.ts";
import { Refusal } from "../../src/gateway/refusal.ts";
import { authenticated, manualClock } from "./receipts.ts";

const startedMs = 1_700_000_000_000;
const answerOf = (text: string): Answer => ({ status: 200, headers: [], body: text });

/** Runs one request and tells what came of it in a word. */
async function attempt(guard: AcceptedOnce, ...args: Parameters<typeof authenticated>): Promise<string> {
  const receipt = await authenticated(...args);
  try {
    const answer = await guard.run(receipt, () => Promise.resolve(answerOf("executed")));
    return answer.body;
  } catch (error) {
    return error instanceof Refusal ? error.refusal : String(error);
  }
}

const readA = { endpoint: "GET /api/v3/openOrders" };
const readB = { endpoint: "GET /api/v3/account" };
const cancel = { endpoint: "DELETE /api/v3/openOrders" };
const order = { endpoint: "POST /api/v3/order", orderId: "mine" };
const namelessOrder = { endpoint: "POST /api/v3/order" };

describe("accepted once", () => {
  test("agrees with a model on any sequence of uses of a few payloads", async () => {
    const use = fc.record({
      payload: fc.constantFrom("a", "b", "c"),
      request: fc.constantFrom(readA, readB, cancel, order, namelessOrder),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(use, { maxLength: 30 }), async (uses) => {
        const clock = manualClock(startedMs);
        const guard = acceptedOnce({ clock, known: [] });
        clock.advance(5_000);
        const model = new Map<
          string,
          { kind: "read" } | { kind: "mutation"; endpoint: string; repeatable: boolean }
        >();
        for (const { payload, request } of uses) {
          const got = await attempt(guard, { ...request, payload, nowMs: clock.nowMs() });
          const before = model.get(payload);
          const mutates = !request.endpoint.startsWith("GET");
          const repeatable = !request.endpoint.startsWith("POST") || "orderId" in request;
          if (before === undefined) {
            expect(got).toBe("executed");
            model.set(
              payload,
              mutates ? { kind: "mutation", endpoint: request.endpoint, repeatable } : { kind: "read" },
            );
          } else if (before.kind === "read") expect(got).toBe(mutates ? "payload-used" : "executed");
          else if (before.endpoint !== request.endpoint) expect(got).toBe("payload-used");
          else expect(got).toBe(before.repeatable ? "executed" : "order-twice");
        }
      }),
    );
  });

  test("a re-sent mutation executes nothing and waits for the first one's answer", async () => {
    const clock = manualClock(startedMs);
    const guard = acceptedOnce({ clock, known: [] });
    clock.advance(5_000);
    const facts = { ...cancel, payload: "p", nowMs: clock.nowMs() };
    const venue = Promise.withResolvers<Answer>();
    let effects = 0;
    const effect = (): Promise<Answer> => {
      effects += 1;
      return venue.promise;
    };
    const first = guard.run(await authenticated(facts), effect);
    const second = guard.run(await authenticated(facts), effect);
    venue.resolve(answerOf("cancelled"));
    expect((await first).body).toBe("cancelled");
    expect((await second).body).toBe("cancelled");
    expect(effects).toBe(1);
  });

  test("a mutation refused before it was recorded leaves its payload free", async () => {
    const clock = manualClock(startedMs);
    const guard = acceptedOnce({ clock, known: [] });
    clock.advance(5_000);
    const receipt = await authenticated({ ...cancel, payload: "p", nowMs: clock.nowMs() });
    await expect(
      guard.run(receipt, () => Promise.reject(new Refusal("journal-unavailable"))),
    ).rejects.toThrow("journal-unavailable");
    expect(guard.size()).toBe(0);
    expect((await guard.run(receipt, () => Promise.resolve(answerOf("now")))).body).toBe("now");
  });

  test("a payload that the journal knows and memory does not may have been executed, and stays refused", async () => {
    const clock = manualClock(startedMs);
    const guard = acceptedOnce({ clock, known: [] });
    clock.advance(5_000);
    const receipt = await authenticated({ ...cancel, payload: "p", nowMs: clock.nowMs() });
    const duplicate = (): Promise<Answer> => Promise.reject(new DuplicatePayload());
    await expect(guard.run(receipt, duplicate)).rejects.toThrow("execution-unknown");
    await expect(guard.run(receipt, () => Promise.resolve(answerOf("no")))).rejects.toThrow(
      "execution-unknown",
    );
  });

  test("remembers until the payload's own timing refuses it, then forgets", async () => {
    const clock = manualClock(startedMs);
    const guard = acceptedOnce({ clock, known: [] });
    clock.advance(5_000);
    const facts = { ...readA, payload: "p", nowMs: clock.nowMs(), recvWindowMs: 5_000 };
    await attempt(guard, facts);
    clock.advance(5_000 + payloadGraceMs - 1);
    expect(await attempt(guard, { ...facts, ...cancel })).toBe("payload-used");
    clock.advance(2_000);
    await attempt(guard, { ...readB, payload: "other", nowMs: clock.nowMs() });
    expect(guard.size()).toBe(1);
  });
});

describe("after a start", () => {
  const known: RecordedMutation = {
    intentId: "i",
    payloadDigest: "",
    endpoint: cancel.endpoint,
    expiresMs: startedMs + 60_000,
    repeatable: true,
    answer: answerOf("recorded"),
  };

  test("a mutation that the journal knows gets its recorded answer, or -1007 while the outcome is unknown", async () => {
    const clock = manualClock(startedMs);
    const facts = { ...cancel, payload: "p", nowMs: startedMs };
    const payloadDigest = (await authenticated(facts)).caller?.payloadDigest ?? "";
    const answered = acceptedOnce({ clock, known: [{ ...known, payloadDigest }] });
    expect(await attempt(answered, facts)).toBe("recorded");
    const unknown = acceptedOnce({ clock, known: [{ ...known, payloadDigest, answer: undefined }] });
    expect(await attempt(unknown, facts)).toContain("-1007");
  });

  test.each([
    [-1, "timestamp-before-start"],
    [payloadGraceMs - 1, "timestamp-before-start"],
    [payloadGraceMs, "executed"],
  ])("a mutation stamped %d ms from the start is %s", async (afterMs, expected) => {
    const clock = manualClock(startedMs);
    const guard = acceptedOnce({ clock, known: [] });
    const facts = {
      payload: "p",
      nowMs: startedMs,
      timestampMs: startedMs + afterMs,
      olderThanStart: true,
    };
    clock.advance(Math.max(0, afterMs));
    expect(await attempt(guard, { ...cancel, ...facts, nowMs: clock.nowMs() })).toBe(expected);
  });

  test("reads need not wait, and a key made after the start has no past", async () => {
    const clock = manualClock(startedMs);
    const guard = acceptedOnce({ clock, known: [] });
    expect(await attempt(guard, { ...readA, payload: "r", nowMs: startedMs, olderThanStart: true })).toBe(
      "executed",
    );
    expect(await attempt(guard, { ...cancel, payload: "m", nowMs: startedMs, olderThanStart: false })).toBe(
      "executed",
    );
  });
});
