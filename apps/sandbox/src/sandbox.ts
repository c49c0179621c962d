// Puts an exchange, its accounts and its listener together and gives a program the handle to all of it. The only
// place in the sandbox where clock, seed and sockets meet.

import type { KeyAlgorithm, KeySpec } from "./auth/keys.ts";
import { systemClock, systemScheduler, type Clock, type Scheduler } from "./clock.ts";
import { orderAnswer, tradeAnswer } from "./endpoints/answers.ts";
import type { Json } from "./endpoints/endpoint.ts";
import type { AccountFlags } from "./engine/accounts.ts";
import { formatDecimal, parseDecimal } from "./engine/decimal.ts";
import { Faults } from "./faults.ts";
import { listen } from "./http/listener.ts";
import { Journal, type JournalEntry } from "./journal.ts";
import { defaultSymbols, symbolRules, type SymbolSpec } from "./market/symbols.ts";
import { openVenue, type Venue } from "./venue.ts";

/** An account to open; what is left out is the ordinary case. */
export interface AccountSpec extends Partial<AccountFlags> {
  uid?: number;
  /** Free amounts by asset, decimal texts; default: 10 BTC, 1,000,000 USDT and some of everything else. */
  balances?: Readonly<Record<string, string>>;
  /** Default: one HMAC key that may read and trade. */
  keys?: readonly KeySpec[];
}

export interface IssuedKey {
  readonly algorithm: KeyAlgorithm;
  readonly apiKey: string;
  /** HMAC only. */
  readonly secret?: string;
}

export interface SandboxAccount {
  readonly uid: number;
  readonly keys: readonly IssuedKey[];
}

export interface SandboxOptions {
  /** Same seed, same clock, same requests: same exchange. Default 1. */
  seed?: number;
  clock?: Clock;
  scheduler?: Scheduler;
  /** 0, the default, lets the kernel choose. */
  port?: number;
  host?: "127.0.0.1" | "::1" | "localhost";
  accounts?: readonly AccountSpec[];
  /** Quote every book; default true. */
  marketMakers?: boolean;
  /** How often the market moves by itself; undefined = only by `tick()`. Default 250. */
  tickMs?: number | undefined;
  symbols?: readonly SymbolSpec[];
  /** Twelve hours of past trades and candles; default true. Needs the market makers. */
  history?: boolean;
  onAnswered?: (entry: JournalEntry) => void;
}

export interface Sandbox {
  readonly url: string;
  readonly port: number;
  /** Accounts in the order in which they were opened, with the keys they were opened with. */
  readonly accounts: readonly SandboxAccount[];
  /** @throws KeySpecError, RangeError for a bad amount, LedgerError for a uid that exists */
  addAccount(spec?: AccountSpec): SandboxAccount;
  /** @throws KeySpecError */
  addKey(uid: number, spec?: KeySpec): IssuedKey;
  /** Whether there was such a key. */
  removeKey(apiKey: string): boolean;
  setFlags(uid: number, flags: Partial<AccountFlags>): void;
  balances(uid: number): Record<string, { free: string; locked: string }>;
  /** As GET /api/v3/allOrders tells them, all symbols, oldest first. */
  orders(uid: number): Json[];
  /** As GET /api/v3/myTrades tells them, all symbols, oldest first. */
  trades(uid: number): Json[];
  /** Moves the market by so many steps; default one. */
  tick(steps?: number): void;
  readonly faults: Faults;
  readonly journal: Journal;
  /** Stops listening and destroys every connection. */
  close(): Promise<void>;
}

const loopbackHosts: readonly string[] = ["127.0.0.1", "::1", "localhost"];
const tickDefaultMs = 250;
const firstUid = 1_000_001;

const defaultBalances: Readonly<Record<string, string>> = {
  BTC: "10",
  USDT: "1000000",
  ETH: "100",
  BNB: "500",
  SOL: "1000",
  LTC: "500",
  "１２３": "10000",
  "４５６": "10000",
};

