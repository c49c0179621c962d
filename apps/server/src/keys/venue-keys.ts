/**
 * The venue keys: the exchange's own keys, sealed at rest, opened once at the start and kept as signers.
 * They sign; their secrets are never given out again.
 */
import { importSigner, isApiKeyFormat, publicKeyOf } from "@countersign/signing";
import type { Algorithm, Signer, SigningKey } from "@countersign/signing";
import type { ActEntry } from "../audit/entry.ts";
import type { Clock } from "../base/clock.ts";
import { reasonOf } from "../base/log.ts";
import type { Log } from "../base/log.ts";
import { randomText } from "../base/random.ts";
import type { Random } from "../base/random.ts";
import type { Secret } from "../base/secret.ts";
import { rowMac, rowMacMatches } from "../vault/derive.ts";
import type { RootKeys } from "../vault/root-keys.ts";
import { open, seal } from "../vault/seal.ts";
import type { SealContext } from "../vault/seal.ts";
import { parseLabel } from "./grant-input.ts";
import { KeyError } from "./key-error.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { createPublicKeyRegister } from "./public-key-register.ts";
import type { PublicKeyRegister } from "./public-key-register.ts";
import { venueKeyMacInput } from "./row-mac.ts";
import type { StoredVenueKey, VenueKey, VenueKeyStore, VenueName, VenueSigner } from "./venue-key.ts";

/** As many as the exchange gives one account. */
export const venueKeysMax = 30;
const accountUidText = /^[A-Za-z0-9]{1,32}$/;
const idChars = 16;

export interface VenueKeyInput {
  readonly label: string;
  readonly algorithm: Algorithm;
  /** The public id the venue knows the key by. */
  readonly apiKey: string;
  /** The venue's secret (HMAC), or the private key as PKCS#8 PEM. */
  readonly secret: Secret;
  /** As the venue itself told it. */
  readonly accountUid: string;
}

/** A venue key as a list shows it. */
export interface ListedVenueKey extends VenueKey {
  /** Its record was altered or does not open: it is never used. */
  readonly damaged: boolean;
  /** Whether it signs: sound, and of the venue this installation talks to. */
  readonly signs: boolean;
}

export interface VenueKeys {
  /**
   * Imports a key of the configured venue. Resolves once it is on disk.
   * @throws KeyError `label-malformed`, `algorithm-unknown`, `venue-api-key-malformed`, `venue-api-key-twice`,
   * `account-uid-malformed`, `venue-secret-malformed`, `public-key-in-use`, `venue-keys-too-many`
   */
  add(input: VenueKeyInput): Promise<VenueKey>;
  list(): readonly ListedVenueKey[];
  show(id: string): ListedVenueKey | undefined;
  /** Undefined for a key that is unknown, damaged, or of another venue. */
  signerFor(id: string): VenueSigner | undefined;
  /** How many records failed their check at the start. */
  damagedCount(): number;
  /** Public keys in use, the venue's and the clients' alike. */
  readonly publicKeys: PublicKeyRegister;
}

