// The matching engine: accounts, books and the ledger behind `place` and `cancel`. Pure in the sense that time,
// client order ids and everything random come in; it may not touch sockets, clocks or chance.

import { engineTexts, refusals } from "../errors.ts";
import { Account, type AccountFlags, type AccountKind } from "./accounts.ts";
import { multiply } from "./decimal.ts";
import { commissionOn, houseRates, standardRates } from "./fees.ts";
import { Ledger } from "./ledger.ts";
import { planMatches, type Match, type MatchPlan } from "./matching.ts";
import { OrderBook } from "./order-book.ts";
import type { NewOrder, Order, OwnTrade, SymbolRules, Trade } from "./order.ts";

/** Where commissions end; an ordinary account nobody has a key for. */
export const feesUid = 1;

export interface Placement {
  readonly order: Order;
  readonly fills: readonly OwnTrade[];
}

interface Market {
  readonly rules: SymbolRules;
  readonly book: OrderBook;
  nextOrderId: number;
  nextTradeId: number;
}

export class Exchange {
  readonly ledger = new Ledger();
  readonly accounts = new Map<number, Account>();
  readonly #markets = new Map<string, Market>();
  readonly #onTrade: (trade: Trade) => void;

  /** `onTrade` hears of every trade, in order, after it is settled. */
  constructor(symbols: readonly SymbolRules[], onTrade: (trade: Trade) => void) {
    for (const rules of symbols)
      this.#markets.set(rules.symbol, { rules, book: new OrderBook(), nextOrderId: 1, nextTradeId: 1 });
    this.#onTrade = onTrade;
    this.openAccount({ uid: feesUid, kind: "fees", timeMs: 0 });
  }

  openAccount(spec: {
    uid: number;
    kind: AccountKind;
    timeMs: number;
    flags?: Partial<AccountFlags>;
  }): Account {
    this.ledger.open(spec.uid);
    const flags = { canTrade: true, canWithdraw: true, canDeposit: true, ...spec.flags };
    const rates = spec.kind === "house" ? houseRates : standardRates;
    const account = new Account({ uid: spec.uid, kind: spec.kind, rates, flags, timeMs: spec.timeMs });
    this.accounts.set(spec.uid, account);
    return account;
  }

  get symbols(): SymbolRules[] {
    return [...this.#markets.values()].map((market) => market.rules);
  }

  rules(symbol: string): SymbolRules | undefined {
    return this.#markets.get(symbol)?.rules;
  }

  book(symbol: string): OrderBook {
    return this.#market(symbol).book;
  }

  /** Takes a trade id out of the symbol's series; for trades made before the accounts were opened. */
  takeTradeId(symbol: string): number {
    const market = this.#market(symbol);
    return market.nextTradeId++;
  }

  /** The account's record. @throws Error for a uid that was never opened */
  account(uid: number): Account {
    const account = this.accounts.get(uid);
    if (account === undefined) throw new Error(`no account ${uid}`);
    return account;
  }

  /** What {@link place} would refuse, without placing. @throws Refusal -2010 with the engine's text. */
  check(request: NewOrder): MatchPlan {
    const market = this.#market(request.symbol);
    const account = this.account(request.uid);
    if (account.openOrders(request.symbol).some((open) => open.clientOrderId === request.clientOrderId))
      throw refusals.rejectedOrder(engineTexts.duplicateOrder);
    const plan = planMatches(
      {
        side: request.side,
        limitPrice: request.type === "LIMIT" ? request.price : undefined,
        quantity: request.quoteOrderQty === 0n ? request.quantity : undefined,
        budget: request.quoteOrderQty === 0n ? undefined : request.quoteOrderQty,
        stepSize: market.rules.stepSize,
      },
      market.book.levels(request.side === "BUY" ? "SELL" : "BUY"),
    );
    if (request.quoteOrderQty > 0n && plan.qty === 0n)
      throw plan.complete ? refusals.filter("LOT_SIZE") : refusals.rejectedOrder(engineTexts.noLiquidity);
    if (request.type === "LIMIT" && multiply(request.price, request.quantity) === 0n)
      throw refusals.rejectedOrder(engineTexts.priceTimesQuantity);
    if (this.ledger.free(request.uid, this.#paidAsset(request)) < askedFor(request, plan))
      throw refusals.rejectedOrder(engineTexts.insufficientBalance);
    return plan;
  }

  /**
   * Places an order: matches it, rests what is left (GTC) or lets it expire.
   * @throws Refusal -2010 if it cannot be accepted; then nothing has changed.
   */
  place(request: NewOrder, nowMs: number): Placement {
    const plan = this.check(request);
    const market = this.#market(request.symbol);
    const account = this.account(request.uid);
    const unfillable = request.timeInForce === "FOK" && request.type === "LIMIT" && !plan.complete;
    const order: Order = {
      ...request,
      orderId: market.nextOrderId++,
      quantity: request.quoteOrderQty === 0n ? request.quantity : plan.qty,
      executedQty: 0n,
      quoteQty: 0n,
      locked: toLock(request, plan),
      status: "NEW",
      timeMs: nowMs,
      updateTimeMs: nowMs,
    };
    account.remember(order);
    account.updateTimeMs = nowMs;
    this.ledger.lock(order.uid, this.#paidAsset(order), order.locked);
    const fills = unfillable ? [] : plan.matches.map((match) => this.#fill(market, order, match, nowMs));
    this.#finish(market, order, plan, unfillable);
    return { order, fills };
  }

  /** Takes an open order off the book and frees what it held. The order must be open. */
  cancel(order: Order, nowMs: number): void {
    const market = this.#market(order.symbol);
    market.book.remove(order);
    order.updateTimeMs = nowMs;
    this.account(order.uid).updateTimeMs = nowMs;
    this.#close(order, "CANCELED");
  }

  #market(symbol: string): Market {
    const market = this.#markets.get(symbol);
    if (market === undefined) throw new Error(`no symbol ${symbol}`);
    return market;
  }

  #paidAsset(order: NewOrder): string {
    const { baseAsset, quoteAsset } = this.#market(order.symbol).rules;
    return order.side === "BUY" ? quoteAsset : baseAsset;
  }

  #fill(market: Market, taker: Order, match: Match, nowMs: number): OwnTrade {
    const { maker, qty, quoteQty } = match;
    const [buyer, seller] = taker.side === "BUY" ? [taker, maker] : [maker, taker];
    const trade: Trade = {
      symbol: taker.symbol,
      id: market.nextTradeId++,
      price: maker.price,
      qty,
      quoteQty,
      timeMs: nowMs,
      isBuyerMaker: buyer === maker,
    };
    const { baseAsset, quoteAsset } = market.rules;
    const buyerFee = commissionOn(qty, this.account(buyer.uid).rates, buyer === maker);
    const sellerFee = commissionOn(quoteQty, this.account(seller.uid).rates, seller === maker);
    const parties = { fees: feesUid };
    this.ledger.pay({
      ...parties,
      from: seller.uid,
      to: buyer.uid,
      asset: baseAsset,
      amount: qty,
      fee: buyerFee,
    });
    this.ledger.pay({
      ...parties,
      from: buyer.uid,
      to: seller.uid,
      asset: quoteAsset,
      amount: quoteQty,
      fee: sellerFee,
    });
    buyer.locked -= quoteQty;
    seller.locked -= qty;
    for (const order of [taker, maker]) {
      order.executedQty += qty;
      order.quoteQty += quoteQty;
      order.updateTimeMs = nowMs;
      this.account(order.uid).updateTimeMs = nowMs;
    }
    this.#releaseSurplus(buyer, quoteAsset);
    this.#settleMaker(market, maker);
    const takerSide: OwnTrade = {
      ...trade,
      ...ownHalf({ order: taker, buyer, isMaker: false, fees: [buyerFee, sellerFee], rules: market.rules }),
    };
    const makerSide: OwnTrade = {
      ...trade,
      ...ownHalf({ order: maker, buyer, isMaker: true, fees: [buyerFee, sellerFee], rules: market.rules }),
    };
    this.account(maker.uid).rememberTrade(makerSide);
    this.account(taker.uid).rememberTrade(takerSide);
    this.#onTrade(trade);
    return takerSide;
  }

  /** A buy filled below its limit needs less: the difference is freed at once, as Binance does. */
  #releaseSurplus(buyer: Order, quoteAsset: string): void {
    if (buyer.type !== "LIMIT") return;
    const stillNeeded = multiply(buyer.price, buyer.quantity - buyer.executedQty);
    this.ledger.unlock(buyer.uid, quoteAsset, buyer.locked - stillNeeded);
    buyer.locked = stillNeeded;
  }

  #settleMaker(market: Market, maker: Order): void {
    if (maker.executedQty < maker.quantity) {
      maker.status = "PARTIALLY_FILLED";
      market.book.touch();
      return;
    }
    market.book.remove(maker);
    this.#close(maker, "FILLED");
  }

