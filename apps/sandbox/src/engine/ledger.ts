// Who owns what: free and locked amounts per account and asset. Every movement is between named places, so
// money is neither made nor lost here, except by deposit; nothing may ever go below zero.

export interface Balance {
  free: bigint;
  locked: bigint;
}

/** A movement that would make a balance negative: a fault of the engine, never a client's refusal. */
export class LedgerError extends Error {
  override readonly name = "LedgerError";
}

export class Ledger {
  readonly #accounts = new Map<number, Map<string, Balance>>();

  /** Opens an empty account; opening twice is refused. */
  open(uid: number): void {
    if (this.#accounts.has(uid)) throw new LedgerError(`account ${uid} exists`);
    this.#accounts.set(uid, new Map());
  }

  /** The one way in: money from outside the exchange. */
  deposit(uid: number, asset: string, amount: bigint): void {
    this.#move(uid, asset, amount, 0n);
  }

  lock(uid: number, asset: string, amount: bigint): void {
    this.#move(uid, asset, -amount, amount);
  }

  unlock(uid: number, asset: string, amount: bigint): void {
    this.#move(uid, asset, amount, -amount);
  }

  /** Pays `amount` out of the payer's locked part, `fee` of it to the fee account, the rest to the payee. */
  pay(payment: { from: number; to: number; fees: number; asset: string; amount: bigint; fee: bigint }): void {
    const { from, to, fees, asset, amount, fee } = payment;
    if (fee > amount) throw new LedgerError(`fee ${fee} above ${amount}`);
    this.#move(from, asset, 0n, -amount);
    this.#move(to, asset, amount - fee, 0n);
    this.#move(fees, asset, fee, 0n);
  }

  free(uid: number, asset: string): bigint {
    return this.#account(uid).get(asset)?.free ?? 0n;
  }

  /** A copy of one account's balances in the order in which the assets first came. */
  balances(uid: number): Map<string, Balance> {
    return new Map([...this.#account(uid)].map(([asset, balance]) => [asset, { ...balance }]));
  }

  /** Sum of free and locked over all accounts, per asset. */
  totals(): Map<string, bigint> {
    const totals = new Map<string, bigint>();
    for (const account of this.#accounts.values())
      for (const [asset, { free, locked }] of account)
        totals.set(asset, (totals.get(asset) ?? 0n) + free + locked);
    return totals;
  }

  uids(): number[] {
    return [...this.#accounts.keys()];
  }

  #account(uid: number): Map<string, Balance> {
    const account = this.#accounts.get(uid);
    if (account === undefined) throw new LedgerError(`no account ${uid}`);
    return account;
  }

  #move(uid: number, asset: string, free: bigint, locked: bigint): void {
    const account = this.#account(uid);
    let balance = account.get(asset);
    if (balance === undefined) account.set(asset, (balance = { free: 0n, locked: 0n }));
    if (balance.free + free < 0n || balance.locked + locked < 0n)
      throw new LedgerError(`${asset} of account ${uid} would go below zero`);
    balance.free += free;
    balance.locked += locked;
  }
}
