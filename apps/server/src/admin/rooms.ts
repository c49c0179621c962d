/**
 * What the control plane needs of the other rooms, and nothing more: it can hand a new secret on and pass an issued
 * one out once, and has no way to read one back.
 */
import type { StatusView } from "@countersign/contract";
import type { Log } from "../base/log.ts";
import type { ClientKeys } from "../keys/client-keys.ts";
import type { VenueKeyInput, VenueKeys } from "../keys/venue-keys.ts";

/** The keys room's face towards operators; refusals are `KeyError`s. */
export type ClientKeyDesk = Pick<ClientKeys, "issue" | "list" | "show" | "revoke">;
export type VenueKeyDesk = Pick<VenueKeys, "add" | "list" | "show">;

/**
 * Asks the venue, by one signed `GET /api/v3/account`, whose key this is.
 * @throws UnusableSecret; VenueRefusal with the venue's own code and text; anything else counts as "no answer".
 */
export type Identify = (
  candidate: Omit<VenueKeyInput, "label" | "accountUid">,
) => Promise<{ accountUid: string }>;

/** The venue said no, in its own words. */
export class VenueRefusal extends Error {
  override readonly name = "VenueRefusal";
  /** E.g. -2015. */
  readonly venueCode: number;

  constructor(venueCode: number, venueText: string) {
    super(venueText);
    this.venueCode = venueCode;
  }
}

/** What was handed in is no key of the algorithm it claims; nothing was asked of the venue. */
export class UnusableSecret extends Error {
  override readonly name = "UnusableSecret";
}

/** What only the running server as a whole knows; the rest of the status is counted here. */
export type ServerFacts = Omit<StatusView, "controlUrl" | "uptimeMs" | "clientKeys" | "venueKeys">;

/** What health looks at: answered from memory, so that a probe costs nothing. */
export interface Health {
  readonly journalAvailable: boolean;
  readonly clockSteady: boolean;
}

/** All that the routes of the control socket reach. */
export interface ControlRooms {
  readonly clientKeys: ClientKeyDesk;
  readonly venueKeys: VenueKeyDesk;
  readonly identify: Identify;
  /** The full status, as it goes over the wire. */
  readonly status: () => Promise<StatusView>;
  readonly log: Log;
}
