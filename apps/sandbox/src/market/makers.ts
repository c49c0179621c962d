// The house: two accounts with big but finite balances that keep every book quoted around a seeded random walk
// and trade a little with each other, so that prices move and market orders fill. They trade through the same
// engine as everybody; nothing here may make money.

import { floorTo, parseDecimal } from "../engine/decimal.ts";
import type { Exchange } from "../engine/exchange.ts";
import { Refusal } from "../errors.ts";
import type { Side, SymbolRules, Trade } from "../engine/order.ts";
import { minuteMs } from "./candles.ts";
import type { SeededRandom } from "./random.ts";
import type { Tape } from "./tape.ts";

const quotingUid = 2;
const flowUid = 3;
const levelsPerSide = 12;
const historyMinutes = 720;

const houseFunds = parseDecimal("1000000000");

// A step is at most ±0.05 %, and the walk is pulled back to its start so that it never wanders off.
const stepParts = 1_000;
const stepScale = 1_000_000n;
const pullDivisor = 2_000n;

interface Walk {
  readonly rules: SymbolRules;
  readonly random: SeededRandom;
  middle: bigint;
}

export class MarketMakers {
  readonly #exchange: Exchange;
  readonly #walks: Walk[];
  #quoteNumber = 0;

  constructor(exchange: Exchange, random: SeededRandom, nowMs: number) {
    this.#exchange = exchange;
    for (const uid of [quotingUid, flowUid]) {
      exchange.openAccount({ uid, kind: "house", timeMs: nowMs });
      for (const asset of new Set(exchange.symbols.flatMap((rules) => [rules.baseAsset, rules.quoteAsset])))
        exchange.ledger.deposit(uid, asset, houseFunds);
    }
    this.#walks = exchange.symbols.map((rules) => ({
      rules,
      random: random.fork(),
      middle: rules.startPrice,
    }));
  }

  /** Trades of the hours before the exchange opened: on the tape only, no account had a part in them. */
  writeHistory(tape: Tape, nowMs: number): void {
    const firstMs = Math.floor(nowMs / minuteMs) * minuteMs - historyMinutes * minuteMs;
    for (const walk of this.#walks)
      for (let minute = 0; minute < historyMinutes; minute += 1) {
        for (const secondMs of [7_000, 41_000])
          tape.add(this.#pastTrade(walk, firstMs + minute * minuteMs + secondMs));
      }
  }

  /** One step of every market: move the price, quote anew, perhaps trade. */
  tick(nowMs: number): void {
    for (const walk of this.#walks) {
      step(walk);
      this.#requote(walk, nowMs);
      if (walk.random.below(2) === 0) this.#trade(walk, nowMs);
    }
  }

  #pastTrade(walk: Walk, timeMs: number): Trade {
    step(walk);
    const price = aligned(walk.middle, walk.rules.tickSize);
    const qty = this.#size(walk);
    return {
      symbol: walk.rules.symbol,
      id: this.#exchange.takeTradeId(walk.rules.symbol),
      price,
      qty,
      quoteQty: (price * qty) / parseDecimal("1"),
      timeMs,
      isBuyerMaker: walk.random.below(2) === 0,
    };
  }

  #requote(walk: Walk, nowMs: number): void {
    const quoting = this.#exchange.account(quotingUid);
    for (const order of quoting.openOrders(walk.rules.symbol)) this.#exchange.cancel(order, nowMs);
    const { tickSize } = walk.rules;
    // Levels about 0.01 % apart, at least one tick.
    const gap = aligned(walk.middle / 10_000n, tickSize);
    const middle = aligned(walk.middle, tickSize);
    for (let level = 1n; level <= BigInt(levelsPerSide); level += 1n) {
      this.#quote(walk, { side: "BUY", price: middle - gap * level, level, nowMs });
      this.#quote(walk, { side: "SELL", price: middle + gap * level, level, nowMs });
    }
  }

  /** Deeper levels hold more, so that an ordinary account cannot empty a book with one market order. */
  #quote(walk: Walk, quote: { side: Side; price: bigint; level: bigint; nowMs: number }): void {
    if (quote.price < walk.rules.minPrice) return;
    const quantity = this.#size(walk) * quote.level;
    this.#place(walk, { ...quote, uid: quotingUid, type: "LIMIT", quantity });
  }

  #trade(walk: Walk, nowMs: number): void {
    const side = walk.random.below(2) === 0 ? "BUY" : "SELL";
    const quantity = floorTo(this.#size(walk) / 4n, walk.rules.stepSize);
    if (quantity > 0n) this.#place(walk, { side, price: 0n, nowMs, uid: flowUid, type: "MARKET", quantity });
  }

  #place(
    walk: Walk,
    order: {
      side: Side;
      price: bigint;
      nowMs: number;
      uid: number;
      type: "LIMIT" | "MARKET";
      quantity: bigint;
    },
  ): void {
    try {
      this.#exchange.place(
        {
          uid: order.uid,
          symbol: walk.rules.symbol,
          side: order.side,
          type: order.type,
          timeInForce: "GTC",
          price: order.price,
          quantity: order.quantity,
          quoteOrderQty: 0n,
          clientOrderId: `house${(this.#quoteNumber += 1)}`,
        },
        order.nowMs,
      );
    } catch (thrown) {
      // In a very long run the house may run dry on one side; then it quotes what it still can.
      if (!(thrown instanceof Refusal)) throw thrown;
    }
  }

  /** Between half and one and a half of the usual size, in whole lots, at least one. */
  #size(walk: Walk): bigint {
    const { quoteSize, stepSize } = walk.rules;
    const size = floorTo((quoteSize * BigInt(500 + walk.random.below(1_000))) / 1_000n, stepSize);
    return size > stepSize ? size : stepSize;
  }
}

function step(walk: Walk): void {
  const drift = BigInt(walk.random.below(stepParts + 1) - stepParts / 2);
  walk.middle += (walk.middle * drift) / stepScale + (walk.rules.startPrice - walk.middle) / pullDivisor;
}

const aligned = (amount: bigint, tick: bigint): bigint => {
  const floored = floorTo(amount, tick);
  return floored > 0n ? floored : tick;
};
