/** The keyring file: made once, private, and silent without its seal key. */
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemRandom } from "../../src/base/random.ts";
import { createKeyring, openKeyring } from "../../src/vault/keyring.ts";
import type { RootKeys } from "../../src/vault/root-keys.ts";
import type { VaultErrorCode } from "../../src/vault/vault-error.ts";

const random = systemRandom;
const asRoot = process.getuid?.() === 0;
let dataDir = "";
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "keyring-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const keyringPath = (): string => join(dataDir, "keyring.json");
const sealKeyPath = (): string => join(dataDir, "seal.key");
const sample = (keys: RootKeys): string =>
  keys
    .derive({ rootVersion: 1, salt: Buffer.alloc(32), info: Buffer.from("sample"), byteCount: 32 })
    .reveal()
    .toString("hex");

function refuses(act: () => unknown, code: VaultErrorCode): void {
  expect(act).toThrow(expect.objectContaining({ name: "VaultError", code }));
}

interface Editable {
  [name: string]: unknown;
  seal: { [name: string]: unknown };
  roots: { [name: string]: unknown }[];
}

function edit(change: (file: Editable) => void): void {
  const file = JSON.parse(readFileSync(keyringPath(), "utf8")) as Editable;
  change(file);
  writeFileSync(keyringPath(), JSON.stringify(file));
}

