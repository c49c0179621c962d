/** The policy: what no rule allows is refused. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { permissions } from "@countersign/contract";
import { judge } from "../../src/policy/verdict.ts";

const permission = fc.constantFrom(...permissions);
const symbol = fc.stringMatching(/^[A-Z]{2,4}USDT$/);
const rights = fc.record({
  permissions: fc.uniqueArray(permission),
  symbols: fc.oneof(fc.constant("any" as const), fc.uniqueArray(symbol, { maxLength: 4 })),
});

describe("judge", () => {
  test("agrees with a model that lists what is allowed", () => {
    fc.assert(
      fc.property(
        rights,
        permission,
        fc.boolean(),
        fc.option(symbol, { nil: undefined }),
        (own, wanted, trades, on) => {
          const verdict = judge({ permission: wanted, trades, symbol: on }, own);
          const symbolFits =
            !trades || (on !== undefined && (own.symbols === "any" || own.symbols.includes(on)));
          expect(verdict.allowed).toBe(own.permissions.includes(wanted) && symbolFits);
        },
      ),
    );
  });

  test("an empty grant allows nothing", () => {
    const verdict = judge(
      { permission: "enableReading", trades: false, symbol: undefined },
      { permissions: [], symbols: [] },
    );
    expect(verdict).toEqual({ allowed: false, refusal: "permission-missing" });
  });

  test("permission is judged before symbol", () => {
    const wish = { permission: "enableSpotAndMarginTrading", trades: true, symbol: "BTCUSDT" } as const;
    expect(judge(wish, { permissions: ["enableReading"], symbols: [] })).toEqual({
      allowed: false,
      refusal: "permission-missing",
    });
    expect(judge(wish, { permissions: ["enableSpotAndMarginTrading"], symbols: ["ETHUSDT"] })).toEqual({
      allowed: false,
      refusal: "symbol-not-allowed",
    });
  });

  test("a symbol in another script trades only where it was listed byte for byte", () => {
    const lookAlike = "ＢＴＣＵＳＤＴ";
    const wish = { permission: "enableSpotAndMarginTrading", trades: true, symbol: lookAlike } as const;
    const trading = ["enableSpotAndMarginTrading"] as const;
    expect(judge(wish, { permissions: trading, symbols: "any" }).allowed).toBe(false);
    expect(judge(wish, { permissions: trading, symbols: ["BTCUSDT"] }).allowed).toBe(false);
    expect(judge(wish, { permissions: trading, symbols: [lookAlike] }).allowed).toBe(true);
  });
});
