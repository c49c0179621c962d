/** An exchange that fails: the bot learns honestly whether anything can have happened, and the record says the same. */
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { FaultAction } from "countersign-sandbox";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHouse } from "../house.ts";
import type { House } from "../house.ts";
import { botOf, manualClock, marketOrder, patience, seenBy } from "./bot.ts";
import type { Bot } from "./bot.ts";
import { expectRefused, refused, shown } from "./expected.ts";
import type { Shown } from "./expected.ts";
import { ask } from "./raw-client.ts";
import { readRecord } from "./record.ts";
import { requestText } from "./requests.ts";

const path = "/api/v3/order";
const jsonType = "application/json;charset=UTF-8";

/** A listener that a redirect points at, and that must never hear from us. */
async function elsewhere(): Promise<{ url: string; heard: () => number; close: () => void }> {
  let heard = 0;
  const server = createServer((_request, response) => void response.end("{}"));
  server.on("connection", () => void (heard += 1));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, heard: () => heard, close: () => void server.close() };
}

/** Closes a house whose sandbox or server is closed already. */
async function tearDown(house: House): Promise<void> {
  await Promise.allSettled([house.server.close(), house.sandbox.close()]);
  rmSync(house.dataDir, { recursive: true, force: true });
}

describe("one order, one fault", () => {
  const clock = manualClock();
  let house: House;
  let bot: Bot;
  let other: Awaited<ReturnType<typeof elsewhere>>;

  beforeAll(async () => {
    house = await startHouse({ clock });
    bot = await botOf(house, clock);
    other = await elsewhere();
  });
  afterAll(async () => {
    other.close();
    await tearDown(house);
  });

  const unknown = refused("execution-unknown");
  const passed = (status: number, code: number, msg: string): Shown => ({
    status,
    type: jsonType,
    refusal: undefined,
    body: JSON.stringify({ code, msg }),
  });
  const faults: readonly {
    id: string;
    action: () => FaultAction;
    answer: Shown;
    executed: boolean;
    outcome: string;
    read: Shown;
  }[] = [
    {
      id: "reset",
      action: () => ({ kind: "reset" }),
      answer: unknown,
      executed: false,
      outcome: "unknown 504",
      read: unknown,
    },
    {
      id: "reset-after",
      action: () => ({ kind: "reset-after" }),
      answer: unknown,
      executed: true,
      outcome: "unknown 504",
      read: unknown,
    },
    {
      id: "half-answer",
      action: () => ({ kind: "half-answer" }),
      answer: unknown,
      executed: true,
      outcome: "unknown 504",
      read: unknown,
    },
    {
      id: "web-page-502",
      action: () => ({ kind: "html", httpStatus: 502 }),
      answer: unknown,
      executed: false,
      outcome: "unknown 504",
      read: refused("venue-answer-unusable"),
    },
    {
      id: "web-page-200",
      action: () => ({ kind: "html", httpStatus: 200 }),
      answer: unknown,
      executed: false,
      outcome: "unknown 504",
      read: refused("venue-answer-unusable"),
    },
    {
      id: "redirect-307",
      action: () => ({ kind: "redirect", httpStatus: 307, location: `${other.url}${path}` }),
      answer: unknown,
      executed: false,
      outcome: "unknown 504",
      read: refused("venue-answer-unusable"),
    },
    {
      id: "redirect-302",
      action: () => ({ kind: "redirect", httpStatus: 302, location: other.url }),
      answer: unknown,
      executed: false,
      outcome: "unknown 504",
      read: refused("venue-answer-unusable"),
    },
    {
      id: "redirect-308-json",
      action: () => ({ kind: "status", httpStatus: 308, code: 0, msg: "", headers: { location: other.url } }),
      answer: unknown,
      executed: false,
      outcome: "unknown 504",
      read: refused("venue-answer-unusable"),
    },
    {
      id: "error-500-after",
      action: () => ({ kind: "status-after", httpStatus: 500, code: -1000, msg: "Oops." }),
      answer: passed(500, -1000, "Oops."),
      executed: true,
      outcome: "unknown 500",
      read: passed(500, -1000, "Oops."),
    },
    {
      id: "error-503",
      action: () => ({ kind: "status", httpStatus: 503, code: -1008, msg: "Busy." }),
      answer: passed(503, -1008, "Busy."),
      executed: false,
      outcome: "unknown 503",
      read: passed(503, -1008, "Busy."),
    },
    {
      id: "error-504-after",
      action: () => ({ kind: "status-after", httpStatus: 504, code: -1007, msg: "Late." }),
      answer: passed(504, -1007, "Late."),
      executed: true,
      outcome: "unknown 504",
      read: passed(504, -1007, "Late."),
    },
    {
      id: "error-400",
      action: () => ({ kind: "status", httpStatus: 400, code: -2010, msg: "No." }),
      answer: passed(400, -2010, "No."),
      executed: false,
      outcome: "answered 400",
      read: passed(400, -2010, "No."),
    },
  ];

  test.each(faults)("$id", async ({ id, action, answer, executed, read }) => {
    house.sandbox.journal.clear();
    const before = house.sandbox.orders(house.uid).length;
    house.sandbox.faults.add({ method: "POST", path, action: action() });
    const query = bot.signed(`${marketOrder}&newClientOrderId=${id}`);
    const bytes = requestText({ method: "POST", path, query, headers: [bot.keyLine] });
    expect(shown(await ask(house.url, bytes))).toEqual(answer);
    expect(house.sandbox.orders(house.uid).length - before).toBe(executed ? 1 : 0);
    // The fault is over: a gateway that tried again by itself, or for the bot, would now succeed.
    expect(shown(await ask(house.url, bytes))).toEqual(answer);
    expect(seenBy(house)).toEqual([`POST ${path}`]);
    expect(house.sandbox.orders(house.uid).length - before).toBe(executed ? 1 : 0);

    house.sandbox.faults.add({ method: "GET", action: action() });
    house.sandbox.journal.clear();
    expect(shown(await bot.call("GET", "/api/v3/account", ""))).toEqual(read);
    expect(seenBy(house)).toEqual(["GET /api/v3/account"]);
    expect(other.heard()).toBe(0);
  });

  test("of the exchange's headers only the counters and Retry-After come through, and only as numbers", async () => {
    const headers = {
      "x-mbx-used-weight-1m": "12",
      "x-mbx-order-count-10s": "3",
      "x-mbx-used-weight-1h": "1; x",
      "set-cookie": "a=b",
      "x-countersign-refusal": "no",
      location: "http://example.test/",
      server: "x",
      "retry-after": "soon",
    };
    house.sandbox.faults.add({ action: { kind: "status", httpStatus: 400, code: -1, msg: "x", headers } });
    const answer = await bot.call("GET", "/api/v3/account", "");
    expect([...answer.headers.keys()].sort()).toEqual(
      [
        "connection",
        "content-length",
        "content-type",
        "date",
        "keep-alive",
        "x-countersign-request-id",
        "x-mbx-order-count-10s",
        "x-mbx-used-weight-1m",
      ].sort(),
    );
  });

  test("the record tells the same story", async () => {
    await bot.call("POST", path, `${marketOrder}&newClientOrderId=well`);
    const { outcomes, unknown: unsettled } = await readRecord(house);
    expect(outcomes).toEqual({
      ...Object.fromEntries(faults.map(({ id, outcome }) => [id, outcome])),
      well: "answered 200",
    });
    expect(unsettled).toBe(faults.filter(({ outcome }) => outcome.startsWith("unknown")).length);
  });
});

