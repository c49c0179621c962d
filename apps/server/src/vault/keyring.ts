/**
 * The keyring file: the versioned root keys, each sealed under a seal key that lies elsewhere.
 * It is made once and never overwritten; without its seal key it says nothing.
 */
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import type { Random } from "../base/random.ts";
import { Secret } from "../base/secret.ts";
import { openBox, sealBox } from "./committed-box.ts";
import type { BoxDerivation } from "./committed-box.ts";
import { hkdfSha256 } from "./hkdf.ts";
import { writeNewFile } from "./durable-file.ts";
import { createKeyFile, readKeyFile } from "./key-file.ts";
import { parseKeyringText } from "./keyring-file.ts";
import type { KeyringFile } from "./keyring-file.ts";
import { lengthPrefixed } from "./length-prefix.ts";
import { createRootKeys, rootKeyBytes } from "./root-keys.ts";
import type { RootKeys } from "./root-keys.ts";
import { VaultError } from "./vault-error.ts";

export const keyringFileName = "keyring.json";
export const sealKeyFileName = "seal.key";

export interface KeyringPlace {
  /** The data folder; it must exist. */
  readonly dataDir: string;
  /** Where the seal key lies or shall lie; `<dataDir>/seal.key` unless told. */
  readonly keyFilePath?: string | undefined;
}

/**
 * Makes a keyring with one fresh root key. A key file that already lies at its path is used if it is sound
 * (a secret manager may have put it there), else a new one is made.
 * @throws VaultError `keyring-exists`, `seal-key-mode`, `seal-key-wrong`, `seal-key-missing`
 */
export function createKeyring(input: KeyringPlace & { readonly random: Random }): RootKeys {
  const { dataDir, random } = input;
  const path = join(dataDir, keyringFileName);
  if (existsSync(path)) throw new VaultError("keyring-exists", `there is already a keyring at ${path}`);
  const keyFilePath = storedPath(dataDir, input.keyFilePath ?? join(dataDir, sealKeyFileName));
  const absolutePath = resolve(dataDir, keyFilePath);
  const sealKey = existsSync(absolutePath) ? readKeyFile(absolutePath) : createKeyFile(absolutePath, random);
  const keyringId = random(16).toString("hex");
  const root = random(rootKeyBytes);
  const box = sealBox({ derive: derivation(sealKey), binding: binding(keyringId, 1), random }, root);
  const file: KeyringFile = {
    format: "countersign-keyring",
    version: 1,
    keyringId,
    seal: { kind: "key-file", path: keyFilePath },
    roots: [{ version: 1, sealed: box.toString("base64url") }],
  };
  try {
    writeNewFile(path, `${JSON.stringify(file, undefined, 2)}\n`);
  } catch (error) {
    if (existsSync(path)) throw new VaultError("keyring-exists", `another process just made ${path}`);
    throw error;
  }
  return createRootKeys(new Map([[1, new Secret(root)]]));
}

/**
 * Opens the keyring of a data folder.
 * @throws VaultError `keyring-missing`, `keyring-damaged`, `seal-key-missing`, `seal-key-mode`, `seal-key-wrong`
 */
export function openKeyring({ dataDir }: { readonly dataDir: string }): RootKeys {
  const path = join(dataDir, keyringFileName);
  if (!existsSync(path)) throw new VaultError("keyring-missing", `there is no keyring at ${path}`);
  const file = parseKeyringText(readFileSync(path, "utf8"), path);
  const sealKey = readKeyFile(resolve(dataDir, file.seal.path));
  const roots = new Map<number, Secret<Buffer>>();
  for (const { version, sealed } of file.roots) {
    const box = Buffer.from(sealed, "base64url");
    const root = openBox({ derive: derivation(sealKey), binding: binding(file.keyringId, version) }, box);
    if (root === undefined) {
      throw new VaultError("seal-key-wrong", `the seal key does not open root key ${version} of ${path}`);
    }
    if (root.length !== rootKeyBytes)
      throw new VaultError("keyring-damaged", `${path} holds a short root key`);
    roots.set(version, new Secret(root));
  }
  return createRootKeys(roots);
}

/** Relative while it lies in the data folder, so that the folder can be moved; absolute elsewhere. */
function storedPath(dataDir: string, keyFilePath: string): string {
  const inside = relative(resolve(dataDir), resolve(keyFilePath));
  return inside.startsWith("..") || isAbsolute(inside) ? resolve(keyFilePath) : inside;
}

function binding(keyringId: string, version: number): Buffer {
  return lengthPrefixed(["countersign/keyring/v1", "root-key", keyringId, String(version), "AES-256-GCM"]);
}

function derivation(sealKey: Secret<Buffer>): BoxDerivation {
  return (input) => new Secret(hkdfSha256({ key: sealKey.reveal(), ...input }));
}