  #finish(market: Market, order: Order, plan: MatchPlan, unfillable: boolean): void {
    if (plan.complete && !unfillable) return this.#close(order, "FILLED");
    if (order.type === "LIMIT" && order.timeInForce === "GTC") {
      if (order.executedQty > 0n) order.status = "PARTIALLY_FILLED";
      market.book.add(order);
      return this.account(order.uid).rest(order);
    }
    if (order.type === "MARKET") order.expiryReason = "INSUFFICIENT_LIQUIDITY";
    else
      order.expiryReason =
        order.timeInForce === "FOK" ? "UNFILLED_FOK_ORDER_EXPIRED" : "UNFILLED_IOC_QUANTITY_EXPIRED";
    this.#close(order, "EXPIRED");
  }

  #close(order: Order, status: "FILLED" | "CANCELED" | "EXPIRED"): void {
    this.ledger.unlock(order.uid, this.#paidAsset(order), order.locked);
    order.locked = 0n;
    order.status = status;
    this.account(order.uid).unrest(order);
  }
}

/** What the order locks: all it may ever pay (LIMIT), or what its matches cost (MARKET). */
function toLock(request: NewOrder, plan: MatchPlan): bigint {
  if (request.type === "LIMIT")
    return request.side === "BUY" ? multiply(request.price, request.quantity) : request.quantity;
  return request.side === "BUY" ? plan.quoteQty : plan.qty;
}

/** What the account must have: a market order names its amount even where the book holds less. */
function askedFor(request: NewOrder, plan: MatchPlan): bigint {
  if (request.type === "MARKET" && request.side === "SELL" && request.quantity > 0n) return request.quantity;
  if (request.type === "MARKET" && request.side === "BUY" && request.quoteOrderQty > 0n)
    return request.quoteOrderQty;
  return toLock(request, plan);
}

function ownHalf(half: {
  order: Order;
  buyer: Order;
  isMaker: boolean;
  fees: readonly [buyer: bigint, seller: bigint];
  rules: SymbolRules;
}): Omit<OwnTrade, keyof Trade> {
  const isBuyer = half.order === half.buyer;
  return {
    orderId: half.order.orderId,
    isBuyer,
    isMaker: half.isMaker,
    commission: isBuyer ? half.fees[0] : half.fees[1],
    commissionAsset: isBuyer ? half.rules.baseAsset : half.rules.quoteAsset,
  };
}
