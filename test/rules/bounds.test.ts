/** Overload is answered at once, never queued without end; what waits is looked at again when it goes out. */
import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startHouse } from "../house.ts";
import type { House } from "../house.ts";
import { botOf, manualClock, marketOrder, patience, seenBy } from "./bot.ts";
import type { Bot, ManualClock } from "./bot.ts";
import { expectRefused } from "./expected.ts";
import { ask, openLine, speak } from "./raw-client.ts";
import type { Line } from "./raw-client.ts";
import { readRecord } from "./record.ts";
import { requestText } from "./requests.ts";

const path = "/api/v3/order";
/** Places on the way to the exchange: 256, of which 32 are for cancels; and connections to it. */
const ordinaryPlaces = 224;
const cancelPlaces = 32;
const venueConnections = 64;

let clock: ManualClock;
let house: House;
let bot: Bot;
let lines: Line[];
/** Requests that the exchange holds until it is told to go on. */
let held: (() => void)[];
let holding: boolean;

beforeAll(async () => {
  clock = manualClock();
  const after = (_delayMs: number, run: () => void): (() => void) => {
    if (holding) held.push(run);
    else run();
    return () => {};
  };
  const scheduler = { after, every: () => () => {} };
  house = await startHouse({
    clock,
    sandbox: { tickMs: undefined, clock: { nowMs: () => clock.wallMs() }, scheduler },
  });
  bot = await botOf(house, clock);
});
beforeEach(() => {
  lines = [];
  held = [];
  holding = true;
  house.sandbox.faults.add({ times: Infinity, action: { kind: "delay", delayMs: 1 } });
});
afterEach(async () => {
  house.sandbox.faults.clear();
  release();
  for (const each of lines) each.close();
  await vi.waitFor(async () => {
    if ((await inFlight()) > 0) throw new Error("requests are still under way");
  }, patience);
  // Whatever was shut or fell back is over by then.
  clock.advance(100_000);
});
afterAll(async () => {
  await Promise.allSettled([house.server.close(), house.sandbox.close()]);
  rmSync(house.dataDir, { recursive: true, force: true });
});

function release(): void {
  holding = false;
  for (const run of held.splice(0)) run();
}

async function line(): Promise<Line> {
  const opened = await openLine(house.url);
  lines.push(opened);
  return opened;
}

async function gauge(name: string): Promise<number> {
  const response = await fetch(`${house.server.controlUrl}/metrics`);
  return Number(new RegExp(`^${name} ([0-9]+)$`, "m").exec(await response.text())?.[1]);
}
const inFlight = (): Promise<number> => gauge("countersign_in_flight");
const reads = (count: number): string => bot.request("GET", "/api/v3/account", "").repeat(count);

describe("places on the way to the exchange", () => {
  test("when they are taken the next is refused at once, cancels have places of their own, and all come back", async () => {
    const crowd = await line();
    crowd.write(reads(ordinaryPlaces));
    await expect.poll(inFlight, patience).toBe(ordinaryPlaces);
    expectRefused(await bot.call("GET", "/api/v3/account", ""), "venue-busy");
    expectRefused(await bot.call("POST", path, marketOrder), "venue-busy");
    expectRefused(await ask(house.url, requestText({ path: "/api/v3/ping" })), "venue-busy");
    expect((await ask(house.url, requestText({ path: "/api/v3/time" }))).status).toBe(200);

    const cancels = await line();
    const cancel = (): string => bot.request("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT");
    cancels.write(Array.from({ length: cancelPlaces }, cancel).join(""));
    await expect.poll(inFlight, patience).toBe(ordinaryPlaces + cancelPlaces);
    expectRefused(await ask(house.url, cancel()), "venue-busy");

    release();
    expect((await crowd.until(ordinaryPlaces)).answers.map(({ status }) => status)).toEqual(
      Array.from({ length: ordinaryPlaces }, () => 200),
    );
    // There was nothing to cancel: the exchange said so to each, and not we.
    expect(
      new Set((await cancels.until(cancelPlaces)).answers.map(({ body }) => JSON.parse(body).code)),
    ).toEqual(new Set([-2011]));
    await expect.poll(inFlight, patience).toBe(0);
    expect((await bot.call("POST", path, marketOrder)).status).toBe(200);
  });

  test("a bot that hangs up gives its places back when the exchange has answered", async () => {
    const crowd = await line();
    crowd.write(reads(ordinaryPlaces));
    await expect.poll(inFlight, patience).toBe(ordinaryPlaces);
    crowd.close();
    release();
    await expect.poll(inFlight, patience).toBe(0);
    expect((await bot.call("GET", "/api/v3/account", "")).status).toBe(200);
  });
});

