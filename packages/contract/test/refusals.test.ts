/** The refusal table and its sentences: every row is one Binance could have sent, and a sentence is filled whole or not at all. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { refusalMessage, refusals } from "../src/refusals.ts";
import type { RefusalName, RefusalRow } from "../src/refusals.ts";

const table: Readonly<Record<RefusalName, RefusalRow>> = refusals;
const names = Object.keys(table).filter((name): name is RefusalName => name in table);
const gapsOf = (name: RefusalName): number => table[name].msg.split("%s").length - 1;

const anyName = fc.constantFrom(...names);
/** Facts that could disturb a filler which replaces instead of joining: gaps, dollar patterns, quotes. */
const anyFact = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.constantFrom("%s", "$&", "$1", "$$", "'", '"', "\\", ""),
);
const nameAndFacts = anyName.chain((name) =>
  fc.tuple(fc.constant(name), fc.array(anyFact, { minLength: gapsOf(name), maxLength: gapsOf(name) })),
);

describe("refusalMessage", () => {
  test("puts each fact, unchanged and in order, where its gap was, and leaves the rest alone", () => {
    fc.assert(
      fc.property(nameAndFacts, ([name, facts]) => {
        let rest = refusalMessage(name, facts);
        const pieces = table[name].msg.split("%s");
        for (const [index, piece] of pieces.entries()) {
          const next = piece + (index < facts.length ? String(facts[index]) : "");
          expect(rest.startsWith(next)).toBe(true);
          rest = rest.slice(next.length);
        }
        expect(rest).toBe("");
      }),
    );
  });

  test("refuses every other number of facts", () => {
    fc.assert(
      fc.property(anyName, fc.array(anyFact, { maxLength: 6 }), (name, facts) => {
        fc.pre(facts.length !== gapsOf(name));
        expect(() => refusalMessage(name, facts)).toThrow(RangeError);
      }),
    );
  });

  test("gives a sentence without gaps exactly as the table has it, facts or none", () => {
    for (const name of names.filter((each) => gapsOf(each) === 0)) {
      expect(refusalMessage(name)).toBe(table[name].msg);
      expect(refusalMessage(name, [])).toBe(table[name].msg);
    }
  });
});

describe("the table", () => {
  test.each(names)("%s is an answer that Binance's clients understand", (name) => {
    const { status, code, msg } = table[name];
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThanOrEqual(599);
    expect(Number.isInteger(code)).toBe(true);
    expect(code).toBeLessThanOrEqual(-1000);
    expect(code).toBeGreaterThanOrEqual(-2999);
    // A sentence in printable ASCII: it goes through JSON, logs and terminals unchanged.
    expect(msg).toMatch(/^[A-Z'][\x20-\x7e]*\.$/);
    expect(msg).not.toMatch(/%(?!s)/);
  });

  test("what somebody else's rule or our own trouble caused is never called the caller's fault by its status", () => {
    for (const name of names) {
      const { owner, status } = table[name];
      if (status >= 500) expect(owner, name).toBe("countersign");
    }
  });

  test("a time-out that may have executed something is a 504, and nothing else is", () => {
    const timeouts = names.filter((name) => table[name].status === 504);
    expect(timeouts).toEqual(["execution-unknown"]);
    expect(table["execution-unknown"].msg).toContain("execution status unknown");
  });
});
