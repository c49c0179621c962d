/**
 * What travels over the control socket: requests and answers as closed zod schemas, and the types they infer.
 * A field that is not listed is refused on both sides; times are ISO 8601 in UTC; a secret travels once, in one direction.
 */
import { z } from "zod";
import { permissions } from "./permissions.ts";

/** Bounds of what a request may carry; the rooms behind judge the meaning. */
export const labelCharsMax = 64;
export const listEntriesMax = 30;
export const secretCharsMax = 16_384;
const textCharsMax = 256;
const pemCharsMax = 16_384;

const id = z.string().min(1).max(textCharsMax);
const label = z.string().min(1).max(labelCharsMax);
const pem = z.string().min(1).max(pemCharsMax);
/** As the exchange makes them; other text would not survive a header. */
const apiKey = z
  .string()
  .regex(/^[A-Za-z0-9]{64}$/, { error: "must be 64 letters and digits, as the exchange made it" });
const time = z.iso.datetime();
const count = z.int().min(0);

export const algorithmSchema = z.enum(["HMAC", "ED25519", "RSA"]);
const venueSchema = z.enum(["binance", "testnet", "demo", "sandbox"]);
const permissionSchema = z.enum(permissions);
/** A list, or `any` by explicit choice. */
const listOrAny = z.union([
  z.array(z.string().min(1).max(textCharsMax)).max(listEntriesMax),
  z.literal("any"),
]);

/**
 * A client key as operators see it. `revoking`: nothing passes with it, but that is not on disk yet, revoke it again.
 * `damaged`: its record fails its check and is never used.
 */
export const clientKeyViewSchema = z.strictObject({
  id,
  label,
  algorithm: algorithmSchema,
  state: z.enum(["active", "revoking", "revoked", "damaged"]),
  generation: count,
  permissions: z.array(permissionSchema),
  addresses: listOrAny,
  symbols: listOrAny,
  venueKeyId: id,
  publicKeyPem: pem.exactOptional(),
  createdAt: time,
  revokedAt: time.exactOptional(),
});
export type ClientKeyView = z.infer<typeof clientKeyViewSchema>;

export const clientKeyListSchema = z.strictObject({ clientKeys: z.array(clientKeyViewSchema) });
export type ClientKeyList = z.infer<typeof clientKeyListSchema>;

/** `POST /v1/client-keys`. Nothing has a default: each right is said. */
export const issueClientKeyRequestSchema = z.strictObject({
  label,
  algorithm: algorithmSchema,
  publicKeyPem: pem.exactOptional(),
  permissions: z.array(permissionSchema).max(permissions.length),
  addresses: listOrAny,
  symbols: listOrAny,
  venueKeyId: id,
});
export type IssueClientKeyRequest = z.infer<typeof issueClientKeyRequestSchema>;

/** The answer that carries an HMAC secret, this once. */
export const issueClientKeyResponseSchema = z.strictObject({
  key: clientKeyViewSchema,
  secret: z.string().min(1).max(secretCharsMax).exactOptional(),
});
export type IssueClientKeyResponse = z.infer<typeof issueClientKeyResponseSchema>;

/** The body of a request that says nothing more than its path. */
export const emptyRequestSchema = z.strictObject({});

/** A venue key as operators see it: never its secret. */
export const venueKeyViewSchema = z.strictObject({
  id,
  label,
  venue: venueSchema,
  /** `other-venue` and `damaged` keys are kept and never sign. */
  state: z.enum(["signs", "other-venue", "damaged"]),
  accountUid: id,
  algorithm: algorithmSchema,
  apiKey: id,
  publicKeyPem: pem.exactOptional(),
  createdAt: time,
});
export type VenueKeyView = z.infer<typeof venueKeyViewSchema>;

export const venueKeyListSchema = z.strictObject({ venueKeys: z.array(venueKeyViewSchema) });
export type VenueKeyList = z.infer<typeof venueKeyListSchema>;

/** `POST /v1/venue-keys`. Venue and account are not asked: the server knows the one and asks the venue for the other. */
export const addVenueKeyRequestSchema = z.strictObject({
  label,
  algorithm: algorithmSchema,
  apiKey,
  /** The HMAC secret, or the private key as PKCS#8 PEM. Goes in once and never comes out. */
  secret: z.string().min(1).max(secretCharsMax),
});
export type AddVenueKeyRequest = z.infer<typeof addVenueKeyRequestSchema>;

export const statusViewSchema = z.strictObject({
  version: id,
  venue: venueSchema,
  dataUrl: z.url(),
  controlUrl: z.url(),
  /** Milliseconds since the server was ready. */
  uptimeMs: count,
  journal: z.strictObject({ available: z.boolean(), entries: count, intents: count, unknown: count }),
  /** `venueOffsetMs`: the venue's clock minus ours; null while unmeasured. */
  clock: z.strictObject({ steady: z.boolean(), venueOffsetMs: z.number().nullable() }),
  clientKeys: z.strictObject({ active: count, revoked: count, damaged: count }),
  venueKeys: count,
  /** Whether the venue answered when it was last asked; null while it was not asked yet. */
  venueReachable: z.boolean().nullable(),
});
export type StatusView = z.infer<typeof statusViewSchema>;

/** Every answer that is not a success. `venue` holds what the exchange itself said, where it refused. */
export const problemSchema = z.strictObject({
  error: z.strictObject({
    code: z.string().min(1),
    message: z.string(),
    field: z.string().exactOptional(),
    venue: z.strictObject({ code: z.number(), message: z.string() }).exactOptional(),
  }),
});
export type Problem = z.infer<typeof problemSchema>;
