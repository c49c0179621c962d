/** The payload is query plus body as they arrived, minus the signature pair; what goes on to the exchange is made anew. */
import { createHmac, generateKeyPairSync, sign as signBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startHouse } from "../house.ts";
import type { House } from "../house.ts";
import { botOf, manualClock, marketOrder, seenBy } from "./bot.ts";
import type { Bot } from "./bot.ts";
import { expectRefused } from "./expected.ts";
import { ask } from "./raw-client.ts";
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

const post = (
  query: string | undefined,
  body: string | undefined,
  headers = [bot.keyLine],
): Promise<RawAnswer> =>
  ask(
    house.url,
    requestText({
      method: "POST",
      path: "/api/v3/order",
      headers,
      ...(query !== undefined && { query }),
      ...(body !== undefined && { body }),
    }),
  );

describe("where the parameters and the signature stand", () => {
  test("cut at any '&' into query and body, the signature anywhere in either", async () => {
    const pairs = marketOrder.split("&").length + 1;
    for (let cut = 0; cut <= pairs; cut += 1) {
      for (const [part, at] of [
        ["query", 0],
        ["query", cut],
        ["body", 0],
        ["body", pairs - cut],
        ["body", 1],
      ] as const) {
        const each = bot.stamped(marketOrder).split("&");
        const query = each.slice(0, cut);
        const body = each.slice(cut);
        const signature = `signature=${bot.sign(query.join("&") + body.join("&"))}`;
        (part === "query" ? query : body).splice(at, 0, signature);
        const answer = await post(
          query.length === 0 ? undefined : query.join("&"),
          body.join("&") === "" ? undefined : body.join("&"),
        );
        expect(answer.body, `${query.join("&")} | ${body.join("&")}`).toContain('"status":"FILLED"');
      }
    }
  });

  test("the separator that the border swallows is not signed: a payload with it is another payload", async () => {
    const [query = "", ...rest] = bot.stamped(marketOrder).split("&");
    const body = rest.join("&");
    expectRefused(await post(query, `${body}&signature=${bot.sign(`${query}&${body}`)}`), "signature-wrong");
    expect(seenBy(house)).toEqual([]);
  });

  test("no '&' may be left over anywhere", async () => {
    for (const spoil of [
      (text: string) => `&${text}`,
      (text: string) => `${text}&`,
      (text: string) => text.replace("&", "&&"),
    ]) {
      expectRefused(await post(spoil(bot.signed(marketOrder)), undefined), "parameters-malformed");
      expectRefused(await post(undefined, spoil(bot.signed(marketOrder))), "parameters-malformed");
    }
    expect(seenBy(house)).toEqual([]);
  });

  test("DELETE may carry a form body", async () => {
    const place = await post(
      undefined,
      bot.signed(
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=60000&newClientOrderId=rest-1",
      ),
    );
    expect(place.status).toBe(200);
    const body = bot.signed("symbol=BTCUSDT&origClientOrderId=rest-1");
    const cancel = await ask(
      house.url,
      requestText({ method: "DELETE", path: "/api/v3/order", headers: [bot.keyLine], body }),
    );
    expect(cancel.body).toContain('"status":"CANCELED"');
  });

  test("a border moved into the middle of a pair is the same payload, and has no second effect", async () => {
    const payload = bot.stamped(`${marketOrder}&newClientOrderId=border`);
    const signature = `&signature=${bot.sign(payload)}`;
    const whole = await post(undefined, payload + signature);
    expect(whole.body).toContain('"status":"FILLED"');
    // Everything in the query instead: the same bytes are signed, so it is the same order.
    const moved = await post(payload + signature, undefined);
    expect(moved.body).toBe(whole.body);
    // `quant` and `ity=0.001` are one parameter only to someone who glues first.
    const cut = payload.indexOf("quant") + "quant".length;
    expectRefused(
      await post(payload.slice(0, cut), payload.slice(cut) + signature),
      "parameter-unknown",
      6,
      8,
    );
    for (let at = 1; at < payload.length; at += 1) {
      const answer = await post(payload.slice(0, at), payload.slice(at) + signature);
      expect(answer.status, payload.slice(0, at)).not.toBe(200);
    }
    expect(seenBy(house)).toEqual(["POST /api/v3/order"]);
  });
});

