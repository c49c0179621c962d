/**
 * One venue as the gateway uses it: the wire, its clock, and the two things that bound what we send there, the number
 * of requests in flight and the tap that a 429 or 418 closes.
 */
import type { VerifyingClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { VenueName } from "../keys/venue-key.ts";
import { afterAnswer, closedAt } from "../limits/tap.ts";
import type { Closure } from "../limits/tap.ts";
import { clockOffset } from "./clock-offset.ts";
import type { ClockOffset } from "./clock-offset.ts";
import { connectVenue } from "./connection.ts";
import type { VenueReply, VenueRequest } from "./connection.ts";

/** Requests on their way to one venue at once; beyond them a request is refused at once rather than queued. */
export const inFlightMax = 256;
/** Of those, kept for cancels: a full house must not keep anyone from getting out. */
export const inFlightForCancels = 32;

export interface Venue {
  readonly name: VenueName;
  readonly origin: string;
  readonly clock: ClockOffset;
  /** Why nothing may be sent now, if so. */
  closed(): { status: 429 | 418; untilMs: number; seconds: number } | undefined;
  /** Takes a place among the requests in flight, or returns undefined when all are taken; give it back once. */
  takePlace(isCancel: boolean): { giveBack(): void } | undefined;
  inFlight(): number;
  /** Whether the venue answered the last request that was sent; undefined before the first. */
  reachable(): boolean | undefined;
  /** Sends once; learns from the answer (closes the tap on 429 and 418, doubts the clock on -1021). */
  send(request: VenueRequest, lastLook: () => void, written?: () => void): Promise<VenueReply>;
  close(): Promise<void>;
}

export function openVenue(parts: {
  name: VenueName;
  origin: string;
  clock: VerifyingClock;
  log: Log;
  answerMsMax?: number;
}): Venue {
  const { name, origin, clock, log, answerMsMax } = parts;
  const connection = connectVenue({ origin, ...(answerMsMax !== undefined && { answerMsMax }) });
  const offset = clockOffset({ connection, clock, log });
  let closure: Closure | undefined;
  let placesTaken = 0;
  let reachable: boolean | undefined;

  function learn(reply: VenueReply): void {
    if (reply.kind !== "stopped") reachable = reply.kind === "answered";
    if (reply.kind !== "answered") return;
    const retryAfter = reply.headers.get("retry-after");
    const next = afterAnswer(closure, { status: reply.status, retryAfter, nowMs: clock.nowMs() });
    if (next !== closure) log.warn("venue closed the tap", { venue: name, status: reply.status, retryAfter });
    closure = next;
    if (reply.status === 400 && reply.body.includes('"code":-1021')) offset.doubt();
  }

  return {
    name,
    origin,
    clock: offset,
    closed: () => closedAt(closure, clock.nowMs()),
    inFlight: () => placesTaken,
    reachable: () => reachable,
    takePlace(isCancel) {
      if (placesTaken >= (isCancel ? inFlightMax : inFlightMax - inFlightForCancels)) return undefined;
      placesTaken += 1;
      let given = false;
      return {
        giveBack() {
          if (!given) placesTaken -= 1;
          given = true;
        },
      };
    },
    async send(request, lastLook, written) {
      const reply = await connection.send(request, lastLook, written);
      learn(reply);
      return reply;
    },
    async close() {
      offset.close();
      await connection.close();
    },
  };
}
