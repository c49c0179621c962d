/**
 * Verifiers of derived secrets, kept for a short while: deriving costs more than verifying, and a secret that
 * lies in memory for ever is a secret that waits to be found. Bounded; the least recently used goes first.
 */
import type { Verifier } from "@countersign/signing";
import type { Clock } from "../base/clock.ts";

export const verifierKeptMsMax = 60_000;
export const verifiersKeptMax = 1000;

export interface VerifierCache {
  /** The verifier of `name`, derived when it is not kept. A derivation that fails is not kept. */
  get(name: string, derive: () => Promise<Verifier>): Promise<Verifier>;
  /** Forgets every verifier whose name starts with `prefix`. */
  forget(prefix: string): void;
}

/** @param clock only its monotonic side is asked. */
export function createVerifierCache(clock: Clock): VerifierCache {
  const kept = new Map<string, { readonly verifier: Promise<Verifier>; readonly sinceMs: number }>();

  const dropExpired = (nowMs: number): void => {
    for (const [name, { sinceMs }] of kept) if (nowMs - sinceMs >= verifierKeptMsMax) kept.delete(name);
  };

  return {
    get(name, derive) {
      const nowMs = clock.monotonicMs();
      const found = kept.get(name);
      if (found !== undefined && nowMs - found.sinceMs < verifierKeptMsMax) {
        // A Map lists its keys in the order they were put in: putting it in again makes it the newest.
        kept.delete(name);
        kept.set(name, found);
        return found.verifier;
      }
      kept.delete(name);
      dropExpired(nowMs);
      if (kept.size >= verifiersKeptMax) {
        for (const oldest of kept.keys()) {
          kept.delete(oldest);
          break;
        }
      }
      const entry = { verifier: derive(), sinceMs: nowMs };
      kept.set(name, entry);
      entry.verifier.catch(() => {
        if (kept.get(name) === entry) kept.delete(name);
      });
      return entry.verifier;
    },
    forget(prefix) {
      for (const name of kept.keys()) if (name.startsWith(prefix)) kept.delete(name);
    },
  };
}
