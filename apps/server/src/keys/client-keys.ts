/**
 * The client keys: issued, listed, revoked, and read by the gateway, all from memory; the store is where they live
 * on. A secret passes through here once, as it is issued, and is derived again only to verify.
 */
import { formatKey, importVerifier } from "@countersign/signing";
import type { Algorithm, KeyRealm, Verifier } from "@countersign/signing";
import type { Clock } from "../base/clock.ts";
import { reasonOf } from "../base/log.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { Secret } from "../base/secret.ts";
import { clientSaltBytes, deriveClientSecret, rowMac, rowMacMatches } from "../vault/derive.ts";
import type { RootKeys } from "../vault/root-keys.ts";
import { addressMatcher } from "./addresses.ts";
import type {
  ClientKey,
  ClientKeyDirectory,
  ClientKeyState,
  ClientKeyStore,
  LiveClientKey,
  LiveGeneration,
  StoredClientKey,
  StoredGeneration,
} from "./client-key.ts";
import { issueAct, revokeAct } from "./client-key-acts.ts";
import { parseGrant, parseLabel } from "./grant-input.ts";
import type { GrantInput } from "./grant-input.ts";
import { KeyError } from "./key-error.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { clientKeyMacInput } from "./row-mac.ts";
import { parseUploadedKey } from "./uploaded-key.ts";
import type { VenueKeys } from "./venue-keys.ts";
import { createVerifierCache } from "./verifier-cache.ts";
import type { VerifierCache } from "./verifier-cache.ts";

/** Active client keys a venue account; Binance gives an account 30 keys. */
export const activeClientKeysMax = 30;
/** Accepted or not, 54 of these make an id's letters. */
const idRandomBytes = 128;

export interface IssueInput extends GrantInput {
  readonly label: string;
  readonly algorithm: Algorithm;
  /** For ED25519 and RSA: the bot owner's public key. */
  readonly publicKeyPem?: string | undefined;
}

export interface IssuedClientKey {
  readonly key: ClientKey;
  /** For HMAC: the secret, given this once. */
  readonly secret?: Secret;
}

/** A client key as a list shows it. */
export interface ListedClientKey extends Omit<ClientKey, "state"> {
  /** `damaged`: the record does not match its MAC, or cannot be used; it never is, until an operator has looked. */
  readonly state: ClientKeyState | "damaged";
  /** Whether requests signed with it pass; false from the moment a revocation began. */
  readonly live: boolean;
}

export interface ClientKeys extends ClientKeyDirectory {
  /**
   * Issues a key. Resolves once it is on disk; then it works at once.
   * @throws KeyError with what is wrong about the input, `unknown-venue-key`, `venue-key-unusable`,
   * `client-keys-too-many`, `public-key-in-use`
   */
  issue(input: IssueInput): Promise<IssuedClientKey>;
  list(): readonly ListedClientKey[];
  show(id: string): ListedClientKey | undefined;
  /**
   * Revokes a key and erases its salts. From the call on nothing passes with it; resolves once that is on disk.
   * Gives the revoked key; revoking it again changes nothing. When it rejects, the key stays dead until a restart: revoke it again.
   * @throws KeyError `unknown-client-key`
   */
  revoke(id: string): Promise<ClientKey>;
  /** How many records failed their check at the start. */
  damagedCount(): number;
}

export interface ClientKeysInput {
  readonly store: ClientKeyStore;
  readonly rootKeys: RootKeys;
  readonly venueKeys: VenueKeys;
  /** Ids, secrets and MACs of one realm mean nothing in the other. */
  readonly realm: KeyRealm;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Loads and checks every client key. A record that fails is logged, listed as damaged, and never used. */
export async function openClientKeys(input: ClientKeysInput): Promise<ClientKeys> {
  const keys = new ClientKeyBook(input);
  await keys.load();
  return keys;
}

interface HeldClientKey {
  stored: StoredClientKey;
  damaged: boolean;
  live: boolean;
  /** Undefined for a key that must not be used; it holds the salts. */
  window: LiveClientKey | undefined;
  releasePublicKey: (() => void) | undefined;
}

class ClientKeyBook implements ClientKeys {
  readonly #input: ClientKeysInput;
  readonly #held = new Map<string, HeldClientKey>();
  readonly #verifiers: VerifierCache;
  readonly #change = oneAtATime();
  readonly #decoy: LiveGeneration;

