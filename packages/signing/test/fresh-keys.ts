// Keys made for one test run, one of each algorithm, and the names that go with them. No key here outlives the run.

import { generateKeyPairSync } from "node:crypto";
import type { SigningKey, VerifyingKey } from "../src/algorithm.ts";

export interface FreshKey {
  readonly algorithm: "HMAC" | "ED25519" | "RSA";
  readonly signing: SigningKey;
  readonly verifying: VerifyingKey;
}

export interface FreshPair {
  readonly privateKeyPem: string;
  readonly publicKeyPem: string;
}

const encodings = {
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
} as const;

export function freshEd25519(): FreshPair {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519", encodings);
  return { privateKeyPem: privateKey, publicKeyPem: publicKey };
}

export function freshRsa(modulusLength: number, publicExponent = 65_537): FreshPair {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength,
    publicExponent,
    ...encodings,
  });
  return { privateKeyPem: privateKey, publicKeyPem: publicKey };
}

function pairOf(algorithm: "ED25519" | "RSA", { privateKeyPem, publicKeyPem }: FreshPair): FreshKey {
  return { algorithm, signing: { algorithm, privateKeyPem }, verifying: { algorithm, publicKeyPem } };
}

const secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

export const freshKeys: readonly FreshKey[] = [
  { algorithm: "HMAC", signing: { algorithm: "HMAC", secret }, verifying: { algorithm: "HMAC", secret } },
  pairOf("ED25519", freshEd25519()),
  pairOf("RSA", freshRsa(2_048)),
];
