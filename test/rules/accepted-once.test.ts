/** One signed payload, one effect: over endpoints, over connections, and over a restart. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startHouse } from "../house.ts";
import type { House } from "../house.ts";
import { botOf, manualClock, marketOrder, seenBy } from "./bot.ts";
import type { Bot } from "./bot.ts";
import { expectRefused, refused, shown } from "./expected.ts";
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

/** One text, signed once, sent wherever a test likes. */
const send = (method: string, path: string, query: string, by = bot): Promise<RawAnswer> =>
  ask(house.url, requestText({ method, path, query, headers: [by.keyLine] }));
const openOrders = "/api/v3/openOrders";
const order = "/api/v3/order";
const times = <Value>(count: number, make: () => Value): Value[] => Array.from({ length: count }, make);

describe("reads", () => {
  test("the same read many times at once, and on several endpoints", async () => {
    const query = bot.signed("symbol=BTCUSDT");
    const answers = await Promise.all([
      ...times(20, () => send("GET", openOrders, query)),
      ...times(5, () => send("GET", "/api/v3/allOrders", query)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(times(25, () => 200));
    expect(seenBy(house)).toHaveLength(25);
  });

  test("a payload that served a read cancels nothing, to the end of its window", async () => {
    const query = bot.signed("symbol=BTCUSDT&recvWindow=60000");
    await send("GET", openOrders, query);
    house.sandbox.journal.clear();
    for (const stepMs of [0, 30_000, 29_000]) {
      clock.advance(stepMs);
      expectRefused(await send("DELETE", openOrders, query), "payload-used", "a read");
    }
    clock.advance(1_001);
    expectRefused(await send("DELETE", openOrders, query), "timestamp-outside");
    expect(seenBy(house)).toEqual([]);
  });

  test("a rehearsed order is not an order", async () => {
    const query = bot.signed(`${marketOrder}&newClientOrderId=rehearsed`);
    expect((await send("POST", "/api/v3/order/test", query)).status).toBe(200);
    expectRefused(await send("POST", order, query), "payload-used", "a read");
    expect(seenBy(house)).toEqual(["POST /api/v3/order/test"]);
  });

  test("a read that was answered here, or refused by the exchange, used its payload too", async () => {
    const query = bot.signed("symbol=BTCUSDT&orderId=999999");
    expect((await send("GET", order, query)).status).toBe(400);
    house.sandbox.journal.clear();
    expectRefused(await send("DELETE", order, query), "payload-used", "a read");
    expect(seenBy(house)).toEqual([]);
  });
});

describe("mutations", () => {
  test("a payload that served a mutation serves no read and no other mutation", async () => {
    const query = bot.signed("symbol=BTCUSDT");
    await send("DELETE", openOrders, query);
    expectRefused(await send("GET", openOrders, query), "payload-used", "another request");
    const placed = bot.signed(`${marketOrder}&newClientOrderId=not-a-test`);
    expect((await send("POST", order, placed)).status).toBe(200);
    expectRefused(await send("POST", "/api/v3/order/test", placed), "payload-used", "another request");
    expect(seenBy(house)).toEqual([`DELETE ${openOrders}`, `POST ${order}`]);
  });

  test("an order with an id, sent again and again, one after the other and at once", async () => {
    const query = bot.signed(`${marketOrder}&newClientOrderId=again`);
    const first = await send("POST", order, query);
    const later = await Promise.all(times(10, () => send("POST", order, query)));
    expect(first.status).toBe(200);
    expect(new Set(later.map(({ body }) => body))).toEqual(new Set([first.body]));
    const together = bot.signed(`${marketOrder}&newClientOrderId=together`);
    const answers = await Promise.all(times(10, () => send("POST", order, together)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    expect(seenBy(house)).toEqual([`POST ${order}`, `POST ${order}`]);
  });

  test("an order without an id, sent twice, is told so in Binance's words", async () => {
    const query = bot.signed(marketOrder);
    expect((await send("POST", order, query)).status).toBe(200);
    expectRefused(await send("POST", order, query), "order-twice");
    const together = bot.signed(marketOrder);
    const answers = (await Promise.all(times(10, () => send("POST", order, together)))).map(shown);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status !== 200)).toEqual(times(9, () => refused("order-twice")));
    expect(seenBy(house)).toEqual([`POST ${order}`, `POST ${order}`]);
  });

  test("a cancel, sent again after a time-out, gets the first one's answer", async () => {
    await bot.call(
      "POST",
      order,
      "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=60000&newClientOrderId=resting",
    );
    const query = bot.signed("symbol=BTCUSDT&origClientOrderId=resting");
    const [first, second] = await Promise.all([send("DELETE", order, query), send("DELETE", order, query)]);
    const third = await send("DELETE", order, query);
    expect(first.body).toContain('"status":"CANCELED"');
    expect([second.body, third.body]).toEqual([first.body, first.body]);
    expect(seenBy(house)).toEqual([`POST ${order}`, `DELETE ${order}`]);
  });

  test("also a refusal by the exchange is the recorded answer", async () => {
    const query = bot.signed("symbol=BTCUSDT&orderId=424242");
    const first = await send("DELETE", order, query);
    const second = await send("DELETE", order, query);
    expect(first.status).toBe(400);
    expect(shown(second)).toEqual(shown(first));
    expect(seenBy(house)).toEqual([`DELETE ${order}`]);
  });

  test("a wrong signature uses nothing up, and another key's payload is another payload", async () => {
    const payload = bot.stamped(`${marketOrder}&newClientOrderId=mine`);
    expectRefused(await send("POST", order, `${payload}&signature=${"0".repeat(64)}`), "signature-wrong");
    expect((await send("POST", order, `${payload}&signature=${bot.sign(payload)}`)).status).toBe(200);
    const other = await botOf(house, clock, { label: "other" });
    const same = bot.stamped(marketOrder);
    expect((await send("POST", order, `${same}&signature=${bot.sign(same)}`)).status).toBe(200);
    expect((await send("POST", order, `${same}&signature=${other.sign(same)}`, other)).status).toBe(200);
  });
});

describe("after a restart", () => {
  test("what the record knows is answered from it, or refused, and never done again", async () => {
    const named = bot.signed(`${marketOrder}&newClientOrderId=before&recvWindow=60000`);
    const nameless = bot.signed(`${marketOrder}&recvWindow=60000`);
    const cancel = bot.signed("symbol=BTCUSDT&recvWindow=60000");
    const first = await send("POST", order, named);
    await send("POST", order, nameless);
    const cancelled = await send("DELETE", openOrders, cancel);
    await house.restart();
    house.sandbox.journal.clear();
    expect(shown(await send("POST", order, named))).toEqual(shown(first));
    expectRefused(await send("POST", order, nameless), "order-twice");
    expect(shown(await send("DELETE", openOrders, cancel))).toEqual(shown(cancelled));
    expectRefused(await send("GET", openOrders, cancel), "payload-used", "another request");
    expectRefused(await send("POST", "/api/v3/order/test", named), "payload-used", "another request");
    expect(seenBy(house)).toEqual([]);
  });

  test("a mutation stamped before start + 1 s waits; reads and younger keys do not", async () => {
    // Served a read before the restart: only memory knew.
    const read = bot.signed("symbol=BTCUSDT&recvWindow=60000");
    await send("GET", openOrders, read);
    await house.restart();
    const startedMs = clock.wallMs();
    house.sandbox.journal.clear();
    const stamped = (params: string, ms: number): string => {
      const payload = `${params}&timestamp=${ms}`;
      return `${payload}&signature=${bot.sign(payload)}`;
    };
    expectRefused(await send("DELETE", openOrders, read), "timestamp-before-start");
    expectRefused(await send("POST", order, stamped(marketOrder, startedMs + 999)), "timestamp-before-start");
    expect(seenBy(house)).toEqual([]);
    expect((await send("GET", openOrders, read)).status).toBe(200);
    const young = await botOf(house, clock, { label: "young" });
    expect((await young.call("POST", order, marketOrder)).status).toBe(200);
    clock.advance(1);
    expect((await send("POST", order, stamped(marketOrder, startedMs + 1000))).status).toBe(200);
  });
});