  constructor(input: ClientKeysInput) {
    this.#input = input;
    this.#verifiers = createVerifierCache(input.clock);
    const id = formatKey("id", input.realm, input.random(idRandomBytes));
    this.#decoy = this.#derivedGeneration(id, this.#newGeneration("HMAC"));
  }

  async load(): Promise<void> {
    for (const stored of await this.#input.store.all()) {
      const { id } = stored.key;
      try {
        this.#held.set(id, await this.#open(stored, true));
      } catch (error) {
        this.#input.log.error("a client key is damaged and will not be used", {
          clientKeyId: id,
          reason: reasonOf(error),
        });
        this.#held.set(id, {
          stored,
          damaged: true,
          live: false,
          window: undefined,
          releasePublicKey: undefined,
        });
      }
    }
  }

  find(id: string): LiveClientKey | undefined {
    const held = this.#held.get(id);
    return held?.live === true ? held.window : undefined;
  }

  decoy(): LiveGeneration {
    return this.#decoy;
  }

  list(): readonly ListedClientKey[] {
    return [...this.#held.values()].map(listed);
  }

  show(id: string): ListedClientKey | undefined {
    const held = this.#held.get(id);
    return held === undefined ? undefined : listed(held);
  }

  damagedCount(): number {
    return this.#held.values().reduce((count, held) => count + (held.damaged ? 1 : 0), 0);
  }

  issue(input: IssueInput): Promise<IssuedClientKey> {
    return this.#change(async () => {
      const label = parseLabel(input.label);
      const publicKeyPem = await parseUploadedKey(input.algorithm, input.publicKeyPem);
      const grant = parseGrant(input);
      this.#requireRoom(grant.venueKeyId);
      const { random, realm, clock, store } = this.#input;
      const generation = this.#newGeneration(input.algorithm);
      const key: ClientKey = {
        id: formatKey("id", realm, random(idRandomBytes)),
        label,
        algorithm: input.algorithm,
        publicKeyPem,
        state: "active",
        generation: generation.generation,
        grant,
        createdMs: clock.wallMs(),
        revokedMs: undefined,
      };
      const stored = this.#signed({ key, generations: [generation], rowVersion: 1 });
      const held = await this.#open(stored, false);
      try {
        await store.insert(stored, issueAct(key));
      } catch (error) {
        held.releasePublicKey?.();
        throw error;
      }
      this.#held.set(key.id, held);
      return input.algorithm === "HMAC" ? { key, secret: this.#secretText(key.id, generation) } : { key };
    });
  }

  async revoke(id: string): Promise<ClientKey> {
    const held = this.#held.get(id);
    if (held === undefined) throw new KeyError("unknown-client-key", "there is no such client key");
    // First in memory: from here on nothing passes, whatever becomes of the commit.
    held.live = false;
    held.window = undefined;
    this.#verifiers.forget(`${id}/`);
    return await this.#change(async () => {
      const { key, rowVersion } = held.stored;
      if (key.state === "revoked" && held.stored.generations.length === 0 && !held.damaged) return key;
      const revokedMs = this.#input.clock.wallMs();
      const revoked: ClientKey = { ...key, state: "revoked", revokedMs };
      const stored = this.#signed({ key: revoked, generations: [], rowVersion: rowVersion + 1 });
      await this.#input.store.update(stored, revokeAct(revoked, revokedMs));
      held.stored = stored;
      held.damaged = false;
      held.releasePublicKey?.();
      held.releasePublicKey = undefined;
      return revoked;
    });
  }

  /** The key as it is held, its record checked. @throws when it must not be used */
  async #open(stored: StoredClientKey, olderThanStart: boolean): Promise<HeldClientKey> {
    const { rootKeys, realm, venueKeys } = this.#input;
    const { key } = stored;
    if (!rowMacMatches(rootKeys, clientKeyMacInput(realm, stored), stored.rowMac)) {
      throw new Error("the row does not match its MAC");
    }
    if (key.state === "revoked") {
      return { stored, damaged: false, live: false, window: undefined, releasePublicKey: undefined };
    }
    const generations = await this.#liveGenerations(stored);
    const releasePublicKey =
      key.publicKeyPem === undefined ? undefined : venueKeys.publicKeys.claim(key.publicKeyPem);
    const window: LiveClientKey = {
      key,
      generations,
      olderThanStart,
      allowsAddress: addressMatcher(key.grant.addresses),
      live: () => held.live,
    };
    const held: HeldClientKey = { stored, damaged: false, live: true, window, releasePublicKey };
    return held;
  }

  async #liveGenerations({ key, generations }: StoredClientKey): Promise<readonly LiveGeneration[]> {
    const newestFirst = generations.toSorted((a, b) => b.generation - a.generation);
    if (newestFirst.length === 0) throw new Error("the key has no generation");
    if (key.algorithm === "HMAC") return newestFirst.map((each) => this.#derivedGeneration(key.id, each));
    if (key.publicKeyPem === undefined) throw new Error("the key has no public key");
    const verifier = await importVerifier({ algorithm: key.algorithm, publicKeyPem: key.publicKeyPem });
    return newestFirst.map(({ generation }) => ({ generation, verifier: () => Promise.resolve(verifier) }));
  }

  #derivedGeneration(id: string, stored: StoredGeneration): LiveGeneration {
    const name = `${id}/${stored.generation}`;
    const derive = async (): Promise<Verifier> =>
      await importVerifier({ algorithm: "HMAC", secret: this.#secretText(id, stored).reveal() });
    return { generation: stored.generation, verifier: () => this.#verifiers.get(name, derive) };
  }

  #newGeneration(algorithm: Algorithm): StoredGeneration {
    const { rootKeys, random } = this.#input;
    const salt = algorithm === "HMAC" ? random(clientSaltBytes) : undefined;
    return { generation: 1, rootVersion: rootKeys.currentVersion, salt };
  }

  #secretText(clientKeyId: string, { generation, rootVersion, salt }: StoredGeneration): Secret {
    if (salt === undefined) throw new Error("the generation has no salt");
    const { rootKeys, realm } = this.#input;
    const algorithm = "HMAC";
    const derivation = { rootVersion, salt, clientKeyId, generation, algorithm, realm };
    const bytes = deriveClientSecret(rootKeys, derivation).reveal();
    const secret = new Secret(formatKey("secret", realm, bytes));
    bytes.fill(0);
    return secret;
  }

  #signed(unsigned: Omit<StoredClientKey, "rowMac">): StoredClientKey {
    const { rootKeys, realm } = this.#input;
    return { ...unsigned, rowMac: rowMac(rootKeys, clientKeyMacInput(realm, unsigned)) };
  }

  /** @throws KeyError `unknown-venue-key`, `venue-key-unusable`, `client-keys-too-many` */
  #requireRoom(venueKeyId: string): void {
    const { venueKeys } = this.#input;
    const venueKey = venueKeys.show(venueKeyId);
    if (venueKey === undefined) throw new KeyError("unknown-venue-key", "there is no such venue key");
    if (!venueKey.signs) {
      throw new KeyError(
        "venue-key-unusable",
        "this venue key does not sign here: it is of another venue, or damaged",
      );
    }
    const account = venueKey.accountUid;
    let active = 0;
    for (const { stored } of this.#held.values()) {
      const { state, grant } = stored.key;
      if (state === "active" && venueKeys.show(grant.venueKeyId)?.accountUid === account) active += 1;
    }
    if (active >= activeClientKeysMax) {
      throw new KeyError(
        "client-keys-too-many",
        `an account has at most ${activeClientKeysMax} active client keys`,
      );
    }
  }
}

function listed({ stored, damaged, live }: HeldClientKey): ListedClientKey {
  return { ...stored.key, state: damaged ? "damaged" : stored.key.state, live };
}
