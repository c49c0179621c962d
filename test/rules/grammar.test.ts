/** Every parameter of every served endpoint has a closed grammar; what it does not take is refused before any key is looked at. */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { endpoints } from "../../apps/server/src/gateway/endpoints.ts";
import type { Endpoint } from "../../apps/server/src/gateway/endpoints.ts";
import type { GrammarName } from "../../apps/server/src/gateway/grammar.ts";
import { startHouse } from "../house.ts";
import type { House } from "../house.ts";
import { botOf, manualClock, marketOrder, seenBy } from "./bot.ts";
import type { Bot } from "./bot.ts";
import { expectRefused } from "./expected.ts";
import { speak } from "./raw-client.ts";
import type { RawAnswer } from "./raw-client.ts";
import { requestText } from "./requests.ts";

const clock = manualClock();
let house: House;
let bot: Bot;

beforeAll(async () => {
  house = await startHouse({ clock });
  bot = await botOf(house, clock);
});
afterAll(async () => {
  await house.close();
});
beforeEach(() => house.sandbox.journal.clear());

type Refused = Parameters<typeof expectRefused> extends [RawAnswer, ...infer Rest] ? Rest : never;
interface Sample {
  readonly right: string;
  readonly wrong: readonly string[];
  /** None of these may stand anywhere in a value. */
  readonly foreign: string;
  refusal(name: string): Refused;
}

const range =
  (printed: string) =>
  (name: string): Refused => ["parameter-characters", name, printed];
const value = (name: string): Refused => ["parameter-value", name];
const numberTricks = [
  "1e5",
  "1E5",
  "0x10",
  "-0",
  "-1",
  "+1",
  "NaN",
  "Infinity",
  "１２",
  "1_0",
  "1 0",
  " 1",
  "1 ",
  "١",
  "0b1",
  "1n",
  "true",
  "1,0",
];
const symbolRange = String.raw`^[\w\-._&&[^a-z]]{1,50}$`;
const symbolsRange = String.raw`^\[("[\w\-._&&[^a-z]]{1,50}"(,"[\w\-._&&[^a-z]]{1,50}"){0,}){0,1}\]$`;
const permissionsRange = String.raw`^(?:[A-Z0-9_]{1,32}|\["[A-Z0-9_]{1,32}"(?:,"[A-Z0-9_]{1,32}"){0,31}\])$`;