describe("an exchange that does not answer in time", () => {
  test("whether it executed the order or not, nobody can know", async () => {
    const clock = manualClock();
    const house = await startHouse({ clock, server: { answerMsMax: 1_000 } });
    try {
      const bot = await botOf(house, clock);
      for (const [kind, orders] of [
        ["hang", 0],
        ["hang-after", 1],
      ] as const) {
        house.sandbox.faults.add({ path, action: { kind } });
        house.sandbox.faults.add({ path: "/api/v3/account", action: { kind } });
        const [order, read] = await Promise.all([
          bot.call("POST", path, `${marketOrder}&newClientOrderId=${kind}`),
          bot.call("GET", "/api/v3/account", ""),
        ]);
        expectRefused(order, "execution-unknown");
        expectRefused(read, "execution-unknown");
        expect(house.sandbox.orders(house.uid)).toHaveLength(orders);
      }
      const { outcomes, unknown } = await readRecord(house);
      expect({ outcomes, unknown }).toEqual({
        outcomes: { hang: "unknown 504", "hang-after": "unknown 504" },
        unknown: 2,
      });
    } finally {
      await tearDown(house);
    }
  });
});

describe("an exchange that cannot be reached", () => {
  test("is certainly not reached, and says so", async () => {
    const clock = manualClock();
    const house = await startHouse({ clock });
    try {
      await house.sandbox.close();
      await house.restart();
      const bot = await botOf(house, clock);
      const query = bot.signed(`${marketOrder}&newClientOrderId=nobody`);
      const bytes = requestText({ method: "POST", path, query, headers: [bot.keyLine] });
      expectRefused(await ask(house.url, bytes), "venue-unreachable");
      expectRefused(await ask(house.url, bytes), "venue-unreachable");
      expectRefused(await bot.call("GET", "/api/v3/account", ""), "venue-unreachable");
      expect((await ask(house.url, requestText({ path: "/api/v3/time" }))).status).toBe(200);
      expect(await readRecord(house)).toMatchObject({ outcomes: { nobody: "unsent 503" }, unknown: 0 });
    } finally {
      await tearDown(house);
    }
  });
});

