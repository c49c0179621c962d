/**
 * A bot that signs like Binance's own examples, and a clock that a test moves by hand. Every signature is made one
 * millisecond after the one before, so that no two requests share a payload unless a test wants it.
 */
import { createHmac } from "node:crypto";
import type { Clock } from "../../apps/server/src/base/clock.ts";
import type { House, KeyWish } from "../house.ts";
import { ask } from "./raw-client.ts";
import type { RawAnswer } from "./raw-client.ts";
import { requestText } from "./requests.ts";
import type { RequestParts } from "./requests.ts";

export interface ManualClock extends Clock {
  /** Both clocks; the wall clock alone with a negative step. */
  advance(byMs: number): void;
  stepWall(byMs: number): void;
}

/** 2026-11-20T10:00:00Z: any time will do, as long as it stands still. */
const startMs = 1_795_168_800_000;

export function manualClock(): ManualClock {
  let wall = startMs;
  let monotonic = 0;
  return {
    wallMs: () => wall,
    monotonicMs: () => monotonic,
    advance(byMs) {
      wall += byMs;
      monotonic += byMs;
    },
    stepWall(byMs) {
      wall += byMs;
    },
  };
}

export interface Bot {
  readonly apiKey: string;
  readonly apiSecret: string;
  /** The header line that names the key. */
  readonly keyLine: string;
  /** Lower-case hex. */
  readonly sign: (payload: string) => string;
  /** `params&timestamp=…`, stamped with a time that no earlier request of this clock had. */
  stamped(params: string): string;
  /** The same with its signature behind it. */
  signed(params: string): string;
  /** A signed request, everything in the query. */
  request(method: string, path: string, params: string): string;
  /** Sends one and gives the answer. */
  call(method: string, path: string, params: string, more?: Partial<RequestParts>): Promise<RawAnswer>;
}

/** Issues a client key and makes its bot. */
export async function botOf(house: House, clock: ManualClock, wish: KeyWish = {}): Promise<Bot> {
  const { apiKey, apiSecret } = await house.issue(wish);
  const keyLine = `X-MBX-APIKEY: ${apiKey}`;
  const sign = (payload: string): string => createHmac("sha256", apiSecret).update(payload).digest("hex");
  const stamped = (params: string): string => {
    clock.advance(1);
    return `${params}${params === "" ? "" : "&"}timestamp=${clock.wallMs()}`;
  };
  const signed = (params: string): string => {
    const payload = stamped(params);
    return `${payload}&signature=${sign(payload)}`;
  };
  const request = (method: string, path: string, params: string): string =>
    requestText({ method, path, query: signed(params), headers: [keyLine] });
  return {
    apiKey,
    apiSecret,
    keyLine,
    sign,
    stamped,
    signed,
    request,
    call: (method, path, params, more = {}) =>
      ask(house.url, requestText({ method, path, query: signed(params), headers: [keyLine], ...more })),
  };
}

export const marketOrder = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001";

/** What the exchange was asked, without the gateway's own measuring of the clock: method and target. */
export function seenBy(house: House): string[] {
  return house.sandbox.journal
    .entries()
    .filter(({ target }) => target !== "/api/v3/time")
    .map(({ method, target }) => `${method} ${target.split("?", 1)[0] ?? ""}`);
}

/** How long to look again for what must come: only so that a hang ends with a name. */
export const patience = { timeout: 20_000, interval: 10 } as const;