/** What each grammar must and must not take, from Binance's printed ranges and enums. */
const samples: Readonly<Record<GrammarName, Sample>> = {
  boolean: {
    right: "true",
    wrong: ["TRUE", "1", "yes", "truefalse", "true "],
    foreign: "x1&= ",
    refusal: value,
  },
  cancelRestrictions: {
    right: "ONLY_NEW",
    wrong: ["only_new", "ONLY", "ONLY_NEW,ONLY_NEW"],
    foreign: "a &",
    refusal: value,
  },
  clientOrderId: {
    right: "x-TKT5PX2F",
    wrong: ["a".repeat(37), "a b", "a@b", "a+b", "a&b=c", "a=b", "a%b", "ä", 'a"b', "a,b", "a~b"],
    foreign: " &=%+#@!\"'<>\\~`|",
    refusal: range("^[.A-Z:/a-z0-9_-]{1,36}$"),
  },
  decimal: {
    right: "12.5",
    wrong: [...numberTricks, "1.", ".1", ".", "1.2.3", "1".repeat(21), `1.${"1".repeat(21)}`, "1..2"],
    foreign: "eExX+-,_ &=nN",
    refusal: range(String.raw`^([0-9]{1,20})(\.[0-9]{1,20})?$`),
  },
  integer: {
    right: "12",
    wrong: [...numberTricks, "1.0", "1.", "1".repeat(21)],
    foreign: "eExX+-.,_ &=",
    refusal: range("^[0-9]{1,20}$"),
  },
  interval: {
    right: "1m",
    wrong: ["1", "m", "1H", "2m", "1mm", "1M1m", "0m"],
    foreign: " x&=",
    refusal: () => ["interval-unknown"],
  },
  orderType: {
    right: "LIMIT",
    wrong: [
      "limit",
      "LIMIT_MAKER",
      "STOP_LOSS",
      "STOP_LOSS_LIMIT",
      "TAKE_PROFIT",
      "TAKE_PROFIT_LIMIT",
      "TRAILING",
      "LIMITMARKET",
    ],
    foreign: "a &=",
    refusal: () => ["order-type-not-served"],
  },
  permissions: {
    right: '["SPOT","MARGIN"]',
    wrong: ["spot", "[]", '["SPOT"', '["SPOT",]', "SPOT,MARGIN", '["SPOT" ,"MARGIN"]', "A".repeat(33)],
    foreign: " a&='",
    refusal: range(permissionsRange),
  },
  recvWindow: {
    right: "5000.5",
    wrong: [...numberTricks, "1.", ".1", "5000.1234", "1".repeat(21)],
    foreign: "eExX+-,_ &=",
    refusal: range(String.raw`^[0-9]{1,20}(\.[0-9]{1,3})?$`),
  },
  responseType: { right: "FULL", wrong: ["full", "ALL", "ACKFULL"], foreign: "a &=", refusal: value },
  selfTradePrevention: { right: "NONE", wrong: ["none", "BOTH", "EXPIRE"], foreign: "a &=", refusal: value },
  side: {
    right: "BUY",
    wrong: ["buy", "Buy", "BUYSELL", "LONG", "BUY "],
    foreign: "a &=",
    refusal: () => ["side-unknown"],
  },
  symbol: {
    right: "BTCUSDT",
    wrong: [
      "btcusdt",
      "BTCuSDT",
      "BTC/USDT",
      "BTC USDT",
      "A".repeat(51),
      "BTCUSDT,ETHUSDT",
      '["BTCUSDT"]',
      "BTC\u{1f600}",
      "é",
      "ВTC",
      "BTC\u00a0",
    ],
    foreign: "a /\\&=+%\"'[]",
    refusal: range(symbolRange),
  },
  symbols: {
    right: '["BTCUSDT","ETHUSDT"]',
    wrong: [
      "BTCUSDT",
      '["BTCUSDT"',
      '["btcusdt"]',
      '["BTCUSDT",]',
      '["BTCUSDT", "ETHUSDT"]',
      "[BTCUSDT]",
      '[""]',
      '[["BTCUSDT"]]',
    ],
    foreign: "a /\\&=+%'",
    refusal: range(symbolsRange),
  },
  tickerType: { right: "MINI", wrong: ["mini", "MAXI", "FULLMINI"], foreign: "a &=", refusal: value },
  timeInForce: {
    right: "GTC",
    wrong: ["gtc", "GTX", "GTD", "GTCIOC"],
    foreign: "a &=",
    refusal: () => ["time-in-force-unknown"],
  },
  timeZone: {
    right: "-3:00",
    wrong: ["UTC", "3:0", "123", "3:000", "--3", "3:00:00", "３"],
    foreign: "a &=.",
    refusal: range("^[+-]?[0-9]{1,2}(:[0-9]{2})?$"),
  },
};

/** The row's parameters with right values in the table's order, without the two times. */
function rightParams(endpoint: Endpoint): Map<string, string> {
  const params = Object.entries(endpoint.service?.params ?? {});
  return new Map(
    params
      .filter(([name]) => name !== "timestamp")
      .map(([name, { grammar }]) => [name, samples[grammar].right]),
  );
}

function bytesOf(endpoint: Endpoint, params: ReadonlyMap<string, string>): string {
  const text = [...params].map(([name, each]) => `${name}=${encodeURIComponent(each)}`).join("&");
  const signed =
    endpoint.security === "NONE"
      ? text
      : `${text}${text === "" ? "" : "&"}timestamp=${clock.wallMs()}&signature=${"0".repeat(64)}`;
  return requestText({ method: endpoint.method, path: endpoint.path, query: signed });
}

/** Sends many requests down one connection and checks each answer. */
async function expectAll(cases: readonly (readonly [bytes: string, refusal: Refused])[]): Promise<void> {
  if (cases.length === 0) return;
  const { answers } = await speak(house.url, cases.map(([bytes]) => bytes).join(""), cases.length);
  expect(answers).toHaveLength(cases.length);
  for (const [at, answer] of answers.entries())
    expectRefused(answer, ...(cases[at]?.[1] ?? (["internal-fault"] as Refused)));
  expect(seenBy(house)).toEqual([]);
}

