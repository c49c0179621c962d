/** ⑤ Is there room? Takes a place among the requests in flight; refuses at once while the venue told us to wait. */
import type { Venue } from "../venue/venue.ts";
import type { VerifyingClock } from "../base/clock.ts";
import type { Authorized } from "./authorize.ts";
import { Refusal } from "./refusal.ts";

/** A request with a place among those in flight; the place is given back by `handle` whatever happens. */
class Admitted {
  readonly #step = "admitted";
  readonly authorized: Authorized;
  readonly leave: () => void;

  constructor(authorized: Authorized, leave: () => void) {
    this.authorized = authorized;
    this.leave = leave;
  }

  get step(): string {
    return this.#step;
  }
}
export type { Admitted };

/** @throws Refusal -1003 with Retry-After while the tap is closed, -1008 when all places are taken or time runs back. */
export function limit(authorized: Authorized, parts: { venue: Venue; clock: VerifyingClock }): Admitted {
  const { service, endpoint } = authorized.parsed;
  if (service.mutates && !parts.clock.steady()) throw new Refusal("clock-unsteady");
  const closed = parts.venue.closed();
  if (closed !== undefined) {
    const name = closed.status === 418 ? "venue-banned" : "venue-rate-limited";
    throw new Refusal(name, [closed.untilMs], closed.seconds);
  }
  const place = parts.venue.takePlace(endpoint.method === "DELETE");
  if (place === undefined) throw new Refusal("venue-busy");
  return new Admitted(authorized, () => place.giveBack());
}
