// The seeded generator: repeatable, spread out, and different for different seeds.

import fc from "fast-check";
import { expect, test } from "vitest";
import { SeededRandom } from "../src/market/random.ts";

const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

test("the same seed repeats itself, its fork too, and stays within bounds", () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 1_000_000 }), (seed, bound) => {
      const [one, other] = [new SeededRandom(seed), new SeededRandom(seed)];
      for (let draw = 0; draw < 20; draw += 1) {
        const value = one.below(bound);
        expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true);
        expect(other.below(bound)).toBe(value);
      }
      expect(one.fork().text(22)).toBe(other.fork().text(22));
    }),
  );
});

test("two seeds do not make the same text, nor does a fork repeat its parent", () => {
  fc.assert(
    fc.property(seeds, seeds, (one, other) => {
      fc.pre(one !== other);
      expect(new SeededRandom(one).text(64)).not.toBe(new SeededRandom(other).text(64));
      const parent = new SeededRandom(one);
      expect(parent.fork().text(64)).not.toBe(parent.text(64));
    }),
  );
});

test("every value of a small range comes about as often as every other", () => {
  const random = new SeededRandom(1);
  const counts = Array.from({ length: 62 }, () => 0);
  for (let draw = 0; draw < 62_000; draw += 1) {
    const value = random.below(62);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  // A thousand expected; five standard deviations are about 160.
  expect(Math.min(...counts)).toBeGreaterThan(840);
  expect(Math.max(...counts)).toBeLessThan(1_160);
});