/** Starts an exchange on a loopback socket. @throws Error for a host that is not loopback or a port in use */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const host = options.host ?? "127.0.0.1";
  if (!loopbackHosts.includes(host)) throw new Error("the sandbox listens on loopback only");
  const clock = options.clock ?? systemClock;
  const scheduler = options.scheduler ?? systemScheduler;
  const venue = openVenue({
    seed: options.seed ?? 1,
    symbols: (options.symbols ?? defaultSymbols).map(symbolRules),
    marketMakers: options.marketMakers ?? true,
    history: options.history ?? true,
    nowMs: clock.nowMs(),
  });
  const desk = new AccountDesk(venue, clock);
  for (const spec of options.accounts ?? [{}]) desk.addAccount(spec);
  const faults = new Faults();
  const journal = new Journal();
  const context = { venue, clock, scheduler, faults, journal, onAnswered: options.onAnswered };
  const listener = await listen(context, host, options.port ?? 0);
  const tick = (steps = 1): void => {
    for (let step = 0; step < steps; step += 1) venue.makers?.tick(clock.nowMs());
  };
  const tickMs = "tickMs" in options ? options.tickMs : tickDefaultMs;
  const stopTicking = tickMs === undefined ? undefined : scheduler.every(tickMs, tick);
  return {
    url: `http://${host === "::1" ? "[::1]" : host}:${listener.port}`,
    port: listener.port,
    accounts: desk.accounts,
    addAccount: (spec = {}) => desk.addAccount(spec),
    addKey: (uid, spec = {}) => desk.addKey(uid, spec),
    removeKey: (apiKey) => venue.keys.remove(apiKey),
    setFlags: (uid, flags) => void Object.assign(venue.exchange.account(uid).flags, flags),
    balances: (uid) => desk.balances(uid),
    orders: (uid) => desk.orders(uid),
    trades: (uid) => desk.trades(uid),
    tick,
    faults,
    journal,
    close: async () => {
      stopTicking?.();
      await listener.close();
    },
  };
}

/** What a program may do to accounts from outside the protocol. */
class AccountDesk {
  readonly accounts: SandboxAccount[] = [];
  readonly #venue: Venue;
  readonly #clock: Clock;
  #nextUid = firstUid;

  constructor(venue: Venue, clock: Clock) {
    this.#venue = venue;
    this.#clock = clock;
  }

  addAccount(spec: AccountSpec): SandboxAccount {
    const { exchange } = this.#venue;
    const { uid = this.#freeUid(), balances = defaultBalances, keys = [{}], ...flags } = spec;
    const deposits = Object.entries(balances).map(([asset, amount]) => ({
      asset,
      amount: parseDecimal(amount),
    }));
    exchange.openAccount({ uid, kind: "customer", timeMs: this.#clock.nowMs(), flags });
    for (const { asset, amount } of deposits) exchange.ledger.deposit(uid, asset, amount);
    const account = { uid, keys: keys.map((key) => this.addKey(uid, key)) };
    this.accounts.push(account);
    return account;
  }

  #freeUid(): number {
    while (this.#venue.exchange.accounts.has(this.#nextUid)) this.#nextUid += 1;
    return this.#nextUid;
  }

  addKey(uid: number, spec: KeySpec): IssuedKey {
    this.#venue.exchange.account(uid);
    const issued = this.#venue.keys.add(uid, spec, this.#clock.nowMs());
    return { algorithm: spec.algorithm ?? "HMAC", ...issued };
  }

  balances(uid: number): Record<string, { free: string; locked: string }> {
    return Object.fromEntries(
      [...this.#venue.exchange.ledger.balances(uid)].map(([asset, { free, locked }]) => [
        asset,
        { free: formatDecimal(free), locked: formatDecimal(locked) },
      ]),
    );
  }

  orders(uid: number): Json[] {
    return [...this.#venue.exchange.account(uid).orders.values()].map((order) => orderAnswer(inside, order));
  }

  trades(uid: number): Json[] {
    return this.#venue.exchange.account(uid).trades.map((trade) => tradeAnswer(inside, trade));
  }
}

// From inside, times are always whole milliseconds.
const inside = { time: Math.floor };
