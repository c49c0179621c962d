/** Derived verifiers are kept a minute at most, and not too many of them. */
import type { Verifier } from "@countersign/signing";
import { describe, expect, test } from "vitest";
import { createVerifierCache, verifierKeptMsMax, verifiersKeptMax } from "../../src/keys/verifier-cache.ts";
import { handClock } from "./rooms.ts";

function counted(): { derive: () => Promise<Verifier>; count: () => number } {
  let count = 0;
  const verifier: Verifier = { algorithm: "HMAC", verify: () => Promise.resolve(false) };
  return {
    derive() {
      count += 1;
      return Promise.resolve({ ...verifier });
    },
    count: () => count,
  };
}

describe("the verifier cache", () => {
  test("keeps for a minute from the derivation, used or not, by the clock that nothing can step", async () => {
    const clock = handClock();
    const cache = createVerifierCache({ ...clock, wallMs: () => 0 });
    const { derive, count } = counted();
    const first = await cache.get("a/1", derive);
    clock.move(verifierKeptMsMax / 2);
    expect(await cache.get("a/1", derive)).toBe(first);
    clock.move(verifierKeptMsMax / 2 - 1);
    expect(await cache.get("a/1", derive)).toBe(first);
    expect(count()).toBe(1);
    clock.move(1);
    expect(await cache.get("a/1", derive)).not.toBe(first);
    expect(count()).toBe(2);
  });

  test("callers of one moment share a derivation", async () => {
    const cache = createVerifierCache(handClock());
    const { derive, count } = counted();
    await Promise.all([cache.get("a/1", derive), cache.get("a/1", derive)]);
    expect(count()).toBe(1);
  });

  test("has room for so many, and lets the least recently used go", async () => {
    const cache = createVerifierCache(handClock());
    const { derive, count } = counted();
    for (let index = 0; index < verifiersKeptMax; index += 1) await cache.get(`key-${index}/1`, derive);
    await cache.get("key-0/1", derive);
    expect(count()).toBe(verifiersKeptMax);
    await cache.get("new/1", derive);
    await cache.get("key-0/1", derive);
    expect(count()).toBe(verifiersKeptMax + 1);
    await cache.get("key-1/1", derive);
    expect(count()).toBe(verifiersKeptMax + 2);
  });

  test("forgets one key's verifiers and nobody else's", async () => {
    const cache = createVerifierCache(handClock());
    const { derive, count } = counted();
    for (const name of ["a/1", "a/2", "ab/1"]) await cache.get(name, derive);
    cache.forget("a/");
    await cache.get("ab/1", derive);
    expect(count()).toBe(3);
    await cache.get("a/1", derive);
    await cache.get("a/2", derive);
    expect(count()).toBe(5);
  });

  test("a derivation that fails is tried again", async () => {
    const cache = createVerifierCache(handClock());
    await expect(cache.get("a/1", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    const { derive, count } = counted();
    await cache.get("a/1", derive);
    expect(count()).toBe(1);
  });
});
