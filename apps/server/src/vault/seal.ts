/**
 * Seals one secret of one record under the root key, bound to where it stands: a blob that is moved to another
 * purpose, table, record or version does not open.
 */
import type { Random } from "../base/random.ts";
import { Secret } from "../base/secret.ts";
import { boxOverheadBytes, openBox, sealBox } from "./committed-box.ts";
import type { BoxDerivation } from "./committed-box.ts";
import { lengthPrefixed } from "./length-prefix.ts";
import type { RootKeys } from "./root-keys.ts";
import { VaultError } from "./vault-error.ts";

/** Where a sealed secret stands; the same four values open it. */
export interface SealContext {
  readonly purpose: string;
  readonly table: string;
  readonly recordId: string;
  readonly version: number;
}

const formatByte = 1;
const headerBytes = 5;
/** No secret we keep is longer; an RSA-4096 key in PEM has about 3,300 bytes. */
export const sealedPlaintextBytesMax = 16_384;

/**
 * `format byte ‖ root version (u32, big-endian) ‖ salt ‖ nonce ‖ commitment ‖ ciphertext ‖ tag`.
 * @throws RangeError when the plaintext is longer than `sealedPlaintextBytesMax`.
 */
export function seal(
  { rootKeys, random }: { rootKeys: RootKeys; random: Random },
  context: SealContext,
  plaintext: Secret,
): Buffer {
  const bytes = Buffer.from(plaintext.reveal(), "utf8");
  if (bytes.length > sealedPlaintextBytesMax) throw new RangeError("a secret is too long to be sealed");
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(formatByte, 0);
  header.writeUInt32BE(rootKeys.currentVersion, 1);
  const derive = derivation(rootKeys, rootKeys.currentVersion);
  const box = sealBox({ derive, binding: bindingOf(context), random }, bytes);
  bytes.fill(0);
  return Buffer.concat([header, box]);
}

/** The secret again. @throws VaultError `sealed-damaged`, `root-version-unknown` */
export function open(rootKeys: RootKeys, context: SealContext, sealed: Buffer): Secret {
  const damaged = new VaultError("sealed-damaged", `the sealed secret of ${context.table} does not open`);
  if (sealed.length < headerBytes + boxOverheadBytes || sealed[0] !== formatByte) throw damaged;
  const derive = derivation(rootKeys, sealed.readUInt32BE(1));
  const plaintext = openBox({ derive, binding: bindingOf(context) }, sealed.subarray(headerBytes));
  if (plaintext === undefined) throw damaged;
  const secret = new Secret(plaintext.toString("utf8"));
  plaintext.fill(0);
  return secret;
}

/** Under which root key a blob was sealed, for the count of what still needs rewrapping. */
export function sealedRootVersion(sealed: Buffer): number | undefined {
  return sealed.length >= headerBytes && sealed[0] === formatByte ? sealed.readUInt32BE(1) : undefined;
}

function bindingOf({ purpose, table, recordId, version }: SealContext): Buffer {
  return lengthPrefixed(["countersign/seal/v1", purpose, table, recordId, String(version), "AES-256-GCM"]);
}

function derivation(rootKeys: RootKeys, rootVersion: number): BoxDerivation {
  return (input) => rootKeys.derive({ ...input, rootVersion });
}