const served = endpoints
  .filter(({ service }) => service !== undefined)
  .map((endpoint) => [endpoint.name, endpoint] as const);

describe("every row of the endpoint table that is served", () => {
  test.each(served)("%s: each parameter's wrong values", async (_name, endpoint) => {
    const cases = Object.entries(endpoint.service?.params ?? {}).flatMap(([name, { grammar }]) =>
      samples[grammar].wrong.map((wrong): [string, Refused] => {
        const params = rightParams(endpoint).set(name, wrong);
        // The row's own timestamp stands behind: a wrong one takes its place.
        const bytes = bytesOf(endpoint, params);
        return [
          name === "timestamp" ? bytes.replace(/&?timestamp=[0-9]+(?=&sig)/, "") : bytes,
          samples[grammar].refusal(name),
        ];
      }),
    );
    await expectAll(cases);
  });

  test.each(served)("%s: any value with a foreign character in it", async (_name, endpoint) => {
    const names = Object.keys(endpoint.service?.params ?? {}).filter((name) => name !== "timestamp");
    if (names.length === 0) return;
    const spoilt = fc.constantFrom(...names).chain((name) => {
      const { right, foreign } = samples[endpoint.service?.params[name]?.grammar ?? "integer"];
      return fc.record({
        name: fc.constant(name),
        right: fc.constant(right),
        at: fc.nat(right.length),
        character: fc.constantFrom(...Array.from(foreign)),
      });
    });
    await fc.assert(
      fc.asyncProperty(fc.array(spoilt, { minLength: 10, maxLength: 10 }), async (all) => {
        await expectAll(
          all.map(({ name, right, at, character }) => {
            const wrong = right.slice(0, at) + character + right.slice(at);
            const grammar = endpoint.service?.params[name]?.grammar ?? "integer";
            return [
              bytesOf(endpoint, rightParams(endpoint).set(name, wrong)),
              samples[grammar].refusal(name),
            ];
          }),
        );
      }),
      { numRuns: 5 },
    );
  });

  test.each(served)(
    "%s: each mandatory parameter left out or empty, each optional one empty",
    async (_name, endpoint) => {
      const cases = Object.entries(endpoint.service?.params ?? {}).flatMap(
        ([name, { required }]): [string, Refused][] => {
          if (name === "timestamp") {
            const bytes = bytesOf(endpoint, rightParams(endpoint));
            return ["", "timestamp=&", "timestamp&"].map((text) => [
              bytes.replace(/timestamp=[0-9]+&/, text),
              ["parameter-missing", name],
            ]);
          }
          const without = rightParams(endpoint);
          without.delete(name);
          const empty = bytesOf(endpoint, rightParams(endpoint).set(name, ""));
          const refusal: Refused = required ? ["parameter-missing", name] : ["parameter-empty", name];
          const cut: [string, Refused][] = required
            ? [[bytesOf(endpoint, without), ["parameter-missing", name]]]
            : [];
          return [...cut, [empty, refusal], [empty.replace(`${name}=`, name), refusal]];
        },
      );
      await expectAll(cases);
    },
  );

  test.each(served)("%s: a parameter that it does not list", async (_name, endpoint) => {
    const known = rightParams(endpoint);
    const read = known.size + (endpoint.security === "NONE" ? 0 : 2);
    const strangers = [
      "unknown",
      "Symbol",
      "icebergQty",
      "stopPrice",
      "constructor",
      "toString",
      "hasOwnProperty",
      "isIsolated",
    ];
    const more =
      endpoint.security === "NONE" ? ["signature", "timestamp", "recvWindow", "apiKey"] : ["apiKey"];
    await expectAll(
      [...strangers, ...more].map((name) => [
        bytesOf(endpoint, new Map([...known, [name, "1"]])),
        ["parameter-unknown", read, read + 1],
      ]),
    );
  });
});