describe("the signature's own text", () => {
  test("hex in either case, and mixed", async () => {
    for (const write of [
      (hex: string) => hex.toUpperCase(),
      (hex: string) => hex.slice(0, 20).toUpperCase() + hex.slice(20),
    ]) {
      const payload = bot.stamped(marketOrder);
      expect((await post(undefined, `${payload}&signature=${write(bot.sign(payload))}`)).status).toBe(200);
    }
  });

  test("another spelling of a signature is not another request", async () => {
    const payload = bot.stamped(`${marketOrder}&newClientOrderId=spelling`);
    const hex = bot.sign(payload);
    const first = await post(undefined, `${payload}&signature=${hex}`);
    const again = await post(undefined, `${payload}&signature=${hex.toUpperCase()}`);
    const encoded = await post(
      undefined,
      `${payload}&signature=${hex.replace(/^./, (digit) => `%${digit.charCodeAt(0).toString(16)}`)}`,
    );
    expect([again.body, encoded.body]).toEqual([first.body, first.body]);
    expect(seenBy(house)).toEqual(["POST /api/v3/order"]);
  });

  const pairs = {
    ED25519: generateKeyPairSync("ed25519"),
    RSA: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  } as const;
  const base64Of = (algorithm: keyof typeof pairs, key: KeyObject, payload: string): string =>
    signBytes(algorithm === "RSA" ? "sha256" : null, Buffer.from(payload), key).toString("base64");

  test.each(["ED25519", "RSA"] as const)(
    "%s: base64 bare with + and /, or percent-encoded",
    async (algorithm) => {
      const { publicKey, privateKey } = pairs[algorithm];
      const publicKeyPem = publicKey.export({ format: "pem", type: "spki" });
      const { apiKey } = await house.issue({ algorithm, publicKeyPem });
      const headers = [`X-MBX-APIKEY: ${apiKey}`];
      const seen = { plus: 0, slash: 0 };
      while (seen.plus === 0 || seen.slash === 0) {
        const payload = bot.stamped(marketOrder);
        const base64 = base64Of(algorithm, privateKey, payload);
        seen.plus += base64.includes("+") ? 1 : 0;
        seen.slash += base64.includes("/") ? 1 : 0;
        expect((await post(`${payload}&signature=${base64}`, undefined, headers)).status).toBe(200);
        const next = bot.stamped(marketOrder);
        const encoded = encodeURIComponent(base64Of(algorithm, privateKey, next));
        expect((await post(undefined, `${next}&signature=${encoded}`, headers)).status).toBe(200);
      }
      const twice = bot.stamped(marketOrder);
      const doubled = encodeURIComponent(encodeURIComponent(base64Of(algorithm, privateKey, twice)));
      expectRefused(await post(`${twice}&signature=${doubled}`, undefined, headers), "signature-wrong");
    },
  );
});

describe("what goes on to the exchange", () => {
  const clientHeaders = (): string[] => [
    bot.keyLine,
    "User-Agent: bot/1",
    "Cookie: a=b",
    "Authorization: Bearer x",
    "X-Forwarded-For: 203.0.113.9",
    "Connection: x-mbx-apikey, keep-alive",
    "Accept-Encoding: gzip, br",
  ];

  test("judged parameters in the order sent, our window and time, the venue key's signature, no byte of the client's", async () => {
    const [venueKey] = house.sandbox.accounts[0]?.keys ?? [];
    // Written as no serialiser would: needless escapes, lower-case hex, the signature first.
    const params = "quantity=0%2e001&side=%42UY&symbol=BTC%55SDT&type=MARKET&newClientOrderId=a%3ab%2fc";
    const payload = `${params}&recvWindow=1234.567&timestamp=${clock.wallMs()}`;
    // The sandbox takes no ':' and '/' in an id, Binance does: what counts here is what was asked of it.
    const query = `signature=${bot.sign(payload)}&${payload}`;
    await post(query, undefined, clientHeaders());
    const [seen] = house.sandbox.journal.entries();
    const text = seen?.body ?? "";
    const [sent = "", signature] = text.split("&signature=");
    expect(sent).toBe(
      `quantity=0.001&side=BUY&symbol=BTCUSDT&type=MARKET&newClientOrderId=a%3Ab%2Fc&recvWindow=1234&timestamp=${clock.wallMs()}`,
    );
    expect(signature).toBe(
      createHmac("sha256", venueKey?.secret ?? "")
        .update(sent)
        .digest("hex"),
    );
    expect(seen?.headers).toEqual({
      apiKey: venueKey?.apiKey,
      contentType: "application/x-www-form-urlencoded",
      userAgent: "countersign",
    });
    expect(seen?.target).toBe("/api/v3/order");
    expect(JSON.stringify(seen)).not.toContain(bot.apiKey);
    expect(JSON.stringify(seen)).not.toContain(bot.sign(payload));
  });

  test("an order without an id gets one, and only where there is none", async () => {
    await post(undefined, bot.signed(marketOrder));
    await post(undefined, bot.signed(`${marketOrder}&newClientOrderId=mine`));
    const ids = house.sandbox.journal
      .entries()
      .map(({ body }) => new URLSearchParams(body).get("newClientOrderId"));
    expect(ids).toEqual([expect.stringMatching(/^cs[0-9A-Za-z]{20}$/), "mine"]);
  });

  test("GET and DELETE go on as a query, POST as a body, each from the table's own path", async () => {
    await bot.call("GET", "/api/v3/openOrders", "symbol=BTCUSDT");
    await bot.call("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT");
    const shapes = house.sandbox.journal
      .entries()
      .map(({ method, target, body }) => [method, target.replaceAll(/=[^&]*/g, ""), body]);
    const names = "symbol&recvWindow&timestamp&signature";
    expect(shapes).toEqual([
      ["GET", `/api/v3/openOrders?${names}`, ""],
      ["DELETE", `/api/v3/openOrders?${names}`, ""],
    ]);
  });

  test("a public request goes on without key, time and signature", async () => {
    await ask(
      house.url,
      requestText({ path: "/api/v3/depth", query: "limit=5&symbol=BTCUSDT", headers: clientHeaders() }),
    );
    expect(house.sandbox.journal.entries().map(({ target, headers }) => ({ target, headers }))).toEqual([
      {
        target: "/api/v3/depth?limit=5&symbol=BTCUSDT",
        headers: { apiKey: undefined, contentType: undefined, userAgent: "countersign" },
      },
    ]);
  });
});
