/** Routing is the exact match of method and raw path against a closed table: nothing is normalised, nothing is guessed. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endpoints } from "../../apps/server/src/gateway/endpoints.ts";
import { startHouse } from "../house.ts";
import type { House } from "../house.ts";
import { botOf, manualClock, marketOrder, seenBy } from "./bot.ts";
import type { Bot } from "./bot.ts";
import { expectRefused } from "./expected.ts";
import { ask, speak } from "./raw-client.ts";
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

async function expectNowhere(method: string, path: string, params = ""): Promise<void> {
  house.sandbox.journal.clear();
  expectRefused(await bot.call(method, path, params), "endpoint-unknown");
  expect(seenBy(house)).toEqual([]);
}

describe("a path that only means a served one", () => {
  const disguises = [
    "/api/v3/../v3/account",
    "/api/v3/./account",
    "/api/v3/order/../account",
    "/api/v3/%2e%2e/v3/account",
    "/api/v3/%2E/account",
    "//api/v3/account",
    "/api//v3/account",
    "/api/v3//account",
    "/api/v3\\account",
    "/api/v3/account;x",
    "/api/v3/account;jsessionid=1",
    "/api/v3;x/account",
    "/api/v3/Account",
    "/API/v3/account",
    "/api/v3/account/",
    "/api/v3/account/.",
    "/api/v3/account%00",
    "/api/v3/account%20",
    "/api/v3/account%09",
    "/api/v3/acc%6funt",
    "/api%2fv3%2faccount",
    "/api/v3%2Faccount",
    "/api/v3/account%3Fa=1",
    "/api/v3/account#x",
    "/api/v3/account%23",
    "*",
    "/",
    "http://countersign.test/api/v3/account",
    "https://api.binance.com/api/v3/account",
    "http://user:pass@countersign.test/api/v3/account",
    "//countersign.test/api/v3/account",
    "/api/v1/account",
    "/api/v3/account/x",
    "/api/v3/__proto__",
    "/api/v3/constructor",
  ];
  test.each(disguises)("%s", async (path) => {
    await expectNowhere("GET", path);
  });

  test.each(["api/v3/account", "\\api\\v3\\account", ""])(
    "a target that does not begin with a slash: '%s'",
    async (path) => {
      house.sandbox.journal.clear();
      const { answers } = await speak(
        house.url,
        requestText({ path, query: bot.signed(""), headers: [bot.keyLine] }),
      );
      expect(answers.map(({ status }) => status)).toEqual([400]);
      expect(answers[0]?.headers.get("x-countersign-refusal")).toMatch(/^http-/);
      expect(seenBy(house)).toEqual([]);
    },
  );

  test("a # in the query", async () => {
    house.sandbox.journal.clear();
    const request = requestText({
      path: "/api/v3/account",
      query: `${bot.signed("")}#x`,
      headers: [bot.keyLine],
    });
    expectRefused(await ask(house.url, request), "parameters-malformed");
    expect(seenBy(house)).toEqual([]);
  });
});

describe("withdrawals and transfers are nowhere", () => {
  const money = [
    ["POST", "/sapi/v1/capital/withdraw/apply"],
    ["POST", "/api/v3/../../sapi/v1/capital/withdraw/apply"],
    ["POST", "/api/v3/%2e%2e/%2e%2e/sapi/v1/capital/withdraw/apply"],
    ["POST", "//sapi/v1/capital/withdraw/apply"],
    ["POST", "/sapi/v1/account/apiRestrictions/../../capital/withdraw/apply"],
    ["POST", "/sapi/v1/asset/transfer"],
    ["POST", "/sapi/v1/sub-account/universalTransfer"],
    ["POST", "/wapi/v3/withdraw.html"],
    ["GET", "/sapi/v1/capital/deposit/address"],
    ["POST", "/sapi/v1/margin/order"],
    ["POST", "/fapi/v1/order"],
  ] as const;
  test.each(money)("%s %s", async (method, path) => {
    await expectNowhere(method, path, "coin=USDT&amount=1");
  });

  test("and the table holds none", () => {
    expect(endpoints.filter(({ path }) => /withdraw|transfer|deposit/i.test(path))).toEqual([]);
  });
});

describe("methods", () => {
  const methods = [
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "TRACE",
    "QUERY",
    "SEARCH",
    "PROPFIND",
    "LOCK",
  ];
  const paths = [...new Set(endpoints.map(({ path }) => path))];
  test.each(methods)("%s on a path that has no such endpoint", async (method) => {
    const has = new Set(endpoints.filter((each) => each.method === method).map(({ path }) => path));
    for (const path of paths.filter((each) => !has.has(each))) await expectNowhere(method, path);
  });

  test("HEAD is not GET", async () => {
    house.sandbox.journal.clear();
    const { rest } = await speak(
      house.url,
      requestText({ method: "HEAD", path: "/api/v3/ping", headers: ["Connection: close"] }),
    );
    expect(rest).toMatch(/^HTTP\/1\.1 404 /);
    expect(rest.toLowerCase()).toContain("x-countersign-refusal: endpoint-unknown\r\n");
    expect(seenBy(house)).toEqual([]);
  });

  test.each(["X-HTTP-Method-Override: DELETE", "X-Method-Override: DELETE", "X-Original-URL: /api/v3/order"])(
    "%s changes nothing",
    async (line) => {
      house.sandbox.journal.clear();
      const headers = [bot.keyLine, line];
      expect((await bot.call("GET", "/api/v3/openOrders", "symbol=BTCUSDT", { headers })).status).toBe(200);
      expect(seenBy(house)).toEqual(["GET /api/v3/openOrders"]);
    },
  );
});

describe("listed and not served is refused by its name, before any key is asked for", () => {
  const notServed = endpoints.filter(({ service }) => service === undefined).map(({ name }) => name);

  test("there are such rows, and the mutating ones a bot would want are among them", () => {
    for (const name of [
      "POST /api/v3/order/cancelReplace",
      "POST /api/v3/orderList/oco",
      "POST /api/v3/sor/order",
      "PUT /api/v3/order/amend/keepPriority",
      "DELETE /api/v3/orderList",
    ])
      expect(notServed).toContain(name);
  });

  test.each(notServed)("%s", async (name) => {
    house.sandbox.journal.clear();
    const [method = "", path = ""] = name.split(" ");
    expectRefused(await bot.call(method, path, marketOrder), "endpoint-not-served", name);
    expectRefused(await ask(house.url, requestText({ method, path })), "endpoint-not-served", name);
    expect(seenBy(house)).toEqual([]);
  });
});
