/**
 * The parser against three judges: what was put together must come apart the same; what WHATWG's reader also accepts
 * must read the same; and no bytes whatever make it do anything but accept or refuse.
 */
import { serializeParams, splitRest } from "@countersign/signing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Arrival } from "../../src/gateway/arrival.ts";
import { endpoints } from "../../src/gateway/endpoints.ts";
import type { Endpoint } from "../../src/gateway/endpoints.ts";
import type { GrammarName } from "../../src/gateway/grammar.ts";
import { parse } from "../../src/gateway/parse.ts";
import type { Parsed } from "../../src/gateway/parse.ts";
import { Refusal } from "../../src/gateway/refusal.ts";

function arrivalOf(method: string, target: string, body = "", headers: [string, string][] = []): Arrival {
  const form: [string, string][] = body === "" ? [] : [["content-type", "application/x-www-form-urlencoded"]];
  return { requestId: "r", method, target, headers: [...form, ...headers], body, address: "127.0.0.1" };
}

/** What became of it: a receipt, or the refusal's name. Anything else is thrown on. */
function attempt(arrival: Arrival): Parsed | string {
  try {
    return parse(arrival);
  } catch (error) {
    if (error instanceof Refusal) return error.refusal;
    throw error;
  }
}

const digits = fc.stringMatching(/^[0-9]{1,20}$/);
const words = (...list: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...list);
const symbol = fc.stringMatching(/^[A-Z0-9_.１２３-]{1,12}$/);

/** Values of each grammar. */
const values: Readonly<Record<GrammarName, fc.Arbitrary<string>>> = {
  boolean: words("true", "false"),
  cancelRestrictions: words("ONLY_NEW", "ONLY_PARTIALLY_FILLED"),
  clientOrderId: fc.stringMatching(/^[.A-Z:/a-z0-9_-]{1,36}$/),
  decimal: fc.stringMatching(/^[0-9]{1,20}(\.[0-9]{1,20})?$/),
  integer: digits,
  interval: words("1s", "1m", "1M", "3d"),
  orderType: words("LIMIT", "MARKET"),
  permissions: words("SPOT", '["SPOT"]', '["SPOT","TRD_GRP_004"]'),
  recvWindow: fc.stringMatching(/^[0-9]{1,5}(\.[0-9]{1,3})?$/),
  responseType: words("ACK", "RESULT", "FULL"),
  selfTradePrevention: words("NONE", "EXPIRE_BOTH", "TRANSFER"),
  side: words("BUY", "SELL"),
  symbol,
  symbols: fc.array(symbol, { maxLength: 4 }).map((list) => JSON.stringify(list)),
  tickerType: words("FULL", "MINI"),
  timeInForce: words("GTC", "IOC", "FOK"),
  timeZone: words("0", "-3:00", "+12:45"),
};

const served = endpoints.filter(({ service }) => service !== undefined);

