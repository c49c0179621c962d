// Faults on demand: each does what it says to the requests it names, as often as it says, and the journal knows.

import { describe, expect, test } from "vitest";
import type { FaultAction, Scheduler } from "../src/index.ts";
import { onStage, send, uidOf, type Stage } from "./exchange-client.ts";

const order = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001";
const post = { method: "POST", path: "/api/v3/order" };

/** One order with a fault, and what was left behind. */
async function spoilt({ sandbox, call }: Stage, action: FaultAction) {
  sandbox.faults.add({ ...post, action });
  const reply = await call.order(order).then(
    (answer) => ({ answer, error: undefined }),
    (error: NodeJS.ErrnoException) => ({ answer: undefined, error }),
  );
  const entry = sandbox.journal.entries().at(-1);
  return { ...reply, entry, orders: sandbox.orders(uidOf(sandbox)).length };
}

const hasEntry = (stage: Stage): boolean =>
  stage.sandbox.journal.entries().some((entry) => entry.outcome.fault !== undefined);
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("before executing", () => {
  test("status", () =>
    onStage({}, async (stage) => {
      const action = {
        kind: "status",
        httpStatus: 503,
        code: -1008,
        msg: "busy",
        headers: { "x-hint": "h" },
      } as const;
      const { answer, entry, orders } = await spoilt(stage, action);
      expect([answer?.status, answer?.text, answer?.headers["x-hint"]]).toEqual([
        503,
        '{"code":-1008,"msg":"busy"}',
        "h",
      ]);
      expect(entry?.outcome).toEqual({
        status: 503,
        code: -1008,
        executed: false,
        orderIds: [],
        fault: "status",
      });
      expect(orders).toBe(0);
    }));

  test.each([429, 418] as const)("%d with Retry-After", (httpStatus) =>
    onStage({}, async (stage) => {
      const { answer, orders } = await spoilt(stage, {
        kind: "rate-limit",
        httpStatus,
        retryAfterSeconds: 17,
      });
      expect([answer?.status, answer?.code, answer?.headers["retry-after"]]).toEqual([
        httpStatus,
        -1003,
        "17",
      ]);
      const until = stage.clock.nowMs() + 17_000;
      expect(answer?.msg).toContain(
        httpStatus === 418 ? `IP banned until ${until}.` : "current limit is 6000",
      );
      expect(orders).toBe(0);
    }),
  );

  test("html", () =>
    onStage({}, async (stage) => {
      const { answer, orders } = await spoilt(stage, { kind: "html", httpStatus: 502 });
      expect([answer?.status, answer?.headers["content-type"]]).toEqual([502, "text/html"]);
      expect(answer?.text).toContain("<html>");
      expect(orders).toBe(0);
    }));

  test("redirect", () =>
    onStage({}, async (stage) => {
      const location = "http://127.0.0.1:1/elsewhere";
      const { answer, orders } = await spoilt(stage, { kind: "redirect", httpStatus: 307, location });
      expect([answer?.status, answer?.headers.location]).toEqual([307, location]);
      expect(orders).toBe(0);
    }));

  test("reset", () =>
    onStage({}, async (stage) => {
      const { error, entry, orders } = await spoilt(stage, { kind: "reset" });
      expect(error?.code).toBe("ECONNRESET");
      expect(entry?.outcome).toMatchObject({ status: undefined, executed: false, fault: "reset" });
      expect(orders).toBe(0);
    }));
});

