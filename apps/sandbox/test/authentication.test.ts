// Who may in: signature, key, timing, address, permission, in Binance's order and with its texts and statuses.

import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { credentialsOf, hmac, noonMs, onStage, send, uidOf, type Reply } from "./exchange-client.ts";

const refusal = ({ status, code, msg }: Reply): unknown[] => [status, code, msg];

const signature = [400, -1022, "Signature for this request is not valid."];
const outside = [400, -1021, "Timestamp for this request is outside of the recvWindow."];
const ahead = [400, -1021, "Timestamp for this request was 1000ms ahead of the server's time."];
const keyFormat = [401, -2014, "API-key format invalid."];
const keyRejected = [401, -2015, "Invalid API-key, IP, or permissions for action."];
const missing = (name: string): unknown[] => [
  400,
  -1102,
  `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
];

describe("order of checks", () => {
  test("unsigned and without a key: the signature is what is missing", () =>
    onStage({}, async ({ call }) => {
      expect(refusal(await call.open("/api/v3/account"))).toEqual(missing("signature"));
    }));

  test("signed but without a timestamp", () =>
    onStage({}, async ({ call }) => {
      expect(refusal(await call.open("/api/v3/account", "signature=00"))).toEqual(missing("timestamp"));
    }));

  test("an empty signature is a missing one", () =>
    onStage({}, async ({ call }) => {
      expect(refusal(await call.open("/api/v3/account", "timestamp=1&signature="))).toEqual(
        missing("signature"),
      );
    }));

  test("parameters come before the key", () =>
    onStage({}, async ({ call }) => {
      const reply = await call.open("/api/v3/order", "timestamp=1&signature=00");
      expect(refusal(reply)).toEqual(missing("symbol"));
    }));

  test("the key's form before its existence, its existence before the time", () =>
    onStage({}, async ({ sandbox }) => {
      const query = "timestamp=1&signature=00";
      const ask = (apiKey?: string) =>
        send(sandbox, {
          path: "/api/v3/account",
          query,
          headers: apiKey === undefined ? {} : { "x-mbx-apikey": apiKey },
        });
      expect(refusal(await ask())).toEqual(keyFormat);
      expect(refusal(await ask(""))).toEqual(keyFormat);
      expect(refusal(await ask("x".repeat(63)))).toEqual(keyFormat);
      expect(refusal(await ask("-".repeat(64)))).toEqual(keyFormat);
      expect(refusal(await ask("x".repeat(64)))).toEqual(keyRejected);
      expect(refusal(await ask(credentialsOf(sandbox).apiKey))).toEqual(outside);
    }));

  test("the signature before address and permission", () =>
    onStage({ accounts: [{ keys: [{ ipList: ["10.0.0.1"] }] }] }, async ({ sandbox, call }) => {
      const wrong = { apiKey: credentialsOf(sandbox).apiKey, secret: "wrong" };
      expect(refusal(await call.signed("GET", "/api/v3/account", "", { as: wrong }))).toEqual(signature);
      expect(refusal(await call.signed("GET", "/api/v3/account"))).toEqual(keyRejected);
    }));

  test("two key headers are no key", () =>
    onStage({}, async ({ sandbox }) => {
      const { apiKey } = credentialsOf(sandbox);
      const reply = await send(sandbox, {
        path: "/api/v3/account",
        query: "timestamp=1&signature=00",
        headers: { "x-mbx-apikey": `${apiKey}, ${apiKey}` },
      });
      expect(refusal(reply)).toEqual(keyFormat);
    }));

  test("public endpoints do not look at the key", () =>
    onStage({}, async ({ sandbox }) => {
      for (const apiKey of ["", "nonsense"])
        expect(
          (await send(sandbox, { path: "/api/v3/ping", headers: { "x-mbx-apikey": apiKey } })).status,
        ).toBe(200);
    }));
});

describe("timing", () => {
  const at = (offsetMs: number, query = "") =>
    onStage({}, ({ call, clock }) =>
      call.signed("GET", "/api/v3/account", query, { timestamp: clock.nowMs() + offsetMs }),
    );

  test.each([
    [0, ""],
    [999, ""],
    [-5_000, ""],
    [-60_000, "recvWindow=60000"],
    [-10, "recvWindow=10.5"],
    [0, "recvWindow=0.001"],
  ])("%d ms from now with %j passes", async (offsetMs, query) => {
    expect((await at(offsetMs, query)).status).toBe(200);
  });

  test.each([
    [1_000, "", ahead],
    [60_000, "", ahead],
    [-5_001, "", outside],
    [-60_001, "recvWindow=60000", outside],
    [-11, "recvWindow=10.999", outside],
    [0, "recvWindow=60000.001", [400, -1131, "'recvWindow' must be less than 60000."]],
    [0, "recvWindow=5.0001", [400, -1111, "Parameter 'recvWindow' has too much precision."]],
    [0, "recvWindow=", [400, -1105, "Parameter 'recvWindow' was empty."]],
    [
      0,
      "recvWindow=abc",
      [
        400,
        -1100,
        String.raw`Illegal characters found in parameter 'recvWindow'; legal range is '^([0-9]{1,20})(\.[0-9]{1,20})?$'.`,
      ],
    ],
  ])("%d ms from now with %j is refused", async (offsetMs, query, expected) => {
    expect(refusal(await at(offsetMs, query))).toEqual(expected);
  });

  test("microseconds are told by their length, and judged to the microsecond", () =>
    onStage({}, async ({ call }) => {
      const ask = (timestamp: number, query: string) =>
        call.signed("GET", "/api/v3/account", query, { timestamp });
      expect((await ask(noonMs * 1_000 - 2_500, "recvWindow=2.5")).status).toBe(200);
      expect(refusal(await ask(noonMs * 1_000 - 2_501, "recvWindow=2.5"))).toEqual(outside);
      expect((await ask(noonMs * 1_000 + 999_999, "")).status).toBe(200);
      expect(refusal(await ask(noonMs * 1_000 + 1_000_000, ""))).toEqual(ahead);
    }));

  test.each(["12ab", "-1", "1.5", "1".repeat(21)])("%j is no timestamp", (timestamp) =>
    onStage({}, async ({ call }) => {
      const reply = await call.signed("GET", "/api/v3/account", "", { timestamp });
      expect(refusal(reply)).toEqual([
        400,
        -1100,
        "Illegal characters found in parameter 'timestamp'; legal range is '^[0-9]{1,20}$'.",
      ]);
    }),
  );

  test("the window is looked at again just before the engine", () =>
    onStage({}, async ({ sandbox, clock, call }) => {
      const held: (() => void)[] = [];
      const scheduler = {
        after: (_: number, run: () => void) => (held.push(run), () => undefined),
        every: () => () => undefined,
      };
      await onStage(
        { scheduler, clock },
        async (inner) => {
          inner.sandbox.faults.add({ action: { kind: "delay", delayMs: 6_000 } });
          const order = inner.call.order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001");
          while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
          clock.advance(6_000);
          held[0]?.();
          expect(refusal(await order)).toEqual(outside);
          expect(inner.sandbox.orders(uidOf(inner.sandbox))).toEqual([]);
        },
        clock,
      );
      expect((await call.signed("GET", "/api/v3/account")).status).toBe(200);
      expect(sandbox.journal.entries()).toHaveLength(1);
    }));
});

describe("what is signed", () => {
  const order = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001";

  test.each([
    ["all in the query", (p: string, s: string) => ({ query: `${p}&${s}` })],
    ["all in the body", (p: string, s: string) => ({ body: `${p}&${s}` })],
    ["signature in the query, the rest in the body", (p: string, s: string) => ({ query: s, body: p })],
    ["signature in the body, the rest in the query", (p: string, s: string) => ({ query: p, body: s })],
    ["signature first", (p: string, s: string) => ({ query: `${s}&${p}` })],
    ["signature in the middle", (p: string, s: string) => ({ query: p.replace("&side=", `&${s}&side=`) })],
  ])("%s", (_, place) =>
    onStage({}, async ({ sandbox, clock }) => {
      const { apiKey, secret } = credentialsOf(sandbox);
      const payload = `${order}&timestamp=${clock.nowMs()}`;
      const placed = place(payload, `signature=${hmac(secret, payload)}`);
      const reply = await send(sandbox, {
        method: "POST",
        path: "/api/v3/order",
        headers: { "x-mbx-apikey": apiKey },
        ...placed,
      });
      expect(reply.status).toBe(200);
    }),
  );

  test("query and body are joined without a separator, and the query wins for a repeated name", () =>
    onStage({}, async ({ sandbox, clock }) => {
      const { apiKey, secret } = credentialsOf(sandbox);
      const query = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.002";
      const body = `quantity=0.001&timestamp=${clock.nowMs()}`;
      const reply = await send(sandbox, {
        method: "POST",
        path: "/api/v3/order",
        query,
        body: `${body}&signature=${hmac(secret, query + body)}`,
        headers: { "x-mbx-apikey": apiKey },
      });
      expect(reply.json()).toMatchObject({ executedQty: "0.00200000" });
    }));

  test("hexadecimal in either case, exactly 64 digits", () =>
    onStage({}, async ({ sandbox, clock }) => {
      const { apiKey, secret } = credentialsOf(sandbox);
      const payload = `timestamp=${clock.nowMs()}`;
      const good = hmac(secret, payload);
      const ask = (text: string) =>
        send(sandbox, {
          path: "/api/v3/account",
          query: `${payload}&signature=${text}`,
          headers: { "x-mbx-apikey": apiKey },
        });
      expect((await ask(good.toUpperCase())).status).toBe(200);
      for (const text of [good.slice(0, 62), `${good}00`, `${good.slice(0, 63)}g`, `${good}zz`])
        expect(refusal(await ask(text))).toEqual(signature);
    }));

  test("the bytes as sent: a plus stays a plus, and both cases of hexadecimal stay themselves", () =>
    onStage({}, async ({ sandbox, clock }) => {
      const { apiKey, secret } = credentialsOf(sandbox);
      for (const symbol of [
        "%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96",
        "%ef%bc%91２３４５６",
      ]) {
        const encoded = symbol.replace("２３４５６", "%ef%bc%92%ef%bc%93%ef%bc%94%ef%bc%95%ef%bc%96");
        const payload = `symbol=${encoded}&timestamp=${clock.nowMs()}`;
        const reply = await send(sandbox, {
          path: "/api/v3/openOrders",
          query: `${payload}&signature=${hmac(secret, payload)}`,
          headers: { "x-mbx-apikey": apiKey },
        });
        expect(reply.text).toBe("[]");
      }
    }));

  test("raw non-ASCII in a signed body is never valid, even over the very bytes", () =>
    onStage({}, async ({ sandbox, clock }) => {
      const { apiKey, secret } = credentialsOf(sandbox);
      const bytes = Buffer.from(
        `symbol=１２３４５６&side=BUY&type=MARKET&quantity=1&timestamp=${clock.nowMs()}`,
      );
      const reply = await send(sandbox, {
        method: "POST",
        path: "/api/v3/order",
        query: `signature=${hmac(secret, bytes.toString("latin1"))}`,
        body: bytes,
        headers: { "x-mbx-apikey": apiKey },
      });
      expect(refusal(reply)).toEqual(signature);
    }));

  test("a body that is not a form, and a body on GET, are not part of it", () =>
    onStage({}, async ({ sandbox, clock }) => {
      const { apiKey, secret } = credentialsOf(sandbox);
      const payload = `timestamp=${clock.nowMs()}`;
      const ask = (method: string, path: string, query: string, type: string) =>
        send(sandbox, {
          method,
          path,
          query: `${query}&signature=${hmac(secret, query)}`,
          body: "symbol=BTCUSDT",
          headers: { "x-mbx-apikey": apiKey, "content-type": type },
        });
      expect((await ask("GET", "/api/v3/account", payload, "application/x-www-form-urlencoded")).status).toBe(
        200,
      );
      const reply = await ask("DELETE", "/api/v3/openOrders", payload, "application/json");
      expect(refusal(reply)).toEqual(missing("symbol"));
    }));
});

describe("public-key signatures", () => {
  const pairs = {
    ED25519: generateKeyPairSync("ed25519"),
    RSA: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  };

  test.each(["ED25519", "RSA"] as const)("%s, percent-encoded or bare", (algorithm) => {
    const { publicKey, privateKey } = pairs[algorithm];
    const publicKeyPem = publicKey.export({ type: "spki", format: "pem" });
    return onStage({ accounts: [{ keys: [{ algorithm, publicKeyPem }] }] }, async ({ sandbox, clock }) => {
      const [key] = sandbox.accounts[0]?.keys ?? [];
      expect(key?.secret).toBeUndefined();
      // Many payloads, so that some signatures hold a plus.
      for (let index = 0; index < 12; index += 1) {
        const payload = `recvWindow=${5_000 + index}&timestamp=${clock.nowMs()}`;
        const text = sign(
          algorithm === "RSA" ? "sha256" : null,
          Buffer.from(payload),
          createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" })),
        ).toString("base64");
        for (const sent of [encodeURIComponent(text), text]) {
          const reply = await send(sandbox, {
            path: "/api/v3/account",
            query: `${payload}&signature=${sent}`,
            headers: { "x-mbx-apikey": key?.apiKey ?? "" },
          });
          expect(reply.status).toBe(200);
        }
      }
    });
  });

  test.each(["ED25519", "RSA"] as const)(
    "%s: another key's signature, and garbage, are refused",
    (algorithm) => {
      const publicKeyPem = pairs[algorithm].publicKey.export({ type: "spki", format: "pem" });
      const other = generateKeyPairSync("ed25519").privateKey;
      return onStage({ accounts: [{ keys: [{ algorithm, publicKeyPem }] }] }, async ({ sandbox, clock }) => {
        const payload = `timestamp=${clock.nowMs()}`;
        const foreign = sign(null, Buffer.from(payload), other).toString("base64");
        for (const text of [foreign, "AAAA", "====", "é", hmac("x", payload)]) {
          const reply = await send(sandbox, {
            path: "/api/v3/account",
            query: `${payload}&signature=${encodeURIComponent(text)}`,
            headers: { "x-mbx-apikey": sandbox.accounts[0]?.keys[0]?.apiKey ?? "" },
          });
          expect(refusal(reply)).toEqual(signature);
        }
      });
    },
  );
});

describe("what a key may do", () => {
  test("reading without trade, trade without reading", () =>
    onStage({}, async ({ sandbox, call }) => {
      const as = (permissions: { reading: boolean; trade: boolean }) => {
        const { apiKey, secret = "" } = sandbox.addKey(uidOf(sandbox), { permissions });
        return { as: { apiKey, secret } };
      };
      const order = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001";
      const reader = as({ reading: true, trade: false });
      const trader = as({ reading: false, trade: true });
      expect((await call.signed("GET", "/api/v3/account", "", reader)).status).toBe(200);
      for (const path of ["/api/v3/order", "/api/v3/order/test"])
        expect(refusal(await call.signed("POST", path, order, reader))).toEqual(keyRejected);
      for (const path of ["/api/v3/order", "/api/v3/openOrders"])
        expect(refusal(await call.signed("DELETE", path, "symbol=BTCUSDT", reader))).toEqual(keyRejected);
      expect((await call.signed("POST", "/api/v3/order", order, trader)).status).toBe(200);
      expect(refusal(await call.signed("GET", "/api/v3/account", "", trader))).toEqual(keyRejected);
    }));

  test.each([
    [["127.0.0.1"], 200],
    [["127.0.0.0/8"], 200],
    [["10.0.0.1", "127.0.0.1/32"], 200],
    [["10.0.0.0/8"], 401],
    [["127.0.0.2"], 401],
    [["::1"], 401],
    [[], 401],
  ])("addresses %j: %d", (ipList, status) =>
    onStage({ accounts: [{ keys: [{ ipList }] }] }, async ({ call }) => {
      expect((await call.signed("GET", "/api/v3/account")).status).toBe(status);
    }),
  );

  test("a symbol outside the key's list is refused for orders, test orders and cancels, not for reads", () =>
    onStage({ accounts: [{ keys: [{ symbols: ["ETHUSDT"] }] }] }, async ({ call }) => {
      const expected = [400, -2010, "Symbol not whitelisted for API key."];
      const order = "side=BUY&type=MARKET&quantity=0.01";
      for (const path of ["/api/v3/order", "/api/v3/order/test"])
        expect(refusal(await call.signed("POST", path, `symbol=BTCUSDT&${order}`))).toEqual(expected);
      expect(refusal(await call.signed("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"))).toEqual(expected);
      expect((await call.signed("POST", "/api/v3/order", `symbol=ETHUSDT&${order}`)).status).toBe(200);
      expect((await call.signed("GET", "/api/v3/openOrders", "symbol=BTCUSDT")).status).toBe(200);
    }));

  test("a removed key is unknown from then on", () =>
    onStage({}, async ({ sandbox, call }) => {
      const as = credentialsOf(sandbox);
      expect(sandbox.removeKey(as.apiKey)).toBe(true);
      expect(sandbox.removeKey(as.apiKey)).toBe(false);
      expect(refusal(await call.signed("GET", "/api/v3/account", "", { as }))).toEqual(keyRejected);
    }));
});
