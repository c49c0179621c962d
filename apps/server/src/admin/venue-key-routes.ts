/**
 * Venue keys over the control socket: add, list, show. Before a key is kept, the venue itself says whose it is;
 * no route gives a secret back.
 */
import { addVenueKeyRequestSchema } from "@countersign/contract";
import type { VenueKeyList, VenueKeyView } from "@countersign/contract";
import type { Hono } from "hono";
import { Secret } from "../base/secret.ts";
import type { ListedVenueKey } from "../keys/venue-keys.ts";
import { readBody } from "./json-body.ts";
import { onlyMethods } from "./methods.ts";
import { AdminProblem, traceOf } from "./problem.ts";
import { UnusableSecret, VenueRefusal } from "./rooms.ts";
import type { ControlRooms } from "./rooms.ts";

const venueTextCharsMax = 300;

export function venueKeyRoutes(app: Hono, rooms: ControlRooms): void {
  const { venueKeys, log } = rooms;
  app
    .get("/v1/venue-keys", (c) => {
      return c.json({ venueKeys: venueKeys.list().map(venueKeyView) } satisfies VenueKeyList);
    })
    .post(async (c) => {
      const { label, algorithm, apiKey, secret } = await readBody(c, addVenueKeyRequestSchema);
      const candidate = { algorithm, apiKey, secret: new Secret(secret) };
      const { accountUid } = await askVenue(rooms, candidate, secret);
      const key = await venueKeys.add({ label, ...candidate, accountUid });
      log.info("venue key added", { venueKeyId: key.id, accountUid });
      return c.json(venueKeyView({ ...key, damaged: false, signs: true }), 201);
    })
    .all(onlyMethods("GET", "POST"));

  app
    .get("/v1/venue-keys/:id", (c) => {
      const key = venueKeys.show(c.req.param("id"));
      if (key === undefined)
        throw new AdminProblem("unknown-venue-key", "There is no venue key with this id.");
      return c.json(venueKeyView(key));
    })
    .all(onlyMethods("GET"));
}

type Candidate = Parameters<ControlRooms["identify"]>[0];

async function askVenue(
  rooms: ControlRooms,
  candidate: Candidate,
  secret: string,
): Promise<{ accountUid: string }> {
  try {
    return await rooms.identify(candidate);
  } catch (error) {
    if (error instanceof UnusableSecret) {
      throw new AdminProblem("unusable-secret", `The secret is no ${candidate.algorithm} key.`, {
        field: "secret",
      });
    }
    if (!(error instanceof VenueRefusal)) {
      rooms.log.warn("venue did not identify a key", traceOf(error));
      throw new AdminProblem(
        "venue-unreachable",
        "The venue gave no usable answer; nothing was stored. Try again.",
      );
    }
    const text = plainText(error.message.replaceAll(secret, "[secret]"));
    throw new AdminProblem("venue-refused", `The venue refused this key: ${error.venueCode} ${text}`, {
      venue: { code: error.venueCode, message: text },
    });
  }
}

/** The venue's words, without what could move a terminal's cursor. */
function plainText(text: string): string {
  return text.replace(/\p{C}/gu, " ").slice(0, venueTextCharsMax);
}

/** A venue key as it goes over the wire: field by field, so that a new inner field stays inside. */
export function venueKeyView(key: ListedVenueKey): VenueKeyView {
  return {
    id: key.id,
    label: key.label,
    venue: key.venue,
    state: key.damaged ? "damaged" : key.signs ? "signs" : "other-venue",
    accountUid: key.accountUid,
    algorithm: key.algorithm,
    apiKey: key.apiKey,
    ...(key.publicKeyPem !== undefined && { publicKeyPem: key.publicKeyPem }),
    createdAt: new Date(key.createdMs).toISOString(),
  };
}
