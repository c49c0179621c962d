// Everything between a request's arrival and its handler: endpoint, time unit, parameters, key, timing, signature,
// address, permission, in this order. It changes nothing; what passes comes back as a call ready to run.

import { addressAllowed, hasKeyForm, type KeyRecord } from "../auth/keys.ts";
import { signatureFits } from "../auth/signature.ts";
import { checkArrival, checkStillInside, readTiming, type Timing } from "../auth/timing.ts";
import type { Call, Endpoint, Json } from "../endpoints/endpoint.ts";
import { findEndpoint } from "../endpoints/table.ts";
import { refusals, unknownPath } from "../errors.ts";
import type { Venue } from "../venue.ts";
import { checkParameters, type ParameterSpec, type RequestParameters } from "./parameters.ts";
import { readParameters, type Arrival } from "./wire.ts";

/** What is known of a request however far it came; filled in step by step. */
export interface Progress {
  endpoint?: Endpoint;
  parameters?: RequestParameters;
  key?: KeyRecord;
}

/** Runs the handler; `nowMs` is the time at which the engine would meet the request. */
export type Run = (notes: Pick<Call, "executed" | "countOrders">, nowMs: number) => Json;

const signedParameters: readonly ParameterSpec[] = [
  { name: "recvWindow", kind: "decimal" },
  { name: "timestamp", kind: "integer", mandatory: true },
];

/** @throws Refusal of any of the steps above */
export function prepare(venue: Venue, arrival: Arrival, nowMs: number, progress: Progress): Run {
  const endpoint = findEndpoint(arrival.method, arrival.path);
  if (endpoint === undefined) throw unknownPath(arrival.method, arrival.path);
  progress.endpoint = endpoint;
  const time = timeUnit(arrival.headers["x-mbx-time-unit"]);
  const sent = readParameters(arrival);
  if (endpoint.security === "NONE") {
    const extra = sent.signature === undefined ? sent.values : new Map([...sent.values, ["signature", ""]]);
    const parameters = checkParameters(endpoint.parameters, extra, 0);
    progress.parameters = parameters;
    return (notes, nowMs) => endpoint.handle({ venue, parameters, nowMs, time, ...notes });
  }
  if (sent.signature === undefined || sent.signature === "") throw refusals.missing("signature");
  const specs = [...endpoint.parameters, ...signedParameters];
  const parameters = checkParameters(specs, sent.values, 1);
  progress.parameters = parameters;
  const timing = readTiming(parameters.need("timestamp"), parameters.text("recvWindow"));
  const key = findKey(venue, arrival.headers["x-mbx-apikey"]);
  progress.key = key;
  authenticate({ key, timing, nowMs, payload: sent.payload, signature: sent.signature });
  const permitted = endpoint.security === "TRADE" ? key.permissions.trade : key.permissions.reading;
  if (!addressAllowed(key, arrival.remoteAddress) || !permitted) throw refusals.keyRejected();
  const account = venue.exchange.account(key.uid);
  return (notes, nowMs) => {
    checkStillInside(timing, nowMs);
    return endpoint.handle({ venue, parameters, nowMs, time, key, account, ...notes });
  };
}

function findKey(venue: Venue, header: string | undefined): KeyRecord {
  if (header === undefined || !hasKeyForm(header)) throw refusals.keyFormat();
  const key = venue.keys.find(header);
  if (key === undefined) throw refusals.keyRejected();
  return key;
}

function authenticate(claim: {
  key: KeyRecord;
  timing: Timing;
  nowMs: number;
  payload: string;
  signature: string;
}): void {
  checkArrival(claim.timing, claim.nowMs);
  if (!signatureFits(claim.key, claim.payload, claim.signature)) throw refusals.signature();
}

function timeUnit(header: string | undefined): (timeMs: number) => number {
  switch (header) {
    case undefined:
    case "MILLISECOND":
    case "millisecond":
      return Math.floor;
    case "MICROSECOND":
    case "microsecond":
      return (timeMs) => Math.floor(timeMs * 1_000);
    default:
      throw refusals.timeUnit();
  }
}
