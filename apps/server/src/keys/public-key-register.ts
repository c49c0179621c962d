/**
 * Which public keys are taken: a client key must not equal a venue key or another client's key, or one party's
 * signature would pass for another's. Keys are compared in their canonical text.
 */
import { KeyError } from "./key-error.ts";

export interface PublicKeyRegister {
  /** Takes it; the returned function gives it back. @throws KeyError `public-key-in-use` */
  claim(publicKeyPem: string): () => void;
}

/** An empty register; the venue keys' room makes the one that both rooms use. */
export function createPublicKeyRegister(): PublicKeyRegister {
  const taken = new Set<string>();
  return {
    claim(publicKeyPem) {
      if (taken.has(publicKeyPem)) {
        throw new KeyError("public-key-in-use", "this public key is already in use; make a new key pair");
      }
      taken.add(publicKeyPem);
      return () => void taken.delete(publicKeyPem);
    },
  };
}
