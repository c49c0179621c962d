/** Timing: one clock verifies and tells the time, it never runs backwards, and what is left of a window goes on. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startHouse } from "../house.ts";
import type { House } from "../house.ts";
import { botOf, manualClock, marketOrder, patience, seenBy } from "./bot.ts";
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

/** A read, stamped just so. */
function read(timestamp: number | string, recvWindow?: string): Promise<RawAnswer> {
  const payload = `${recvWindow === undefined ? "" : `recvWindow=${recvWindow}&`}timestamp=${timestamp}`;
  const query = `${payload}&signature=${bot.sign(payload)}`;
  return ask(house.url, requestText({ path: "/api/v3/account", query, headers: [bot.keyLine] }));
}

/** What went on to the exchange. */
function sentOn(): { recvWindow: string | null; timestamp: string | null } {
  const { target = "", body = "" } = house.sandbox.journal.entries().at(-1) ?? {};
  const params = new URLSearchParams(body === "" ? target.slice(target.indexOf("?")) : body);
  return { recvWindow: params.get("recvWindow"), timestamp: params.get("timestamp") };
}

describe("the window", () => {
  test("the future: 999 ms pass, 1000 ms do not, in either unit", async () => {
    const now = clock.wallMs();
    expect((await read(now + 999)).status).toBe(200);
    expectRefused(await read(now + 1000), "timestamp-ahead");
    expect((await read(`${now + 999}999`)).status).toBe(200);
    expectRefused(await read(`${now + 1000}000`), "timestamp-ahead");
  });

  test.each([undefined, "1", "5000", "60000", "2500.5", "0.001"])(
    "the past: recvWindow %s to its last microsecond",
    async (recvWindow) => {
      const windowUs = Math.round(Number(recvWindow ?? "5000") * 1000);
      const nowUs = clock.wallMs() * 1000;
      const atTheEdge = await read(nowUs - windowUs, recvWindow);
      // Right at the edge nothing is left for the exchange: that is said here, in the same words.
      expectRefused(atTheEdge, "timestamp-outside");
      expectRefused(await read(nowUs - windowUs - 1, recvWindow), "timestamp-outside");
      expect(seenBy(house)).toEqual([]);
      if (windowUs < 2000) return;
      expect((await read(nowUs - windowUs + 1000, recvWindow)).status).toBe(200);
      expect(sentOn()).toEqual({ recvWindow: "1", timestamp: String(clock.wallMs()) });
    },
  );

  test("the last whole moment of a window, answered by us: the edge itself still counts", async () => {
    const restrictions = (timestamp: number): Promise<RawAnswer> => {
      const payload = `recvWindow=5000&timestamp=${timestamp}`;
      const query = `${payload}&signature=${bot.sign(payload)}`;
      return ask(
        house.url,
        requestText({ path: "/sapi/v1/account/apiRestrictions", query, headers: [bot.keyLine] }),
      );
    };
    expect((await restrictions(clock.wallMs() - 5000)).status).toBe(200);
    expectRefused(await restrictions(clock.wallMs() - 5001), "timestamp-outside");
  });

  test("recvWindow: up to 60000, three decimals, plainly written", async () => {
    const now = clock.wallMs();
    for (const right of ["60000", "60000.0", "60000.000", "5000.123", "1.5"])
      expect((await read(now, right)).status, right).toBe(200);
    for (const large of ["60000.001", "60001", "99999999999999999999"])
      expectRefused(await read(now, large), "recv-window-too-large");
    for (const strange of ["05000", "00.5"])
      expectRefused(await read(now, strange), "parameter-value", "recvWindow");
    expectRefused(await read(now, "0"), "timestamp-outside");
    expectRefused(
      await read(now, "5000.1234"),
      "parameter-characters",
      "recvWindow",
      String.raw`^[0-9]{1,20}(\.[0-9]{1,3})?$`,
    );
  });

  test.each(["0", "1", "1483228799999", "1483228799999999", "01795168800000", "99999999999999"])(
    "timestamp=%s is no time of this exchange",
    async (timestamp) => {
      const answer = await read(timestamp);
      if (timestamp === "99999999999999") expectRefused(answer, "timestamp-ahead");
      else expectRefused(answer, "parameter-missing", "timestamp");
      expect(seenBy(house)).toEqual([]);
    },
  );

  test("what goes on carries what is left: never more than 60000, never more than the client gave", async () => {
    const now = clock.wallMs();
    const cases: readonly (readonly [stampedMs: number, recvWindow: string | undefined, left: string])[] = [
      [now, undefined, "5000"],
      [now, "60000", "60000"],
      [now + 999, "60000", "60000"],
      [now + 500, "5000", "5500"],
      [now - 3000, "5000", "2000"],
      [now - 4999, "5000", "1"],
      [now, "1234.999", "1234"],
    ];
    for (const [stampedMs, recvWindow, left] of cases) {
      expect((await read(stampedMs, recvWindow)).status).toBe(200);
      expect(sentOn()).toEqual({ recvWindow: left, timestamp: String(now) });
    }
  });
});

