/** The public key that a bot's owner uploads: checked, and kept in its one canonical text. */
import { normalizePublicKey } from "@countersign/signing";
import type { Algorithm } from "@countersign/signing";
import { KeyError } from "./key-error.ts";

/** An RSA-4096 public key in PEM has 800 characters. */
export const publicKeyCharsMax = 4096;

/**
 * The canonical PEM, or undefined for HMAC, which takes none.
 * @throws KeyError `algorithm-unknown`, `public-key-missing`, `public-key-unexpected`, `public-key-malformed`
 */
export async function parseUploadedKey(
  algorithm: Algorithm,
  publicKeyPem: string | undefined,
): Promise<string | undefined> {
  switch (algorithm) {
    case "HMAC":
      if (publicKeyPem === undefined) return undefined;
      throw new KeyError("public-key-unexpected", "an HMAC key has no public key: its secret is made here");
    case "ED25519":
    case "RSA":
      if (publicKeyPem === undefined) {
        throw new KeyError("public-key-missing", `upload the public key of the ${algorithm} key pair`);
      }
      return await normalized(algorithm, publicKeyPem);
    default:
      algorithm satisfies never;
      throw new KeyError("algorithm-unknown", "the algorithms are HMAC, ED25519 and RSA");
  }
}

async function normalized(algorithm: "ED25519" | "RSA", publicKeyPem: string): Promise<string> {
  const malformed = new KeyError(
    "public-key-malformed",
    `this is no ${algorithm} public key that can be used`,
  );
  if (publicKeyPem.length > publicKeyCharsMax) throw malformed;
  try {
    return await normalizePublicKey(algorithm, publicKeyPem);
  } catch {
    throw malformed;
  }
}
