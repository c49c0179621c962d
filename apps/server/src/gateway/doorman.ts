/** Who may come to the door at all: bounds on connections, per address and together, before a byte is read. */

/** Connections from one address (a desk's bots often share one), and from all. */
export const connectionsPerAddressMax = 512;
export const connectionsMax = 4_096;
/** Requests being answered at once, over all connections; a pipelining client cannot pass it. */
export const requestsMax = 2_048;

export interface Doorman {
  /** Counts a connection in, or says no; call the result once when it ends. */
  enter(address: string): (() => void) | undefined;
  connections(): number;
}

export function doorman(): Doorman {
  const perAddress = new Map<string, number>();
  let total = 0;
  return {
    connections: () => total,
    enter(address) {
      const here = perAddress.get(address) ?? 0;
      if (total >= connectionsMax || here >= connectionsPerAddressMax) return undefined;
      perAddress.set(address, here + 1);
      total += 1;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        total -= 1;
        const still = (perAddress.get(address) ?? 1) - 1;
        if (still === 0) perAddress.delete(address);
        else perAddress.set(address, still);
      };
    },
  };
}