describe("after executing", () => {
  test("reset", () =>
    onStage({}, async (stage) => {
      const { error, entry, orders } = await spoilt(stage, { kind: "reset-after" });
      expect(error?.code).toBe("ECONNRESET");
      expect(entry?.outcome).toMatchObject({ status: undefined, executed: true, fault: "reset-after" });
      expect(entry?.outcome.orderIds).toHaveLength(1);
      expect(orders).toBe(1);
    }));

  test("status", () =>
    onStage({}, async (stage) => {
      const action = { kind: "status-after", httpStatus: 504, code: -1007, msg: "who knows" } as const;
      const { answer, entry, orders } = await spoilt(stage, action);
      expect([answer?.status, answer?.code]).toEqual([504, -1007]);
      expect(entry?.outcome).toMatchObject({ status: 504, code: -1007, executed: true });
      expect(orders).toBe(1);
    }));

  test("half an answer", () =>
    onStage({}, async (stage) => {
      const { error, orders } = await spoilt(stage, { kind: "half-answer" });
      expect(error?.code).toBe("ECONNRESET");
      expect(orders).toBe(1);
    }));

  test.each([
    ["hang", 0],
    ["hang-after", 1],
  ] as const)("%s never answers; %d orders; closing frees the connection", (kind, orders) => {
    let ended: Promise<unknown> = Promise.resolve();
    return onStage({}, async (stage) => {
      stage.sandbox.faults.add({ ...post, action: { kind } });
      ended = stage.call.order(order).catch((error: NodeJS.ErrnoException) => error.code);
      while (!hasEntry(stage)) await nextTurn();
      // A request on another connection is served meanwhile.
      expect((await stage.call.open("/api/v3/ping")).status).toBe(200);
      expect(stage.sandbox.orders(uidOf(stage.sandbox))).toHaveLength(orders);
      expect(stage.sandbox.journal.entries()[0]?.outcome.status).toBeUndefined();
    }).then(async () => expect(await ended).toBe("ECONNRESET"));
  });
});

describe("time", () => {
  test("a clock offset is seen by the requests it names and by no other", () =>
    onStage({}, async ({ sandbox, call, clock }) => {
      sandbox.faults.add({
        times: Infinity,
        path: "/api/v3/time",
        action: { kind: "clock-offset", offsetMs: -90_000 },
      });
      const fault = sandbox.faults.add({
        ...post,
        times: 2,
        action: { kind: "clock-offset", offsetMs: 10_000 },
      });
      expect((await call.open("/api/v3/time")).json()).toEqual({ serverTime: clock.nowMs() - 90_000 });
      expect((await call.order(order)).code).toBe(-1021);
      expect(fault.remaining).toBe(1);
      expect((await call.signed("GET", "/api/v3/account")).status).toBe(200);
      expect((await call.order(order)).code).toBe(-1021);
      expect((await call.order(order)).status).toBe(200);
    }));

  test("a delay waits on the scheduler, then executes", () => {
    const held: { delayMs: number; run: () => void }[] = [];
    const scheduler: Scheduler = {
      after: (delayMs, run) => {
        held.push({ delayMs, run });
        return () => undefined;
      },
      every: () => () => undefined,
    };
    return onStage({ scheduler }, async ({ sandbox, call }) => {
      sandbox.faults.add({ ...post, action: { kind: "delay", delayMs: 300 } });
      sandbox.faults.add({ ...post, action: { kind: "delay", delayMs: 40 } });
      const answer = call.order(order);
      while (held.length === 0) await nextTurn();
      expect(held[0]?.delayMs).toBe(340);
      expect(sandbox.orders(uidOf(sandbox))).toEqual([]);
      held[0]?.run();
      expect((await answer).status).toBe(200);
      expect(sandbox.journal.entries()[0]?.outcome.fault).toBe("delay,delay");
    });
  });
});