describe("what waited for a connection is looked at again in the turn of the write", () => {
  async function fullHouse(): Promise<void> {
    const crowd = await line();
    crowd.write(reads(venueConnections));
    await expect.poll(() => held.length, patience).toBe(venueConnections);
    house.sandbox.journal.clear();
  }

  test("a deadline that passed meanwhile: not sent", async () => {
    await fullHouse();
    const payload = `${marketOrder}&newClientOrderId=late&recvWindow=1000&timestamp=${clock.wallMs()}`;
    const asked = ask(
      house.url,
      requestText({
        method: "POST",
        path,
        query: `${payload}&signature=${bot.sign(payload)}`,
        headers: [bot.keyLine],
      }),
    );
    await expect.poll(inFlight, patience).toBe(venueConnections + 1);
    clock.advance(1_001);
    release();
    expectRefused(await asked, "timestamp-outside");
    expect(seenBy(house)).toEqual([]);
  });

  test("a key that was revoked meanwhile", async () => {
    await fullHouse();
    const dying = await botOf(house, clock, { label: "dying" });
    const order = dying.call("POST", path, `${marketOrder}&newClientOrderId=dead`);
    const read = dying.call("GET", "/api/v3/account", "");
    await expect.poll(inFlight, patience).toBe(venueConnections + 2);
    await house.server.clientKeys.revoke(dying.apiKey);
    release();
    expectRefused(await order, "key-refused");
    expectRefused(await read, "key-refused");
    expect(seenBy(house)).toEqual([]);
  });

  test("a clock that fell back meanwhile stops the order and not the read", async () => {
    await fullHouse();
    const order = bot.call("POST", path, `${marketOrder}&newClientOrderId=unsteady`);
    const read = bot.call("GET", "/api/v3/openOrders", "");
    await expect.poll(inFlight, patience).toBe(venueConnections + 2);
    clock.stepWall(-600);
    release();
    expectRefused(await order, "clock-unsteady");
    expect((await read).status).toBe(200);
    expect(seenBy(house)).toEqual(["GET /api/v3/openOrders"]);
  });

  test("a tap that was closed meanwhile, by the very answer that made room", async () => {
    const action = { kind: "status-after", httpStatus: 429, code: -1003, msg: "Too many." } as const;
    house.sandbox.faults.add({ path: "/api/v3/myTrades", action });
    const first = bot.call("GET", "/api/v3/myTrades", "symbol=BTCUSDT");
    await expect.poll(() => held.length, patience).toBe(1);
    const crowd = await line();
    crowd.write(reads(venueConnections - 1));
    await expect.poll(() => held.length, patience).toBe(venueConnections);
    house.sandbox.journal.clear();
    const waiting = bot.call("POST", path, `${marketOrder}&newClientOrderId=shut`);
    await expect.poll(inFlight, patience).toBe(venueConnections + 1);
    held.shift()?.();
    expect((await first).status).toBe(429);
    expectRefused(await waiting, "venue-busy");
    expect(seenBy(house)).toEqual([]);
  });
});

describe("at the door", () => {
  test("512 connections from one address; the next is closed without a word, and a place that is left is free", async () => {
    const opened = await Promise.all(Array.from({ length: 512 }, line));
    const [first, ...others] = opened;
    const surplus = await line();
    surplus.write(requestText({ path: "/api/v3/time" }));
    expect(await surplus.until("closed")).toEqual({ answers: [], rest: "" });
    others[0]?.write(requestText({ path: "/api/v3/time" }));
    expect((await others[0]?.until(1))?.answers).toHaveLength(1);
    first?.close();
    await expect.poll(() => gauge("countersign_connections"), patience).toBe(511);
    expect((await ask(house.url, requestText({ path: "/api/v3/time" }))).status).toBe(200);
  });

  test("2048 requests under way; the next is refused at once, and nobody who hangs up keeps a place", async () => {
    const crowd = await line();
    // The first waits for the exchange, and holds up the answers to all behind it.
    crowd.write(reads(1));
    await expect.poll(() => held.length, patience).toBe(1);
    crowd.write(requestText({ path: "/api/v3/time" }).repeat(2047));
    const refused = async (): Promise<boolean> =>
      (await ask(house.url, requestText({ path: "/api/v3/time" }))).status === 429;
    await expect.poll(refused, patience).toBe(true);
    expectRefused(await ask(house.url, requestText({ path: "/api/v3/time" })), "too-many-requests");
    crowd.close();
    release();
    await expect.poll(refused, patience).toBe(false);
    // Again, to the last place: nothing was lost the first time.
    holding = true;
    const again = await line();
    again.write(reads(1));
    await expect.poll(() => held.length, patience).toBe(1);
    again.write(requestText({ path: "/api/v3/time" }).repeat(2046));
    expect(await refused()).toBe(false);
  });

  test("requests that were dropped behind a refused one keep no place either", async () => {
    const refused = requestText({ path: "/api/v3/time", host: ["Host: a", "Host: b"] });
    const crowd = requestText({ path: "/api/v3/time" }).repeat(900);
    for (let round = 0; round < 4; round += 1) {
      expect((await speak(house.url, refused + crowd)).answers.map(({ status }) => status)).toEqual([400]);
    }
    expect((await ask(house.url, requestText({ path: "/api/v3/time" }))).status).toBe(200);
  });
});

describe("the record of it", () => {
  test("says of each order that waited in vain: certainly not sent", async () => {
    const { outcomes, unknown } = await readRecord(house);
    const { late, dead, unsteady, shut } = outcomes;
    expect({ late, dead, unsteady, shut, unknown }).toEqual({
      late: "unsent 400",
      dead: "unsent 401",
      unsteady: "unsent 503",
      shut: "unsent 503",
      unknown: 0,
    });
    house.sandbox.faults.clear();
    await house.restart();
  });
});
