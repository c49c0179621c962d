// Keys in, signers and verifiers out, on whichever platform is given. The algorithm comes from the key object only:
// nothing in a request can choose it.

import type { AsymmetricAlgorithm, Signer, SigningKey, Verifier, VerifyingKey } from "./algorithm.ts";
import type { CryptoPlatform, PrivateKey } from "./crypto.ts";
import { KeyFormatError } from "./errors.ts";
import { encodeEd25519, readPrivateKey, readPublicKey } from "./key-encoding.ts";
import type { PublicKeyEncoding } from "./key-encoding.ts";
import { decodePem, encodePem } from "./pem.ts";
import { decodeBase64, decodeHex, encodeBase64, encodeHex } from "./text-encoding.ts";

/** Longer secrets are refused; Binance's and ours have 64 characters. */
export const secretCharsMax = 256;

const hmacHexChars = 64;
const selfTest = new TextEncoder().encode("countersign: does this private key match its public half?");

/** The functions of this package that need cryptography, bound to one platform. */
export interface Keyring {
  importSigner(key: SigningKey): Promise<Signer>;
  importVerifier(key: VerifyingKey): Promise<Verifier>;
  normalizePublicKey(algorithm: AsymmetricAlgorithm, pem: string): Promise<string>;
  publicKeyOf(key: { algorithm: AsymmetricAlgorithm; privateKeyPem: string }): Promise<string>;
}

function secretBytes(secret: string): Uint8Array {
  // A blank or a newline is nearly always a slip of the paste, and would sign everything wrongly.
  if (secret.length > secretCharsMax || !/^[\x21-\x7e]+$/.test(secret)) {
    throw new KeyFormatError("secret-malformed", "The secret must be 1 to 256 printable ASCII characters.");
  }
  return new TextEncoder().encode(secret);
}

async function accepted<T>(attempt: Promise<T>): Promise<T> {
  try {
    return await attempt;
  } catch {
    // The platform's own text is dropped: it may quote what it could not read.
    throw new KeyFormatError("key-inconsistent", "The platform's cryptography refuses the key.");
  }
}

async function hmacVerifier(platform: CryptoPlatform, secret: string): Promise<Verifier> {
  const key = await platform.hmac(secretBytes(secret));
  return {
    algorithm: "HMAC",
    async verify(payload, signature) {
      const tag = signature.length === hmacHexChars ? decodeHex(signature) : undefined;
      return tag !== undefined && key.verify(payload, tag);
    },
  };
}

async function asymmetricVerifier(
  platform: CryptoPlatform,
  algorithm: AsymmetricAlgorithm,
  { spki, signatureBytes }: PublicKeyEncoding,
): Promise<Verifier> {
  const key = await accepted(platform.publicKey(algorithm, spki));
  const signatureChars = Math.ceil(signatureBytes / 3) * 4;
  return {
    algorithm,
    async verify(payload, signature) {
      if (signature.length !== signatureChars) return false;
      const bytes = decodeBase64(signature);
      return bytes !== undefined && bytes.length === signatureBytes && key.verify(payload, bytes);
    },
  };
}

interface OpenedPrivateKey {
  readonly privateKey: PrivateKey;
  readonly publicKey: PublicKeyEncoding;
}

async function openPrivateKey(
  platform: CryptoPlatform,
  algorithm: AsymmetricAlgorithm,
  pem: string,
): Promise<OpenedPrivateKey> {
  const encoding = readPrivateKey(algorithm, decodePem(pem, "PRIVATE KEY"));
  const privateKey = await accepted(platform.privateKey(algorithm, encoding.pkcs8));
  const publicKey =
    encoding.algorithm === "RSA"
      ? encoding.publicKey
      : encodeEd25519(await accepted(platform.ed25519Point(encoding.pkcs8)));
  // A damaged RSA key would sign, wrongly, and one such signature can give its factors away.
  const verifier = await asymmetricVerifier(platform, algorithm, publicKey);
  const signature = encodeBase64(await accepted(privateKey.sign(selfTest)));
  if (!(await verifier.verify(selfTest, signature))) {
    throw new KeyFormatError("key-inconsistent", "The private key does not match its public half.");
  }
  return { privateKey, publicKey };
}

/** Binds the key functions to a platform. The package's own exports use the one that `#crypto` names. */
export function createKeyring(platform: CryptoPlatform): Keyring {
  return {
    async importSigner(key) {
      if (key.algorithm === "HMAC") {
        const hmac = await platform.hmac(secretBytes(key.secret));
        return { algorithm: "HMAC", sign: async (payload) => encodeHex(await hmac.sign(payload)) };
      }
      const { privateKey } = await openPrivateKey(platform, key.algorithm, key.privateKeyPem);
      return {
        algorithm: key.algorithm,
        sign: async (payload) => encodeBase64(await privateKey.sign(payload)),
      };
    },
    async importVerifier(key) {
      if (key.algorithm === "HMAC") return hmacVerifier(platform, key.secret);
      const encoding = readPublicKey(key.algorithm, decodePem(key.publicKeyPem, "PUBLIC KEY"));
      return asymmetricVerifier(platform, key.algorithm, encoding);
    },
    async normalizePublicKey(algorithm, pem) {
      const { spki } = readPublicKey(algorithm, decodePem(pem, "PUBLIC KEY"));
      await accepted(platform.publicKey(algorithm, spki));
      return encodePem("PUBLIC KEY", spki);
    },
    async publicKeyOf({ algorithm, privateKeyPem }) {
      const { publicKey } = await openPrivateKey(platform, algorithm, privateKeyPem);
      return encodePem("PUBLIC KEY", publicKey.spki);
    },
  };
}
