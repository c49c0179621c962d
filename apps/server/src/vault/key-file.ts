/**
 * The key file that seals the keyring: 32 random bytes as base64url text, readable by its owner alone.
 * A file that others could read, or that another user could swap, is refused rather than used.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from "node:fs";
import type { Random } from "../base/random.ts";
import { Secret } from "../base/secret.ts";
import { writeNewFile } from "./durable-file.ts";
import { VaultError } from "./vault-error.ts";

export const sealKeyBytes = 32;
const fileBytesMax = 64;
const otherUsersMask = 0o077;

/** Reads the key. @throws VaultError `seal-key-missing`, `seal-key-mode`, `seal-key-wrong` */
export function readKeyFile(path: string): Secret<Buffer> {
  const uid = process.getuid?.();
  const link = lstatSync(path, { throwIfNoEntry: false });
  if (link === undefined) throw new VaultError("seal-key-missing", `there is no seal key file at ${path}`);
  if (link.isSymbolicLink() && link.uid !== uid) {
    throw new VaultError("seal-key-mode", `${path} is a symbolic link of another user`);
  }
  const file = openForReading(path);
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) throw new VaultError("seal-key-wrong", `${path} is no regular file`);
    if (uid !== undefined && facts.uid !== uid && facts.uid !== 0) {
      throw new VaultError("seal-key-mode", `${path} belongs to another user`);
    }
    if ((facts.mode & otherUsersMask) !== 0) {
      throw new VaultError("seal-key-mode", `others may read ${path}: its mode must be 0600 (chmod 600)`);
    }
    if (facts.size > fileBytesMax)
      throw new VaultError("seal-key-wrong", `${path} is too long for a seal key`);
    return parseKeyText(readFileSync(file, "latin1"), path);
  } finally {
    closeSync(file);
  }
}

/** Makes a new key file, mode 0600, on disk when this returns. @throws Error (`EEXIST`) when the path is taken. */
export function createKeyFile(path: string, random: Random): Secret<Buffer> {
  const key = random(sealKeyBytes);
  writeNewFile(path, `${key.toString("base64url")}\n`);
  return new Secret(key);
}

function openForReading(path: string): number {
  try {
    // Without O_NONBLOCK a named pipe in the file's place would hold up the start for ever.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    throw new VaultError("seal-key-missing", `the seal key file at ${path} cannot be opened`);
  }
}

function parseKeyText(text: string, path: string): Secret<Buffer> {
  const encoded = text.endsWith("\n") ? text.slice(0, -1) : text;
  const key = Buffer.from(encoded, "base64url");
  // Decoding skips what it does not know, so only a text that encodes back to itself was one.
  if (key.length !== sealKeyBytes || key.toString("base64url") !== encoded) {
    throw new VaultError("seal-key-wrong", `${path} does not hold ${sealKeyBytes} bytes in base64url`);
  }
  return new Secret(key);
}