describe("choosing", () => {
  const action = { kind: "status", httpStatus: 500, code: -1000, msg: "x" } as const;

  test("by method, path and condition, so many times, first come first played", () =>
    onStage({}, async ({ sandbox, call }) => {
      const ping = async () => (await call.open("/api/v3/ping")).status;
      sandbox.faults.add({ path: "/api/v3/time", action });
      sandbox.faults.add({ method: "DELETE", action });
      sandbox.faults.add({ when: ({ query }) => query.includes("symbol=ETHBTC"), action });
      expect(await ping()).toBe(200);
      expect((await call.open("/api/v3/depth", "symbol=ETHBTC")).status).toBe(500);
      expect((await call.open("/api/v3/depth", "symbol=ETHBTC")).status).toBe(200);
      const twice = sandbox.faults.add({ times: 2, action });
      sandbox.faults.add({ action: { ...action, httpStatus: 502 } });
      expect([await ping(), await ping(), await ping(), await ping()]).toEqual([500, 500, 502, 200]);
      expect(twice.remaining).toBe(0);
    }));

  test("a fault can be taken back, and all of them", () =>
    onStage({}, async ({ sandbox, call }) => {
      sandbox.faults.add({ times: Infinity, action }).remove();
      expect((await call.open("/api/v3/ping")).status).toBe(200);
      sandbox.faults.add({ times: Infinity, action });
      expect((await call.open("/api/v3/ping")).status).toBe(500);
      sandbox.faults.clear();
      expect((await call.open("/api/v3/ping")).status).toBe(200);
    }));

  test.each([0, -1, Number.NaN])("times %d is a mistake", (times) =>
    onStage({}, async ({ sandbox }) => {
      expect(() => sandbox.faults.add({ times, action })).toThrow(RangeError);
    }),
  );

  test("no more than a thousand at once", () =>
    onStage({}, async ({ sandbox }) => {
      for (let index = 0; index < 1_000; index += 1) sandbox.faults.add({ action });
      expect(() => sandbox.faults.add({ action })).toThrow(RangeError);
    }));
});

describe("journal", () => {
  test("has every request in order, before any check, with what became of it", () =>
    onStage({}, async ({ sandbox, call, clock }) => {
      await call.open("/api/v3/ping");
      clock.advance(5);
      await call.open("/nowhere", "a=1");
      await send(sandbox, {
        method: "POST",
        path: "/api/v3/order",
        body: "symbol=BTCUSDT",
        headers: { "x-mbx-apikey": "k", "user-agent": "u" },
      });
      const placed = (await call.order(order)).json() as { orderId: number };
      const entries = sandbox.journal.entries();
      expect(entries.map((entry) => entry.seq)).toEqual([1, 2, 3, 4]);
      expect(entries[1]).toMatchObject({
        atMs: clock.nowMs(),
        method: "GET",
        target: "/nowhere?a=1",
        outcome: { status: 404, code: -5000, executed: false, orderIds: [], fault: undefined },
      });
      expect(entries[2]).toMatchObject({
        body: "symbol=BTCUSDT",
        headers: { apiKey: "k", contentType: "application/x-www-form-urlencoded", userAgent: "u" },
        uid: undefined,
        outcome: { code: -1102 },
      });
      expect(entries[3]).toMatchObject({
        uid: uidOf(sandbox),
        outcome: { status: 200, code: undefined, executed: true, orderIds: [placed.orderId] },
      });
      expect(entries[3]?.remotePort).toBeGreaterThan(0);
      sandbox.journal.clear();
      await call.open("/api/v3/ping");
      expect(sandbox.journal.entries().map((entry) => entry.seq)).toEqual([5]);
    }));

  test("a cancel names its orders; a read, a test order and a refusal name none", () =>
    onStage({}, async ({ sandbox, call }) => {
      const limit = order.replace("MARKET", "LIMIT").concat("&timeInForce=GTC&price=50000");
      for (let index = 0; index < 2; index += 1) await call.order(limit);
      sandbox.journal.clear();
      await call.signed("GET", "/api/v3/openOrders");
      await call.signed("POST", "/api/v3/order/test", order);
      await call.order(order.replace("0.001", "0"));
      await call.signed("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT");
      const outcomes = sandbox.journal
        .entries()
        .map(({ outcome }) => [outcome.executed, outcome.orderIds.length]);
      expect(outcomes).toEqual([
        [false, 0],
        [false, 0],
        [false, 0],
        [true, 2],
      ]);
    }));
});