export interface VenueKeysInput {
  readonly store: VenueKeyStore;
  readonly rootKeys: RootKeys;
  /** The venue this installation talks to. */
  readonly venue: VenueName;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

interface HeldVenueKey {
  readonly key: VenueKey;
  readonly damaged: boolean;
  readonly signer: VenueSigner | undefined;
}

/** Loads, checks and opens every venue key. A key that fails is logged, listed as damaged, and never signs. */
export async function openVenueKeys(input: VenueKeysInput): Promise<VenueKeys> {
  const { store, rootKeys, venue, log } = input;
  const publicKeys = createPublicKeyRegister();
  const held = new Map<string, HeldVenueKey>();
  const change = oneAtATime();
  for (const stored of await store.all()) {
    const loaded = await load(stored, { rootKeys, venue, log });
    if (!loaded.damaged && stored.key.publicKeyPem !== undefined) publicKeys.claim(stored.key.publicKeyPem);
    held.set(stored.key.id, loaded);
  }

  const listed = ({ key, damaged, signer }: HeldVenueKey): ListedVenueKey => ({
    ...key,
    damaged,
    signs: signer !== undefined,
  });

  return {
    publicKeys,
    add: (asked) =>
      change(async () => {
        if (held.size >= venueKeysMax) {
          throw new KeyError("venue-keys-too-many", `there are at most ${venueKeysMax} venue keys`);
        }
        const { key, signer } = await prepare(asked, input);
        if (held.values().some((each) => each.key.venue === venue && each.key.apiKey === key.apiKey)) {
          throw new KeyError("venue-api-key-twice", "this API key is already imported");
        }
        const release = key.publicKeyPem === undefined ? undefined : publicKeys.claim(key.publicKeyPem);
        try {
          await store.insert(sealed(key, asked.secret, input), actOf(key));
        } catch (error) {
          release?.();
          throw error;
        }
        held.set(key.id, { key, damaged: false, signer: venueSigner(key, signer) });
        return key;
      }),
    list: () => [...held.values()].map(listed),
    show(id) {
      const found = held.get(id);
      return found === undefined ? undefined : listed(found);
    },
    signerFor: (id) => held.get(id)?.signer,
    damagedCount: () => held.values().reduce((count, each) => count + (each.damaged ? 1 : 0), 0),
  };
}

async function load(
  stored: StoredVenueKey,
  { rootKeys, venue, log }: Pick<VenueKeysInput, "rootKeys" | "venue" | "log">,
): Promise<HeldVenueKey> {
  const { key } = stored;
  try {
    if (!rowMacMatches(rootKeys, venueKeyMacInput(stored), stored.rowMac)) {
      throw new KeyError("venue-key-unusable", "the row does not match its MAC");
    }
    const secret = open(rootKeys, sealContext(key, stored.rowVersion), stored.sealed);
    const signer = await importSigner(signingKey(key.algorithm, secret));
    return { key, damaged: false, signer: key.venue === venue ? venueSigner(key, signer) : undefined };
  } catch (error) {
    log.error("a venue key is damaged and will not sign", { venueKeyId: key.id, reason: reasonOf(error) });
    return { key, damaged: true, signer: undefined };
  }
}

async function prepare(
  asked: VenueKeyInput,
  input: VenueKeysInput,
): Promise<{ key: VenueKey; signer: Signer }> {
  const label = parseLabel(asked.label);
  const { algorithm, apiKey, accountUid } = asked;
  if (!isApiKeyFormat(apiKey)) {
    throw new KeyError("venue-api-key-malformed", "the exchange's API key has 64 letters and digits");
  }
  if (!accountUidText.test(accountUid)) {
    throw new KeyError("account-uid-malformed", "the exchange gave no account id that can be used");
  }
  const { signer, publicKeyPem } = await importSecret(algorithm, asked.secret);
  const id = `vk_${randomText(input.random, idChars)}`;
  const createdMs = input.clock.wallMs();
  return {
    key: { id, label, venue: input.venue, accountUid, algorithm, apiKey, publicKeyPem, createdMs },
    signer,
  };
}

/** The secret as a signer. What it refuses it refuses without repeating a word of it. */
async function importSecret(
  algorithm: Algorithm,
  secret: Secret,
): Promise<{ signer: Signer; publicKeyPem: string | undefined }> {
  const key = signingKey(algorithm, secret);
  if (key.algorithm === "HMAC" && !isApiKeyFormat(key.secret)) {
    throw new KeyError("venue-secret-malformed", "the exchange's secret has 64 letters and digits");
  }
  try {
    const publicKeyPem = key.algorithm === "HMAC" ? undefined : await publicKeyOf(key);
    return { signer: await importSigner(key), publicKeyPem };
  } catch {
    throw new KeyError(
      "venue-secret-malformed",
      `this is no ${algorithm} private key in unencrypted PKCS#8 PEM`,
    );
  }
}

function signingKey(algorithm: Algorithm, secret: Secret): SigningKey {
  switch (algorithm) {
    case "HMAC":
      return { algorithm, secret: secret.reveal() };
    case "ED25519":
    case "RSA":
      return { algorithm, privateKeyPem: secret.reveal() };
    default:
      algorithm satisfies never;
      throw new KeyError("algorithm-unknown", "the algorithms are HMAC, ED25519 and RSA");
  }
}

function sealed(key: VenueKey, secret: Secret, { rootKeys, random }: VenueKeysInput): StoredVenueKey {
  const rowVersion = 1;
  const unsigned = {
    key,
    sealed: seal({ rootKeys, random }, sealContext(key, rowVersion), secret),
    rowVersion,
  };
  return { ...unsigned, rowMac: rowMac(rootKeys, venueKeyMacInput(unsigned)) };
}

/** The venue is part of the purpose, so a sandbox's record can never be passed off as a live one. */
function sealContext(key: VenueKey, version: number): SealContext {
  return { purpose: `venue-key-secret/${key.venue}`, table: "venue_keys", recordId: key.id, version };
}

function venueSigner(key: VenueKey, signer: Signer): VenueSigner {
  return { venueKeyId: key.id, accountUid: key.accountUid, apiKey: key.apiKey, signer };
}

function actOf(key: VenueKey): ActEntry {
  const { label, venue, accountUid, algorithm, apiKey } = key;
  return {
    kind: "act",
    atMs: key.createdMs,
    act: "venue-key.add",
    by: "local",
    subject: key.id,
    detail: { label, venue, accountUid, algorithm, apiKey },
  };
}