describe("GET /api/v3/time", () => {
  const time = async (...headers: string[]): Promise<string> =>
    (await ask(house.url, requestText({ path: "/api/v3/time", headers }))).body;

  test("is the clock that verifies, in the unit asked for, and not the exchange's", async () => {
    const now = clock.wallMs();
    for (const line of [[], ["X-MBX-TIME-UNIT: MILLISECOND"], ["X-MBX-TIME-UNIT: millisecond"]])
      expect(await time(...line)).toBe(`{"serverTime":${now}}`);
    for (const unit of ["MICROSECOND", "microsecond"])
      expect(await time(`X-MBX-TIME-UNIT: ${unit}`)).toBe(`{"serverTime":${now}000}`);
    expect(house.sandbox.journal.entries()).toEqual([]);
  });

  test.each(["", "Microsecond", "SECOND", "MICROSECOND, MILLISECOND"])(
    "X-MBX-TIME-UNIT: '%s' is refused",
    async (unit) => {
      const bytes = requestText({ path: "/api/v3/time", headers: [`X-MBX-TIME-UNIT: ${unit}`] });
      expectRefused(await ask(house.url, bytes), "time-unit-unknown");
    },
  );

  test("the unit goes on to the exchange; SBE does not", async () => {
    const params = "symbol=BTCUSDT&limit=1";
    const bytes = (line: string): string =>
      requestText({ path: "/api/v3/trades", query: params, headers: [line] });
    const micro = await ask(house.url, bytes("X-MBX-TIME-UNIT: MICROSECOND"));
    expect(micro.body).toMatch(/"time":[0-9]{16},/);
    expectRefused(await ask(house.url, bytes("X-MBX-SBE: 3:1")), "sbe-not-served");
  });
});

describe("a clock that falls back", () => {
  const time = async (): Promise<number> =>
    JSON.parse((await ask(house.url, requestText({ path: "/api/v3/time" }))).body).serverTime;

  test("by 400 ms: nobody notices, and time stands still until it has caught up", async () => {
    const before = await time();
    clock.stepWall(-400);
    expect(await time()).toBe(before);
    expect((await bot.call("POST", "/api/v3/order", marketOrder)).status).toBe(200);
    clock.advance(1000);
    expect(await time()).toBe(clock.wallMs());
  });

  test("by 600 ms: mutations stop, reads go on, and mutations come back by themselves", async () => {
    const before = await time();
    clock.stepWall(-600);
    for (const [method, path, params] of [
      ["POST", "/api/v3/order", marketOrder],
      ["DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"],
    ] as const)
      expectRefused(await bot.call(method, path, params), "clock-unsteady");
    expect(seenBy(house)).toEqual([]);
    expect(await time()).toBe(before);
    expect((await bot.call("GET", "/api/v3/account", "")).status).toBe(200);
    clock.advance(99);
    expect((await bot.call("POST", "/api/v3/order", marketOrder)).status).toBe(200);
    clock.advance(1000);
  });

  test("over a restart too: the record remembers the newest time", async () => {
    const before = clock.wallMs();
    expect((await bot.call("POST", "/api/v3/order", marketOrder)).status).toBe(200);
    clock.stepWall(-10_000);
    await house.restart();
    expect(await time()).toBeGreaterThanOrEqual(before);
    const payload = `${marketOrder}&timestamp=${before + 900}`;
    const query = `${payload}&signature=${bot.sign(payload)}`;
    expectRefused(
      await ask(
        house.url,
        requestText({ method: "POST", path: "/api/v3/order", query, headers: [bot.keyLine] }),
      ),
      "timestamp-before-start",
    );
    const fresh = await botOf(house, clock, { label: "fresh" });
    const late = `${marketOrder}&timestamp=${before + 950}`;
    const lateQuery = `${late}&signature=${fresh.sign(late)}`;
    const answer = await ask(
      house.url,
      requestText({ method: "POST", path: "/api/v3/order", query: lateQuery, headers: [fresh.keyLine] }),
    );
    expect(answer.status).toBe(503);
    clock.advance(20_000);
    // The exchange calls the first one late, for its clock was measured against the wrong one; that makes us measure again.
    await expect
      .poll(async () => (await bot.call("POST", "/api/v3/order", marketOrder)).status, patience)
      .toBe(200);
  });
});
