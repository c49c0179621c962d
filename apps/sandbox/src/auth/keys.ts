// The API keys of the exchange: three algorithms, permissions, address and symbol lists. Only this file turns
// what a caller gives into a key record; it never hands a secret out again.

import { createPublicKey, type KeyObject } from "node:crypto";
import { BlockList, isIP } from "node:net";
import type { SeededRandom } from "../market/random.ts";

export type KeyAlgorithm = "HMAC" | "ED25519" | "RSA";

export interface KeyPermissions {
  reading: boolean;
  /** `enableSpotAndMarginTrading`. */
  trade: boolean;
  /** Shown in apiRestrictions only: nothing can be withdrawn here. */
  withdrawals: boolean;
}

/** How a key is asked for. What is left out is made up (`apiKey`, `secret`) or the ordinary case. */
export interface KeySpec {
  algorithm?: KeyAlgorithm;
  /** 64 characters `[A-Za-z0-9]`. */
  apiKey?: string;
  /** HMAC only. */
  secret?: string;
  /** ED25519 and RSA only: SubjectPublicKeyInfo. */
  publicKeyPem?: string;
  /** Default: reading and trade. */
  permissions?: Partial<KeyPermissions>;
  /** IPv4 or IPv6 addresses, or `address/bits`; none means unrestricted. */
  ipList?: readonly string[];
  /** Symbols this key may trade; none means all. */
  symbols?: readonly string[];
}

export interface KeyRecord {
  readonly apiKey: string;
  readonly uid: number;
  readonly algorithm: KeyAlgorithm;
  readonly verifier: { readonly secret: string } | { readonly publicKey: KeyObject };
  readonly permissions: Readonly<KeyPermissions>;
  readonly addresses: BlockList | undefined;
  readonly symbols: ReadonlySet<string> | undefined;
  readonly createTimeMs: number;
}

/** A key that could not be made as described; the caller's mistake, said in plain words. */
export class KeySpecError extends Error {
  override readonly name = "KeySpecError";
}

const keyShape = /^[A-Za-z0-9]{64}$/;

/** Whether a text has the form of an API key. */
export function hasKeyForm(text: string): boolean {
  return keyShape.test(text);
}

export class KeyStore {
  readonly #keys = new Map<string, KeyRecord>();
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Registers a key; returns the secret once, if it is an HMAC key. @throws KeySpecError */
  add(uid: number, spec: KeySpec, nowMs: number): { apiKey: string; secret?: string } {
    const algorithm = spec.algorithm ?? "HMAC";
    const apiKey = spec.apiKey ?? this.#random.text(64);
    if (!hasKeyForm(apiKey)) throw new KeySpecError("an API key is 64 characters [A-Za-z0-9]");
    if (this.#keys.has(apiKey)) throw new KeySpecError("that API key exists already");
    const secret = algorithm === "HMAC" ? (spec.secret ?? this.#random.text(64)) : undefined;
    const verifier = secret === undefined ? { publicKey: publicKeyOf(algorithm, spec) } : { secret };
    this.#keys.set(apiKey, {
      apiKey,
      uid,
      algorithm,
      verifier,
      permissions: { reading: true, trade: true, withdrawals: false, ...spec.permissions },
      addresses: spec.ipList === undefined ? undefined : addressList(spec.ipList),
      symbols: spec.symbols === undefined ? undefined : new Set(spec.symbols),
      createTimeMs: nowMs,
    });
    return secret === undefined ? { apiKey } : { apiKey, secret };
  }

  find(apiKey: string): KeyRecord | undefined {
    return this.#keys.get(apiKey);
  }

  /** Whether there was such a key. */
  remove(apiKey: string): boolean {
    return this.#keys.delete(apiKey);
  }
}

/** Whether an address, as a socket reports it, is on the key's list. */
export function addressAllowed(key: KeyRecord, address: string): boolean {
  if (key.addresses === undefined) return true;
  const family = isIP(address);
  return family !== 0 && key.addresses.check(address, family === 6 ? "ipv6" : "ipv4");
}

function publicKeyOf(algorithm: "ED25519" | "RSA" | "HMAC", spec: KeySpec): KeyObject {
  if (spec.publicKeyPem === undefined) throw new KeySpecError(`${algorithm} needs publicKeyPem`);
  let key: KeyObject;
  try {
    key = createPublicKey(spec.publicKeyPem);
  } catch (cause) {
    throw new KeySpecError("publicKeyPem is not a public key", { cause });
  }
  if (key.asymmetricKeyType !== algorithm.toLowerCase())
    throw new KeySpecError(`publicKeyPem holds no ${algorithm} key`);
  return key;
}

function addressList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", bits] = entry.split("/");
    const family = isIP(address);
    if (family === 0) throw new KeySpecError(`not an address: ${entry}`);
    const type = family === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, type);
    else list.addSubnet(address, prefixLength(bits, family, entry), type);
  }
  return list;
}

function prefixLength(bits: string, family: number, entry: string): number {
  const length = /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (!(length <= (family === 6 ? 128 : 32))) throw new KeySpecError(`not an address range: ${entry}`);
  return length;
}
