// Everything the exchange consists of, built once per sandbox and handed to the endpoints: engine, tape, keys,
// counters. Holds state; answers nothing by itself.

import { KeyStore } from "./auth/keys.ts";
import { Exchange } from "./engine/exchange.ts";
import type { SymbolRules } from "./engine/order.ts";
import { Usage } from "./http/usage.ts";
import { MarketMakers } from "./market/makers.ts";
import { SeededRandom } from "./market/random.ts";
import { Tape } from "./market/tape.ts";

export interface VenueOptions {
  readonly seed: number;
  readonly symbols: readonly SymbolRules[];
  readonly marketMakers: boolean;
  readonly history: boolean;
  readonly nowMs: number;
}

export interface Venue {
  readonly exchange: Exchange;
  readonly tape: Tape;
  readonly keys: KeyStore;
  readonly usage: Usage;
  /** For client order ids; never for what the market does. */
  readonly random: SeededRandom;
  /** For the ids of answers, which must not shift those of orders. */
  readonly answerIds: SeededRandom;
  readonly makers: MarketMakers | undefined;
}

/** Builds an exchange; the same options give the same exchange. */
export function openVenue(options: VenueOptions): Venue {
  const seeds = new SeededRandom(options.seed);
  const marketRandom = seeds.fork();
  const keyRandom = seeds.fork();
  const tape = new Tape();
  const exchange = new Exchange(options.symbols, (trade) => tape.add(trade));
  const makers = options.marketMakers ? new MarketMakers(exchange, marketRandom, options.nowMs) : undefined;
  if (options.history) makers?.writeHistory(tape, options.nowMs);
  makers?.tick(options.nowMs);
  return {
    exchange,
    tape,
    keys: new KeyStore(keyRandom),
    usage: new Usage(),
    random: seeds.fork(),
    answerIds: seeds.fork(),
    makers,
  };
}