describe("made and opened", () => {
  test("it opens to the keys it was made with", () => {
    const made = createKeyring({ dataDir, random });
    const opened = openKeyring({ dataDir });
    expect(opened.currentVersion).toBe(1);
    expect(opened.versions).toEqual([1]);
    expect(sample(opened)).toBe(sample(made));
  });

  test("both files are 0600 and nothing else is left lying", () => {
    createKeyring({ dataDir, random });
    expect(readdirSync(dataDir).toSorted()).toEqual(["keyring.json", "seal.key"]);
    for (const path of [keyringPath(), sealKeyPath()]) expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("neither file holds a root key in the clear", () => {
    const drawn: Buffer[] = [];
    createKeyring({
      dataDir,
      random(byteCount) {
        const bytes = systemRandom(byteCount);
        drawn.push(Buffer.from(bytes));
        return bytes;
      },
    });
    // 32 bytes are drawn for seal key, root key and box salt; only the seal key's own file may hold the first.
    const keys = drawn.filter((each) => each.length === 32);
    expect(keys).toHaveLength(3);
    const keyring = readFileSync(keyringPath(), "utf8");
    for (const key of keys.slice(0, 2)) {
      for (const encoding of ["hex", "base64", "base64url"] as const) {
        expect(keyring).not.toContain(key.toString(encoding));
      }
    }
    expect(readFileSync(sealKeyPath(), "utf8")).toBe(`${keys[0]?.toString("base64url") ?? ""}\n`);
  });

  test("the whole data folder may be moved", () => {
    const made = createKeyring({ dataDir, random });
    const moved = join(dataDir, "moved");
    mkdirSync(moved);
    for (const name of ["keyring.json", "seal.key"]) renameSync(join(dataDir, name), join(moved, name));
    expect(sample(openKeyring({ dataDir: moved }))).toBe(sample(made));
  });

  test("the seal key may lie elsewhere, and the keyring remembers where", () => {
    const elsewhere = `${dataDir}.seal-key`;
    const made = createKeyring({ dataDir, keyFilePath: elsewhere, random });
    expect(existsSync(sealKeyPath())).toBe(false);
    expect(sample(openKeyring({ dataDir }))).toBe(sample(made));
    rmSync(elsewhere);
    refuses(() => openKeyring({ dataDir }), "seal-key-missing");
  });

  test("a seal key that is there already is used", () => {
    const text = `${Buffer.alloc(32, 9).toString("base64url")}\n`;
    writeFileSync(sealKeyPath(), text, { mode: 0o600 });
    const made = createKeyring({ dataDir, random });
    expect(readFileSync(sealKeyPath(), "utf8")).toBe(text);
    expect(sample(openKeyring({ dataDir }))).toBe(sample(made));
  });

  test("it is never overwritten", () => {
    createKeyring({ dataDir, random });
    const before = readFileSync(keyringPath());
    refuses(() => createKeyring({ dataDir, random }), "keyring-exists");
    expect(readFileSync(keyringPath()).equals(before)).toBe(true);
  });

  test("an unsound seal key makes no keyring", () => {
    writeFileSync(sealKeyPath(), "short\n", { mode: 0o600 });
    refuses(() => createKeyring({ dataDir, random }), "seal-key-wrong");
    expect(existsSync(keyringPath())).toBe(false);
  });
});

describe("refused", () => {
  test("no keyring", () => refuses(() => openKeyring({ dataDir }), "keyring-missing"));

  test("no seal key", () => {
    createKeyring({ dataDir, random });
    rmSync(sealKeyPath());
    refuses(() => openKeyring({ dataDir }), "seal-key-missing");
  });

  test.each([0o640, 0o604, 0o660, 0o644, 0o610, 0o601, 0o620])("a seal key of mode %o", (mode) => {
    createKeyring({ dataDir, random });
    chmodSync(sealKeyPath(), mode);
    refuses(() => openKeyring({ dataDir }), "seal-key-mode");
  });

  test("another seal key", () => {
    createKeyring({ dataDir, random });
    writeFileSync(sealKeyPath(), Buffer.alloc(32, 1).toString("base64url"));
    refuses(() => openKeyring({ dataDir }), "seal-key-wrong");
  });

  test.each([
    ["31 bytes", Buffer.alloc(31, 1).toString("base64url")],
    ["33 bytes", Buffer.alloc(33, 1).toString("base64url")],
    ["hex", Buffer.alloc(32, 1).toString("hex")],
    ["the other base64 alphabet", Buffer.alloc(32, 0xff).toString("base64")],
    ["a space before", ` ${Buffer.alloc(32, 1).toString("base64url")}`],
    ["two lines", `${Buffer.alloc(32, 1).toString("base64url")}\n\n`],
    ["a long file", "A".repeat(100_000)],
    ["nothing", ""],
  ])("a seal key file with %s", (_, text) => {
    createKeyring({ dataDir, random });
    writeFileSync(sealKeyPath(), text);
    refuses(() => openKeyring({ dataDir }), "seal-key-wrong");
  });

  test("a folder in the seal key's place", () => {
    createKeyring({ dataDir, random });
    rmSync(sealKeyPath());
    mkdirSync(sealKeyPath(), { mode: 0o700 });
    refuses(() => openKeyring({ dataDir }), "seal-key-wrong");
  });

  test("one's own symbolic link is followed, to a file that is private", () => {
    const made = createKeyring({ dataDir, random });
    renameSync(sealKeyPath(), join(dataDir, "real"));
    symlinkSync(join(dataDir, "real"), sealKeyPath());
    expect(sample(openKeyring({ dataDir }))).toBe(sample(made));
    chmodSync(join(dataDir, "real"), 0o644);
    refuses(() => openKeyring({ dataDir }), "seal-key-mode");
  });

  test.runIf(asRoot)("another user's symbolic link, and another user's file", () => {
    createKeyring({ dataDir, random });
    renameSync(sealKeyPath(), join(dataDir, "real"));
    symlinkSync(join(dataDir, "real"), sealKeyPath());
    lchownSync(sealKeyPath(), 12_345, 12_345);
    refuses(() => openKeyring({ dataDir }), "seal-key-mode");
    rmSync(sealKeyPath());
    renameSync(join(dataDir, "real"), sealKeyPath());
    chownSync(sealKeyPath(), 12_345, 12_345);
    refuses(() => openKeyring({ dataDir }), "seal-key-mode");
  });

  test.each<[string, (file: Editable) => void]>([
    ["another format", (file) => (file["format"] = "other")],
    ["a later version", (file) => (file["version"] = 2)],
    ["a malformed id", (file) => (file["keyringId"] = "x")],
    ["a passphrase seal", (file) => (file.seal["kind"] = "passphrase")],
    ["no place of the seal key", (file) => (file.seal["path"] = "")],
    ["a field too many", (file) => (file["more"] = 1)],
    ["a field too few", (file) => delete file["keyringId"]],
    ["a field too many in the seal", (file) => (file.seal["more"] = 1)],
    ["no roots", (file) => (file.roots = [])],
    ["a root twice", (file) => file.roots.push({ ...file.roots[0] })],
    ["a root of version 0", (file) => (file.roots[0] = { ...file.roots[0], version: 0 })],
    ["a root that is no base64url", (file) => (file.roots[0] = { ...file.roots[0], sealed: "%" })],
  ])("%s", (_, change) => {
    createKeyring({ dataDir, random });
    edit(change);
    refuses(() => openKeyring({ dataDir }), "keyring-damaged");
  });

  test("text that is no JSON", () => {
    createKeyring({ dataDir, random });
    writeFileSync(keyringPath(), "{");
    refuses(() => openKeyring({ dataDir }), "keyring-damaged");
  });

  test.each<[string, (file: Editable) => void]>([
    ["another keyring's id", (file) => (file["keyringId"] = "0".repeat(32))],
    ["a root under another version", (file) => (file.roots[0] = { ...file.roots[0], version: 2 })],
    [
      "a changed root",
      (file) => {
        const sealed = Buffer.from(String(file.roots[0]?.["sealed"]), "base64url");
        sealed.writeUInt8(sealed.readUInt8(50) ^ 1, 50);
        file.roots[0] = { ...file.roots[0], sealed: sealed.toString("base64url") };
      },
    ],
  ])("%s does not open", (_, change) => {
    createKeyring({ dataDir, random });
    edit(change);
    refuses(() => openKeyring({ dataDir }), "seal-key-wrong");
  });
});
