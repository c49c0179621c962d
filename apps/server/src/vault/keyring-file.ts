/**
 * The keyring file's shape, read strictly: an unknown format version, seal kind or field is refused,
 * so that a later release's file is never half understood by this one.
 */
import { VaultError } from "./vault-error.ts";

export interface KeyringFile {
  readonly format: "countersign-keyring";
  readonly version: 1;
  /** Random; binds each sealed root key to this keyring. */
  readonly keyringId: string;
  /** A passphrase and a systemd credential are further kinds, not of this release. */
  readonly seal: { readonly kind: "key-file"; readonly path: string };
  readonly roots: readonly { readonly version: number; readonly sealed: string }[];
}

const rootsMax = 1000;

/** @throws VaultError `keyring-damaged` */
export function parseKeyringText(text: string, path: string): KeyringFile {
  const damaged = (what: string): VaultError => new VaultError("keyring-damaged", `${path}: ${what}`);
  const file = fieldsOf(parseJson(text), ["format", "version", "keyringId", "seal", "roots"]);
  if (file === undefined) throw damaged("it is no keyring file");
  if (file["format"] !== "countersign-keyring") throw damaged("it is no Countersign keyring");
  if (file["version"] !== 1) throw damaged("its version is not known to this release");
  const { keyringId } = file;
  if (typeof keyringId !== "string" || !/^[0-9a-f]{32}$/.test(keyringId))
    throw damaged("its id is malformed");
  const seal = fieldsOf(file["seal"], ["kind", "path"]);
  if (seal?.["kind"] !== "key-file") throw damaged("it is sealed in a way this release does not know");
  const sealPath = seal["path"];
  if (typeof sealPath !== "string" || sealPath === "")
    throw damaged("it does not say where its seal key lies");
  return {
    format: "countersign-keyring",
    version: 1,
    keyringId,
    seal: { kind: "key-file", path: sealPath },
    roots: parseRoots(file["roots"], damaged),
  };
}

function parseRoots(value: unknown, damaged: (what: string) => VaultError): KeyringFile["roots"] {
  if (!Array.isArray(value) || value.length === 0 || value.length > rootsMax)
    throw damaged("it has no root keys");
  const seen = new Set<number>();
  return value.map((each: unknown) => {
    const root = fieldsOf(each, ["version", "sealed"]);
    const version = root?.["version"];
    const sealed = root?.["sealed"];
    if (typeof version !== "number" || !Number.isInteger(version) || version < 1 || version > 0xffff_ffff) {
      throw damaged("a root key has no version");
    }
    if (seen.has(version)) throw damaged(`root key ${version} is there twice`);
    seen.add(version);
    if (typeof sealed !== "string" || Buffer.from(sealed, "base64url").toString("base64url") !== sealed) {
      throw damaged(`root key ${version} is malformed`);
    }
    return { version, sealed };
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value as a record with exactly these fields, or undefined. */
function fieldsOf(value: unknown, names: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const found = Object.keys(value);
  if (found.length !== names.length || !names.every((name) => found.includes(name))) return undefined;
  return { ...value };
}
