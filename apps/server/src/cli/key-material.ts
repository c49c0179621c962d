/**
 * Takes key material from where it is safe (a hidden prompt, stdin, a file that only its owner can read) and tells
 * its algorithm from what it is. A secret leaves this file only wrapped.
 */
import { createPrivateKey, createPublicKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { open } from "node:fs/promises";
import type { IssueClientKeyRequest } from "@countersign/contract";
import { Secret } from "../base/secret.ts";
import { CliError, usageError } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";

type Algorithm = IssueClientKeyRequest["algorithm"];

/** Enough for any RSA key as PEM. */
export const materialBytesMax = 16_384;

export interface VenueSecret {
  readonly algorithm: Algorithm;
  /** The HMAC secret, or the private key as PKCS#8 PEM. */
  readonly secret: Secret;
}

export interface SecretSource {
  readonly secretStdin?: boolean;
  readonly secretFile?: string;
}

/**
 * Reads a venue secret.
 * @throws CliError `usage`, `cancelled`, `secret-file-mode`, `file-unreadable`, `bad-key-material`.
 */
export async function readVenueSecret(
  source: SecretSource,
  surroundings: Surroundings,
): Promise<VenueSecret> {
  return venueSecretOf(await rawSecret(source, surroundings));
}

async function rawSecret(
  { secretStdin, secretFile }: SecretSource,
  surroundings: Surroundings,
): Promise<string> {
  if (secretFile !== undefined) return readFile(secretFile, { ownerOnly: true });
  if (secretStdin === true) return readStream(surroundings);
  if (!surroundings.interactive) {
    throw usageError("Nobody can be asked for the secret here: use --secret-stdin or --secret-file FILE.");
  }
  return surroundings.askHidden("The key's secret at the venue (for a PEM file, use --secret-file):");
}

function venueSecretOf(text: string): VenueSecret {
  const trimmed = text.trim();
  if (trimmed === "") throw new CliError("bad-key-material", "The secret is empty.");
  if (!trimmed.includes("-----BEGIN")) {
    if (/\s/.test(trimmed)) throw new CliError("bad-key-material", "The secret has white space inside.");
    return { algorithm: "HMAC", secret: new Secret(trimmed) };
  }
  if (trimmed.includes("ENCRYPTED")) {
    const message =
      "This private key is encrypted with a passphrase; decrypt it first, e.g. with openssl pkey.";
    throw new CliError("bad-key-material", message);
  }
  const key = keyFrom(() => createPrivateKey(trimmed), "This is no private key in PEM form.");
  // One form whatever openssl wrote: PKCS#1 keys are taken, PKCS#8 is sent on.
  const pem = key.export({ type: "pkcs8", format: "pem" });
  return { algorithm: algorithmOf(key), secret: new Secret(pem) };
}

export interface ClientPublicKey {
  readonly algorithm: Algorithm;
  readonly publicKeyPem: string;
}

/**
 * Reads a client's public key file.
 * @throws CliError `file-unreadable`, `bad-key-material`, also when it holds a private key.
 */
export async function readPublicKey(file: string): Promise<ClientPublicKey> {
  const text = (await readFile(file, { ownerOnly: false })).trim();
  if (text.includes("PRIVATE KEY")) {
    const message = `${file} holds a private key. Hand over the public half only: openssl pkey -in FILE -pubout`;
    throw new CliError("bad-key-material", message);
  }
  const key = keyFrom(() => createPublicKey(text), `${file} holds no public key in PEM form.`);
  return {
    algorithm: algorithmOf(key),
    publicKeyPem: key.export({ type: "spki", format: "pem" }),
  };
}

function keyFrom(read: () => KeyObject, otherwise: string): KeyObject {
  try {
    return read();
  } catch {
    throw new CliError("bad-key-material", otherwise);
  }
}

function algorithmOf(key: KeyObject): Algorithm {
  if (key.asymmetricKeyType === "ed25519") return "ED25519";
  if (key.asymmetricKeyType === "rsa") return "RSA";
  throw new CliError(
    "bad-key-material",
    `A key must be Ed25519 or RSA, not ${key.asymmetricKeyType ?? "this"}.`,
  );
}

/** @param ownerOnly refuse a file that group or others can read: it then is no secret any more. */
async function readFile(file: string, { ownerOnly }: { ownerOnly: boolean }): Promise<string> {
  const handle = await open(file, "r").catch((error: NodeJS.ErrnoException) => {
    throw new CliError("file-unreadable", `${file} cannot be read: ${error.message}`);
  });
  try {
    const { mode, size, isFile } = await handle.stat().then((found) => {
      return { mode: found.mode, size: found.size, isFile: found.isFile() };
    });
    if (!isFile || size > materialBytesMax) {
      throw new CliError("file-unreadable", `${file} must be a file of at most ${materialBytesMax} bytes.`);
    }
    if (ownerOnly && (mode & 0o077) !== 0) {
      throw new CliError("secret-file-mode", `Others can read ${file}. Tighten it: chmod 600 ${file}`);
    }
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

async function readStream({ stdin, interactive }: Surroundings): Promise<string> {
  if (interactive)
    throw usageError("--secret-stdin would show what is typed: leave it off to be asked hidden.");
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    byteCount += chunk.length;
    if (byteCount > materialBytesMax) {
      throw new CliError("bad-key-material", `stdin holds more than ${materialBytesMax} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
