/**
 * The root keys of a running process: they derive and never leave. Old versions still derive what was made
 * under them; the newest one derives everything new.
 */
import { Secret } from "../base/secret.ts";
import { hkdfSha256 } from "./hkdf.ts";
import { VaultError } from "./vault-error.ts";

export const rootKeyBytes = 32;

export interface RootDerivation {
  readonly rootVersion: number;
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
  readonly byteCount: number;
}

export interface RootKeys {
  /** The version under which new things are made. */
  readonly currentVersion: number;
  readonly versions: readonly number[];
  /**
   * HKDF-SHA256 over the named root key.
   * @throws VaultError `root-version-unknown`
   */
  derive(derivation: RootDerivation): Secret<Buffer>;
}

/** Holds the given root keys (version → 32 bytes). @throws RangeError when there is none or one is no 32 bytes. */
export function createRootKeys(keys: ReadonlyMap<number, Secret<Buffer>>): RootKeys {
  const versions = [...keys.keys()].sort((a, b) => a - b);
  const currentVersion = versions.at(-1);
  if (currentVersion === undefined) throw new RangeError("there must be a root key");
  for (const key of keys.values()) {
    if (key.reveal().length !== rootKeyBytes) throw new RangeError(`a root key has ${rootKeyBytes} bytes`);
  }
  return {
    currentVersion,
    versions,
    derive({ rootVersion, salt, info, byteCount }) {
      const key = keys.get(rootVersion);
      if (key === undefined) {
        throw new VaultError("root-version-unknown", `the keyring has no root key version ${rootVersion}`);
      }
      return new Secret(hkdfSha256({ key: key.reveal(), salt, info, byteCount }));
    },
  };
}