/** A value as some client might spell it: each byte bare where that is harmless, or escaped in either case. */
const spelled = (text: string): fc.Arbitrary<string> =>
  fc.array(fc.nat(2), { minLength: text.length, maxLength: text.length }).map((styles) =>
    Array.from(text)
      .map((character, at) => {
        const style = styles[at] ?? 0;
        if (style === 0 && /[!-~]/.test(character) && !/[&=%+#]/.test(character)) return character;
        const escaped = [...Buffer.from(character)]
          .map((byte) => `%${byte.toString(16).padStart(2, "0")}`)
          .join("");
        return style === 1 ? escaped : escaped.toUpperCase();
      })
      .join(""),
  );

interface Made {
  readonly endpoint: Endpoint;
  /** In the order written, times and all. */
  readonly pairs: readonly (readonly [name: string, value: string])[];
  readonly written: readonly string[];
  readonly query: string;
  readonly body: string;
  readonly signature: string | undefined;
}

/** A well-formed request for any served endpoint: any order, any spelling, cut anywhere, the signature anywhere. */
const requests: fc.Arbitrary<Made> = fc.constantFrom(...served).chain((endpoint) => {
  const listed = Object.entries(endpoint.service?.params ?? {});
  const isSigned = endpoint.security !== "NONE";
  return fc
    .record({
      present: fc.array(fc.boolean(), { minLength: listed.length, maxLength: listed.length }),
      texts: fc.tuple(...listed.map(([, { grammar }]) => values[grammar])),
      order: fc.array(fc.nat(), { minLength: listed.length + 1, maxLength: listed.length + 1 }),
      cut: fc.nat(listed.length + 1),
      signatureAt: fc.nat(listed.length),
      signature: fc.stringMatching(/^[0-9a-fA-F]{64}$/),
    })
    .chain(({ present, texts, order, cut, signatureAt, signature }) => {
      const pairs = listed
        .map(([name, { required }], at) => ({
          name,
          value: String(texts[at]),
          keep: required || present[at] === true,
          rank: order[at] ?? 0,
        }))
        .filter(({ keep }) => keep)
        .sort((a, b) => a.rank - b.rank)
        .map(({ name, value }) => [name, value] as const);
      return fc.tuple(...pairs.map(([, value]) => spelled(value))).map((spellings): Made => {
        const written = pairs.map(([name], at) => `${name}=${spellings[at] ?? ""}`);
        const all = [...written];
        if (isSigned) all.splice(Math.min(signatureAt, all.length), 0, `signature=${signature}`);
        const at = endpoint.method === "GET" ? all.length : Math.min(cut, all.length);
        const query = all.slice(0, at).join("&");
        const body = all.slice(at).join("&");
        return { endpoint, pairs, written, query, body, signature: isSigned ? signature : undefined };
      });
    });
});

const arrivalFrom = ({ endpoint, query, body }: Made): Arrival =>
  arrivalOf(endpoint.method, query === "" ? endpoint.path : `${endpoint.path}?${query}`, body);

describe("what was put together comes apart the same", () => {
  test("values, order, payload and signature of any request that the grammars allow", () => {
    fc.assert(
      fc.property(requests, (made) => {
        const parsed = parse(arrivalFrom(made));
        expect(parsed.endpoint.name).toBe(made.endpoint.name);
        const timing = made.endpoint.security === "NONE" ? [] : ["timestamp", "recvWindow"];
        expect([...parsed.params]).toEqual(made.pairs.filter(([name]) => !timing.includes(name)));
        expect(parsed.signed === undefined).toBe(made.signature === undefined);
        if (parsed.signed === undefined) return;
        const { payload, signature } = splitRest(made.query, made.body);
        expect(parsed.signed).toEqual({
          payload,
          signature,
          timestamp: made.pairs.find(([name]) => name === "timestamp")?.[1],
          recvWindow: made.pairs.find(([name]) => name === "recvWindow")?.[1],
        });
        expect(parsed.signed.signature).toBe(made.signature);
        // Joined here by hand: each part without its signature pair, glued without a separator.
        const bare = (part: string): string =>
          part
            .split("&")
            .filter((pair) => !pair.startsWith("signature="))
            .join("&");
        expect(parsed.signed.payload).toBe(bare(made.query) + bare(made.body));
      }),
      { numRuns: 150 },
    );
  });

  test("WHATWG's reader sees the same names and values", () => {
    fc.assert(
      fc.property(requests, (made) => {
        const parsed = parse(arrivalFrom(made));
        const read = [...new URLSearchParams(made.query), ...new URLSearchParams(made.body)];
        const other = read.filter(([name]) => !["signature", "timestamp", "recvWindow"].includes(name));
        expect([...parsed.params]).toEqual(other);
      }),
      { numRuns: 150 },
    );
  });

  test("one parameter written twice in any spelling is refused, wherever the second stands", () => {
    fc.assert(
      fc.property(
        requests.filter(({ written }) => written.length > 0),
        fc.nat(),
        fc.boolean(),
        (made, pick, inBody) => {
          const again = made.written[pick % made.written.length] ?? "";
          const place = inBody && made.endpoint.method !== "GET" ? "body" : "query";
          const more = { ...made, [place]: made[place] === "" ? again : `${made[place]}&${again}` };
          expect(attempt(arrivalFrom(more))).toBe("parameter-twice");
        },
      ),
    );
  });
});

/** Bytes that parsers stumble over, put in at random places. */
const spanners = [
  "&",
  "=",
  "%",
  "+",
  "#",
  "?",
  ";",
  "\0",
  "\r\n",
  "\x80",
  "\xff",
  "%00",
  "%c0%80",
  "%ed%a0%80",
  "%2",
  "[]",
  "..",
  "//",
  "signature=",
  "&signature=00",
  "symbol=",
  "__proto__=1",
  "=".repeat(40),
  "&".repeat(70),
  " ",
  '"',
  "\\",
  "%26",
  "%3D",
  "%25",
];

const mutated = fc
  .record({
    made: requests,
    edits: fc.array(
      fc.record({
        at: fc.nat(2000),
        cut: fc.nat(3),
        put: fc.oneof(fc.constantFrom(...spanners), fc.string({ maxLength: 3, unit: "binary-ascii" })),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    method: fc.constantFrom("GET", "POST", "PUT", "DELETE", undefined),
    headers: fc.array(
      fc.constantFrom<[string, string]>(
        ["content-type", "application/json"],
        ["content-type", ""],
        ["x-mbx-time-unit", "SECOND"],
        ["x-mbx-time-unit", "MICROSECOND"],
        ["x-mbx-sbe", "1:0"],
        ["content-encoding", "gzip"],
        ["x-mbx-apikey", "k"],
      ),
      { maxLength: 2 },
    ),
  })
  .map(({ made, edits, method, headers }) => {
    const { target, body } = arrivalFrom(made);
    let text = `${target}\n${body}`;
    for (const { at, cut, put } of edits) {
      const place = at % (text.length + 1);
      text = text.slice(0, place) + put + text.slice(place + cut);
    }
    const border = text.indexOf("\n");
    const [newTarget, newBody] = border === -1 ? [text, ""] : [text.slice(0, border), text.slice(border + 1)];
    return arrivalOf(method ?? made.endpoint.method, newTarget, newBody, headers);
  });

describe("no bytes do anything else than be accepted or refused", () => {
  function judge(arrival: Arrival): void {
    const parsed = attempt(arrival);
    if (typeof parsed === "string") return;
    // Whatever it takes, it serialises to what every other reader reads the same way.
    const text = serializeParams(parsed.params);
    expect([...new URLSearchParams(text)]).toEqual([...parsed.params]);
    expect(text).toMatch(/^[A-Za-z0-9\-._~%=&]*$/);
    expect(parsed.endpoint.path).toBe(arrival.target.split("?", 1)[0]);
    for (const name of parsed.params.keys()) expect(Object.keys(parsed.service.params)).toContain(name);
    for (const [name, { required }] of Object.entries(parsed.service.params)) {
      if (required && name !== "timestamp") expect(parsed.params.has(name)).toBe(true);
    }
    expect(parsed.signed === undefined).toBe(parsed.endpoint.security === "NONE");
  }

  test("mutated requests", () => {
    fc.assert(fc.property(mutated, judge), { numRuns: 600 });
  });

  test("the fuzz reaches both sides", () => {
    const seen = new Set(
      fc
        .sample(mutated, 2000)
        .map((arrival) => (typeof attempt(arrival) === "string" ? "refused" : "accepted")),
    );
    expect(seen).toEqual(new Set(["accepted", "refused"]));
  });

  test("plain noise behind a served path", () => {
    const noise = fc.string({
      maxLength: 300,
      unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)),
    });
    fc.assert(
      fc.property(fc.constantFrom(...served), noise, noise, (endpoint, query, body) => {
        judge(arrivalOf(endpoint.method, `${endpoint.path}?${query}`, body));
      }),
      { numRuns: 1000 },
    );
  });

  test("the longest request that the door lets in is judged, however it is spoilt", () => {
    const order = "/api/v3/order";
    for (const unit of ["a=1&", "%41", "&", "=", "%", "a", '"', "["]) {
      const text = unit.repeat(Math.floor(8_192 / unit.length));
      expect(typeof attempt(arrivalOf("POST", `${order}?${text}`, text))).toBe("string");
      expect(
        typeof attempt(arrivalOf("GET", `/api/v3/ticker/price?symbols=${encodeURIComponent(text)}`)),
      ).toBe("string");
      const listed = `["${'BTCUSDT","'.repeat(700)}`;
      expect(typeof attempt(arrivalOf("GET", `/api/v3/ticker/price?symbols=${listed}${unit}`))).toBe(
        "string",
      );
    }
  });
});
