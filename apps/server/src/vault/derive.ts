/**
 * What is derived from the root key and stored nowhere: client secrets and the keys of row MACs.
 * Each has a label of its own, so that none can stand in for another.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Secret } from "../base/secret.ts";
import { lengthPrefixed } from "./length-prefix.ts";
import type { RootKeys } from "./root-keys.ts";

/** The bytes of one generation's salt; erasing them destroys the secret. */
export const clientSaltBytes = 32;
/** Enough that rejection sampling never runs short of letters: 54 of 128 bytes must be below 248. */
const clientSecretBytes = 128;
const macBytes = 32;
const macVersionBytes = 4;

export interface ClientSecretDerivation {
  readonly rootVersion: number;
  readonly salt: Buffer;
  readonly clientKeyId: string;
  readonly generation: number;
  readonly algorithm: string;
  readonly realm: "live" | "sandbox";
}

/**
 * 128 bytes from which the text of a client's HMAC secret is made.
 * @throws RangeError when the salt is not `clientSaltBytes` long. @throws VaultError `root-version-unknown`
 */
export function deriveClientSecret(rootKeys: RootKeys, input: ClientSecretDerivation): Secret<Buffer> {
  if (input.salt.length !== clientSaltBytes) throw new RangeError(`a salt has ${clientSaltBytes} bytes`);
  const { realm, clientKeyId, generation, algorithm } = input;
  return rootKeys.derive({
    rootVersion: input.rootVersion,
    salt: input.salt,
    info: lengthPrefixed(["countersign/client-secret/v1", realm, clientKeyId, String(generation), algorithm]),
    byteCount: clientSecretBytes,
  });
}

export interface MacInput {
  /** What kind of row it is, realm included, e.g. `client-key/live`: a MAC of one kind fits no other. */
  readonly purpose: string;
  readonly parts: readonly (string | Uint8Array)[];
}

/** `root version (u32, big-endian) ‖ HMAC-SHA256` over the parts, under a key of this purpose alone. */
export function rowMac(rootKeys: RootKeys, input: MacInput): Buffer {
  return macUnder(rootKeys, rootKeys.currentVersion, input);
}

/** Whether `mac` is the MAC of these parts, compared in constant time; false for a root version we do not have. */
export function rowMacMatches(rootKeys: RootKeys, input: MacInput, mac: Buffer): boolean {
  if (mac.length !== macVersionBytes + macBytes) return false;
  const rootVersion = mac.readUInt32BE(0);
  if (!rootKeys.versions.includes(rootVersion)) return false;
  return timingSafeEqual(macUnder(rootKeys, rootVersion, input), mac);
}

function macUnder(rootKeys: RootKeys, rootVersion: number, { purpose, parts }: MacInput): Buffer {
  const info = lengthPrefixed(["countersign/row-mac/v1", purpose]);
  const key = rootKeys.derive({ rootVersion, salt: Buffer.alloc(0), info, byteCount: 32 }).reveal();
  const version = Buffer.alloc(macVersionBytes);
  version.writeUInt32BE(rootVersion);
  const mac = createHmac("sha256", key).update(lengthPrefixed(parts)).digest();
  key.fill(0);
  return Buffer.concat([version, mac]);
}
