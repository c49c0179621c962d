/**
 * ⑥ Signs again, with the venue key, exactly the parameters that were judged: serialised from the parsed values, with
 * our timestamp, what is left of the client's recvWindow, and an order id where the bot named none. Client bytes end here.
 */
import { recvWindowMaxMs, serializeParams, signRest } from "@countersign/signing";
import type { JudgedParams } from "../audit/entry.ts";
import type { VerifyingClock } from "../base/clock.ts";
import type { Failpoint } from "../base/failpoint.ts";
import { randomText } from "../base/random.ts";
import type { Random } from "../base/random.ts";
import type { VenueSigner } from "../keys/venue-key.ts";
import type { VenueRequest } from "../venue/connection.ts";
import type { Venue } from "../venue/venue.ts";
import type { Admitted } from "./limit.ts";
import { Refusal } from "./refusal.ts";

/** Order ids that we add: 22 characters as Binance's own, with a start that says whose they are. */
const addedOrderIdStart = "cs";
const addedOrderIdLength = 22;

/** A request as it will go out, and what was judged. Only `countersign` makes one. */
class Countersigned {
  readonly #step = "countersigned";
  readonly admitted: Admitted;
  readonly request: VenueRequest;
  /** The judged parameters as they are sent, without timestamp, recvWindow and signature. */
  readonly judged: JudgedParams;
  /** Undefined for public endpoints. */
  readonly venueKeyId: string | undefined;

  constructor(fields: Pick<Countersigned, "admitted" | "request" | "judged" | "venueKeyId">) {
    this.admitted = fields.admitted;
    this.request = fields.request;
    this.judged = fields.judged;
    this.venueKeyId = fields.venueKeyId;
  }

  get step(): string {
    return this.#step;
  }
}
export type { Countersigned };

export interface CountersignParts {
  readonly venue: Venue;
  readonly venueSigner: (venueKeyId: string) => VenueSigner | undefined;
  readonly clock: VerifyingClock;
  readonly random: Random;
  readonly failpoint: Failpoint;
}

/** @throws Refusal -1021 when nothing is left of the client's window, -1002 when the grant's venue key cannot sign. */
export async function countersign(admitted: Admitted, parts: CountersignParts): Promise<Countersigned> {
  const { parsed, caller, accepted } = admitted.authorized;
  const judged = judgedParams(admitted, parts.random);
  const headers: Record<string, string> = { accept: "application/json", "user-agent": "countersign" };
  if (parsed.timeUnit !== undefined) headers["x-mbx-time-unit"] = parsed.timeUnit;
  if (caller === undefined) {
    const request = requestOf(admitted, serializeParams(judged), headers);
    return new Countersigned({ admitted, request, judged, venueKeyId: undefined });
  }

  const venueSigner = parts.venueSigner(caller.clientKey.key.grant.venueKeyId);
  if (venueSigner === undefined) throw new Refusal("venue-key-unusable");
  const leftMs = Math.floor(accepted.authenticated.deadlineMs - parts.clock.nowMs());
  if (leftMs < 1) throw new Refusal("timestamp-outside");
  const recvWindowMs = Math.min(leftMs, recvWindowMaxMs);
  const timing: JudgedParams = [
    ["recvWindow", String(recvWindowMs)],
    ["timestamp", String(parts.venue.clock.venueNowMs())],
  ];
  headers["x-mbx-apikey"] = venueSigner.apiKey;
  const request = requestOf(admitted, await signRest([...judged, ...timing], venueSigner.signer), headers);
  if (parsed.service.mutates) parts.failpoint("countersigned");
  return new Countersigned({ admitted, request, judged, venueKeyId: venueSigner.venueKeyId });
}

function judgedParams({ authorized }: Admitted, random: Random): JudgedParams {
  const { params, service } = authorized.parsed;
  const judged = [...params];
  const idParam = service.orderIdParam;
  if (idParam !== undefined && !params.has(idParam)) {
    const added = randomText(random, addedOrderIdLength - addedOrderIdStart.length);
    judged.push([idParam, addedOrderIdStart + added]);
  }
  return judged;
}

/** POST and PUT carry a form, GET and DELETE a query, as Binance's documentation has it. */
function requestOf({ authorized }: Admitted, text: string, headers: Record<string, string>): VenueRequest {
  const { method, path } = authorized.parsed.endpoint;
  if (method === "POST" || method === "PUT") {
    const form = { ...headers, "content-type": "application/x-www-form-urlencoded" };
    return { method, target: path, headers: form, body: text };
  }
  return { method, target: text === "" ? path : `${path}?${text}`, headers, body: undefined };
}