describe("the tap", () => {
  test.each([
    [429, "venue-rate-limited"],
    [418, "venue-banned"],
  ] as const)("%d closes it for everyone until Retry-After", async (httpStatus, name) => {
    const clock = manualClock();
    const house = await startHouse({ clock });
    try {
      const bot = await botOf(house, clock);
      const other = await botOf(house, clock, { label: "other" });
      house.sandbox.faults.add({
        path: "/api/v3/account",
        action: { kind: "rate-limit", httpStatus, retryAfterSeconds: 30 },
      });
      const first = await bot.call("GET", "/api/v3/account", "");
      const untilMs = clock.wallMs() + 30_000;
      expect([first.status, first.headers.get("retry-after")]).toEqual([httpStatus, "30"]);
      expect(first.body).toContain('"code":-1003');
      house.sandbox.journal.clear();
      for (const by of [bot, other]) {
        for (const [method, at, params] of [
          ["GET", "/api/v3/account", ""],
          ["POST", path, marketOrder],
          ["DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"],
        ] as const) {
          const answer = await by.call(method, at, params);
          expectRefused(answer, name, untilMs);
          expect(answer.headers.get("retry-after")).toBe("30");
        }
      }
      expectRefused(await ask(house.url, requestText({ path: "/api/v3/ping" })), name, untilMs);
      expect((await ask(house.url, requestText({ path: "/api/v3/time" }))).status).toBe(200);
      clock.advance(untilMs - clock.wallMs() - 2);
      const last = await bot.call("GET", "/api/v3/account", "");
      expectRefused(last, name, untilMs);
      expect(last.headers.get("retry-after")).toBe("1");
      expect(seenBy(house)).toEqual([]);
      expect((await bot.call("GET", "/api/v3/account", "")).status).toBe(200);
      expect(seenBy(house)).toEqual(["GET /api/v3/account"]);
    } finally {
      await house.close();
    }
  });
});

describe("an exchange whose clock is elsewhere", () => {
  test.each([-40_000, 90_000])("by %d ms: it is measured at the start and followed", async (offsetMs) => {
    const clock = manualClock();
    const house = await startHouse({ clock });
    try {
      house.sandbox.faults.add({ times: Infinity, action: { kind: "clock-offset", offsetMs } });
      await house.restart();
      clock.advance(2_000);
      const bot = await botOf(house, clock);
      expect((await bot.call("POST", path, marketOrder)).status).toBe(200);
      const stamp = new URLSearchParams(house.sandbox.journal.entries().at(-1)?.body).get("timestamp");
      expect(stamp).toBe(String(clock.wallMs() + offsetMs));
      expect((await ask(house.url, requestText({ path: "/api/v3/time" }))).body).toBe(
        `{"serverTime":${clock.wallMs()}}`,
      );
    } finally {
      await house.close();
    }
  });

  test("a step while we run: the exchange's own -1021 comes through, makes us measure, and the next ones pass", async () => {
    const clock = manualClock();
    const house = await startHouse({ clock });
    try {
      const bot = await botOf(house, clock);
      clock.advance(6_000);
      house.sandbox.faults.add({ times: Infinity, action: { kind: "clock-offset", offsetMs: 30_000 } });
      const first = await bot.call("GET", "/api/v3/account", "");
      expect(shown(first)).toEqual({ ...refused("timestamp-outside"), refusal: undefined });
      await expect
        .poll(async () => (await bot.call("GET", "/api/v3/account", "")).status, patience)
        .toBe(200);
    } finally {
      await house.close();
    }
  });

  test("an exchange that takes longer than what is left of the window refuses for itself", async () => {
    const clock = manualClock();
    const held: (() => void)[] = [];
    const scheduler = {
      after: (_delayMs: number, run: () => void) => (held.push(run), () => {}),
      every: () => () => {},
    };
    const house = await startHouse({
      clock,
      sandbox: { tickMs: undefined, clock: { nowMs: () => clock.wallMs() }, scheduler },
    });
    try {
      const bot = await botOf(house, clock);
      house.sandbox.faults.add({ path, action: { kind: "delay", delayMs: 1 } });
      const payload = `${marketOrder}&recvWindow=1000&timestamp=${clock.wallMs()}`;
      const bytes = requestText({
        method: "POST",
        path,
        query: `${payload}&signature=${bot.sign(payload)}`,
        headers: [bot.keyLine],
      });
      const asked = ask(house.url, bytes);
      await expect.poll(() => held.length, patience).toBe(1);
      clock.advance(1_001);
      held[0]?.();
      expect(shown(await asked)).toEqual({ ...refused("timestamp-outside"), refusal: undefined });
      expect(house.sandbox.orders(house.uid)).toEqual([]);
    } finally {
      await house.close();
    }
  });
});