describe("the text around the values", () => {
  const order = (query: string, body?: string): string =>
    requestText({
      method: "POST",
      path: "/api/v3/order",
      query,
      headers: [bot.keyLine],
      ...(body !== undefined && { body }),
    });
  const malformed: Refused = ["parameters-malformed"];

  test("a name twice: in the query, in the body, in both, equal or not, the signature too", async () => {
    const text = bot.signed(marketOrder);
    const twice: Refused = ["parameter-twice"];
    const cases: [string, Refused][] = [
      "symbol=BTCUSDT",
      "symbol=ETHUSDT",
      "symbol",
      "timestamp=1",
      `signature=${"0".repeat(64)}`,
      "recvWindow=1&recvWindow=2",
      "unknown=1&unknown=1",
    ].flatMap((more) => [
      [order(`${text}&${more}`), twice],
      [order(`${more}&${text}`), twice],
      [requestText({ method: "POST", path: "/api/v3/order", body: `${text}&${more}` }), twice],
      [order(text, more), twice],
      [order(more, text), twice],
    ]);
    await expectAll(cases);
  });

  test("names are plain: none is encoded, indexed, nested or strange", async () => {
    const names = [
      "%73ymbol",
      "s%79mbol",
      "symbo%6C",
      "%73ignature",
      "symbol[]",
      "symbol[0]",
      "a.b",
      "symbol%00",
      "",
      "=",
      "1a",
      "_a",
      "a-b",
      "a".repeat(33),
      "__proto__",
      "symbol;side",
      "symbol+",
    ];
    await expectAll(names.map((name) => [order(`${bot.signed(marketOrder)}&${name}=1`), malformed]));
  });

  test("percent-encoding is whole, and decodes once, to UTF-8 without control characters", async () => {
    const values = [
      "%",
      "%4",
      "%zz",
      "%u0041",
      "BTC%",
      "%%41",
      "%c0%80",
      "%c1%81",
      "%e0%80%af",
      "%f8%88%80%80%80",
      "%ff",
      "%80",
      "%c3",
      "%c3%28",
      "%ed%a0%80",
      "%ed%bf%bf",
      "%f4%90%80%80",
      "%00",
      "%0a",
      "%0d%0a",
      "%1f",
      "%7f",
      "%c2%80",
      "%c2%9f",
      "%e2%80%a8",
      "%e2%80%a9",
      "BTC%09",
    ];
    await expectAll(
      values.map((each) => [order(bot.signed(`${marketOrder}&newClientOrderId=${each}`)), malformed]),
    );
  });

  test("decoded once, an escape of an escape is a percent sign, which no grammar takes", async () => {
    const refusal: Refused = ["parameter-characters", "symbol", symbolRange];
    await expectAll([
      [order(bot.signed(marketOrder.replace("BTC", "BTC%2541"))), refusal],
      [order(bot.signed(marketOrder.replace("BTC", "BTC%252C"))), refusal],
    ]);
  });

  test("'+' in a value is neither a plus nor a space", async () => {
    await expectAll(
      ["a+b", "+", "a+"].map((each) => [
        order(bot.signed(`${marketOrder}&newClientOrderId=${each}`)),
        malformed,
      ]),
    );
    await expectAll([[order("", bot.signed(`${marketOrder}&newClientOrderId=a+b`)), malformed]]);
  });

  test("only '&' separates", async () => {
    const text = bot.signed(marketOrder);
    await expectAll([
      [order(text.replace("&", ";")), ["parameter-characters", "symbol", symbolRange]],
      [order(text.replace("&", "%26")), ["parameter-characters", "symbol", symbolRange]],
      [order(`${text}&`), malformed],
      [order(`?${text}`), malformed],
    ]);
  });

  test("raw bytes in a body that no client encodes", async () => {
    const body = ["\r\n", "\n", "\t", " ", "\0", "\xc3\xa9", "\x7f"].map(
      (bytes) => `${bot.signed(marketOrder)}${bytes}`,
    );
    await expectAll(
      body.map((each) => [
        requestText({ method: "POST", path: "/api/v3/order", headers: [bot.keyLine], body: each }),
        malformed,
      ]),
    );
  });

  test("64 parameters are read, 65 are not, wherever they stand", async () => {
    const many = (count: number): string => Array.from({ length: count }, (_, at) => `p${at}=1`).join("&");
    await expectAll([
      [order(many(64)), ["parameter-unknown", 0, 64]],
      [order(many(65)), ["parameters-too-many", 64, 65]],
      [order(many(32), many(32)), ["parameter-twice"]],
      [order(many(33), many(32)), ["parameters-too-many", 64, 65]],
      [order("", many(65)), ["parameters-too-many", 64, 65]],
      [order("&".repeat(64)), ["parameters-too-many", 64, 65]],
    ]);
  });
});
