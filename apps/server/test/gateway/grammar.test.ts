/** Each named grammar takes exactly what its independent description takes, and nothing that could mean two things. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkValue, grammars } from "../../src/gateway/grammar.ts";
import type { GrammarName } from "../../src/gateway/grammar.ts";
import { Refusal } from "../../src/gateway/refusal.ts";

function takes(grammar: GrammarName, value: string): boolean {
  try {
    checkValue("p", value, grammar);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

const isDigits = (text: string): boolean => Array.from(text).every((each) => each >= "0" && each <= "9");
const within = (text: string, min: number, max: number): boolean => text.length >= min && text.length <= max;
const isDecimal =
  (fractionMax: number) =>
  (text: string): boolean => {
    const parts = text.split(".");
    if (parts.length > 2) return false;
    const [whole = "", fraction] = parts;
    if (!isDigits(whole) || !within(whole, 1, 20)) return false;
    return fraction === undefined || (isDigits(fraction) && within(fraction, 1, fractionMax));
  };
const oneOf =
  (text: string) =>
  (value: string): boolean =>
    text.split(" ").includes(value);

/** Written without regular expressions, so that a slip in one is not repeated in the other. */
const described: Partial<Record<GrammarName, (text: string) => boolean>> = {
  boolean: oneOf("true false"),
  cancelRestrictions: oneOf("ONLY_NEW ONLY_PARTIALLY_FILLED"),
  clientOrderId: (text) =>
    within(text, 1, 36) &&
    Array.from(text).every((each) =>
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:/_-".includes(each),
    ),
  decimal: isDecimal(20),
  integer: (text) => within(text, 1, 20) && isDigits(text),
  interval: oneOf("1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M"),
  orderType: oneOf("LIMIT MARKET"),
  recvWindow: isDecimal(3),
  responseType: oneOf("ACK RESULT FULL"),
  selfTradePrevention: oneOf("NONE EXPIRE_MAKER EXPIRE_TAKER EXPIRE_BOTH DECREMENT TRANSFER"),
  side: oneOf("BUY SELL"),
  tickerType: oneOf("FULL MINI"),
  timeInForce: oneOf("GTC IOC FOK"),
};

/** Texts near the grammars: their own words, numbers, and any of those with something put in. */
const near = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(
        "true",
        "ONLY_NEW",
        "1m",
        "1M",
        "LIMIT",
        "MARKET",
        "FULL",
        "MINI",
        "ACK",
        "NONE",
        "BUY",
        "GTC",
        "0",
        "-0",
        "1e5",
        "0x10",
        "NaN",
      ),
      fc.stringMatching(/^[0-9]{0,22}\.?[0-9]{0,22}$/),
      fc.stringMatching(/^[.A-Z:/a-z0-9_-]{0,40}$/),
    ),
    fc.nat(40),
    fc.oneof(
      fc.constant(""),
      fc.constant(""),
      fc.string({ maxLength: 2 }),
      fc.string({ maxLength: 2, unit: "binary" }),
      fc.constantFrom("\n", "\r", " ", "\0", "１", "٣", "+", "-", ".", "|", "$"),
    ),
  )
  .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at));

describe("grammars", () => {
  test.each(Object.entries(described))("%s takes what its description takes", (name, isRight) => {
    fc.assert(
      fc.property(near, (text) => {
        expect(takes(name as GrammarName, text), JSON.stringify(text)).toBe(isRight?.(text));
      }),
      { numRuns: 2000 },
    );
  });

  test.each(Object.keys(grammars) as GrammarName[])(
    "%s takes no separator, control character, line end or blank",
    (name) => {
      const hostile = fc.tuple(
        near,
        fc.nat(40),
        fc.constantFrom(
          "&",
          "=",
          "%",
          ";",
          "#",
          "?",
          " ",
          "\t",
          "\n",
          "\r\n",
          "\0",
          "\u007f",
          "\u0085",
          "\u00a0",
          "\u2028",
          "\u2029",
          "\u200b",
          "\ufeff",
          "\ud800",
          "\\",
          "'",
          "<",
          ">",
        ),
      );
      fc.assert(
        fc.property(hostile, ([text, at, character]) => {
          expect(takes(name, text.slice(0, at) + character + text.slice(at))).toBe(false);
        }),
        { numRuns: 1000 },
      );
      expect(takes(name, "")).toBe(false);
    },
  );

  test("symbols: capitals, digits, caseless letters; no small letter in any script, no combining mark", () => {
    for (const right of [
      "BTCUSDT",
      "1000SATSUSDT",
      "A",
      "A".repeat(50),
      "BTC-USD_T.X",
      "１２３４５６",
      "币安人生USDT",
    ])
      expect(takes("symbol", right), right).toBe(true);
    for (const wrong of [
      "btcusdt",
      "BtCUSDT",
      "ａ",
      "Ａ",
      "А",
      "а",
      "Ω",
      "é",
      "E\u0301",
      "BTC\u0301",
      "İ",
      "ß",
      "A".repeat(51),
      "BTC\u200d",
      "🚀",
      "ˀ",
    ])
      expect(takes("symbol", wrong), wrong).toBe(false);
  });

  test("lists of symbols are JSON of one spelling", () => {
    const name = fc.stringMatching(/^[A-Z0-9_.１２-]{1,10}$/);
    fc.assert(
      fc.property(fc.array(name, { maxLength: 5 }), (list) => takes("symbols", JSON.stringify(list))),
    );
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(" ", ",", "[", "]", '"', "\\", "null", "1"),
        fc.nat(60),
        (list, put, at) => {
          const text = JSON.stringify(list);
          const spoilt = text.slice(0, at) + put + text.slice(at);
          if (!takes("symbols", spoilt)) return;
          // A digit or comma may fall where it makes another list: then it must be that list, in the same one spelling.
          const read: unknown = JSON.parse(spoilt);
          expect(JSON.stringify(read)).toBe(spoilt);
          expect(read).toSatisfy(
            (each: unknown) =>
              Array.isArray(each) && each.every((one) => typeof one === "string" && takes("symbol", one)),
          );
        },
      ),
    );
  });

  test("time zones are offsets, not names", () => {
    for (const right of ["0", "8", "-3:00", "+12:45", "05:30"])
      expect(takes("timeZone", right), right).toBe(true);
    for (const wrong of ["UTC", "+", "123", "1:2", "1:234", "1:00:00", "--1", "+-1", "1.5"])
      expect(takes("timeZone", wrong), wrong).toBe(false);
  });

  test("long hostile texts are judged at once", () => {
    for (const name of Object.keys(grammars) as GrammarName[]) {
      for (const unit of ["1", "A", '"A",', '["', ".", "1.", "a:/"]) {
        expect(takes(name, `${unit.repeat(5_000)}!`)).toBe(false);
      }
    }
  });
});
