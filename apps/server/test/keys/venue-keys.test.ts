/** Venue keys: sealed at rest, opened to sign, never shown again. */
import { createHmac, verify } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { entryText } from "../../src/audit/entry.ts";
import { Secret } from "../../src/base/secret.ts";
import type { StoredVenueKey } from "../../src/keys/venue-key.ts";
import { venueKeysMax } from "../../src/keys/venue-keys.ts";
import type { VenueKeyInput } from "../../src/keys/venue-keys.ts";
import { rootKeysOf } from "../vault/root-keys-of.ts";
import { openRooms, pemPair, startMs, venueKeyInput, venueSecretText } from "./rooms.ts";

const payload = Buffer.from("symbol=BTCUSDT&timestamp=1");
const pairs = { ED25519: pemPair("ED25519"), RSA: pemPair("RSA") };
const encrypted =
  "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END ENCRYPTED PRIVATE KEY-----\n";

describe("adding", () => {
  test("an HMAC key signs, now and after a restart", async () => {
    const { venueKeys, stores, clock } = await openRooms();
    const key = await venueKeys.add(venueKeyInput());
    expect(key).toEqual({
      id: expect.stringMatching(/^vk_[A-Za-z0-9]{16}$/),
      label: "main account",
      venue: "sandbox",
      accountUid: "1001",
      algorithm: "HMAC",
      apiKey: venueKeyInput().apiKey,
      publicKeyPem: undefined,
      createdMs: startMs,
    });
    const again = await openRooms({ stores, clock });
    for (const each of [venueKeys, again.venueKeys]) {
      const signer = each.signerFor(key.id);
      expect(signer).toMatchObject({ venueKeyId: key.id, accountUid: "1001", apiKey: key.apiKey });
      expect(await signer?.signer.sign(payload)).toBe(
        createHmac("sha256", venueSecretText).update(payload).digest("hex"),
      );
      expect(each.list()).toEqual([{ ...key, damaged: false, signs: true }]);
      expect(each.show(key.id)).toEqual({ ...key, damaged: false, signs: true });
    }
    expect(venueKeys.signerFor("vk_other")).toBeUndefined();
    expect(venueKeys.show("vk_other")).toBeUndefined();
  });

  test.each(["ED25519", "RSA"] as const)(
    "an %s key signs, and its public half is known",
    async (algorithm) => {
      const { publicKeyPem, privateKeyPem } = pairs[algorithm];
      const { venueKeys, stores, clock } = await openRooms();
      const key = await venueKeys.add(venueKeyInput({ algorithm, secret: new Secret(privateKeyPem) }));
      expect(key.publicKeyPem).toBe(publicKeyPem);
      const again = await openRooms({ stores, clock });
      const signature = await again.venueKeys.signerFor(key.id)?.signer.sign(payload);
      const digest = algorithm === "RSA" ? "sha256" : null;
      expect(verify(digest, payload, publicKeyPem, Buffer.from(signature ?? "", "base64"))).toBe(true);
    },
  );

  test.each<[string, Partial<VenueKeyInput>]>([
    ["label-malformed", { label: "\u0007" }],
    ["venue-api-key-malformed", { apiKey: "short" }],
    ["venue-api-key-malformed", { apiKey: `${"a".repeat(63)}\n` }],
    ["account-uid-malformed", { accountUid: "" }],
    ["account-uid-malformed", { accountUid: "1 2" }],
    [
      "venue-secret-malformed",
      { secret: new Secret("not sixty-four letters and digits, but a sentence of words") },
    ],
    ["venue-secret-malformed", { secret: new Secret(pairs.ED25519.privateKeyPem) }],
    ["venue-secret-malformed", { algorithm: "ED25519" }],
    ["venue-secret-malformed", { algorithm: "ED25519", secret: new Secret(pairs.RSA.privateKeyPem) }],
    ["venue-secret-malformed", { algorithm: "RSA", secret: new Secret(pairs.ED25519.privateKeyPem) }],
    ["venue-secret-malformed", { algorithm: "ED25519", secret: new Secret(pairs.ED25519.publicKeyPem) }],
    ["venue-secret-malformed", { algorithm: "ED25519", secret: new Secret(encrypted) }],
  ])("%s: nothing is written, and the refusal repeats no secret", async (code, change) => {
    const { venueKeys, stores } = await openRooms();
    const input = venueKeyInput(change);
    const refusal: unknown = await venueKeys.add(input).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: "KeyError", code });
    expect(inspect(refusal, { depth: 9 })).not.toContain(input.secret.reveal().slice(28, 60));
    expect(stores.venue.size).toBe(0);
    expect(venueKeys.list()).toEqual([]);
  });

  test("one API key, one record; one key pair, one record; so many records", async () => {
    const { venueKeys } = await openRooms();
    const edKey = (apiKey: string): VenueKeyInput =>
      venueKeyInput({
        algorithm: "ED25519",
        secret: new Secret(pairs.ED25519.privateKeyPem),
        apiKey: apiKey.repeat(64),
      });
    await venueKeys.add(edKey("a"));
    await expect(venueKeys.add(edKey("a"))).rejects.toMatchObject({ code: "venue-api-key-twice" });
    await expect(venueKeys.add(edKey("b"))).rejects.toMatchObject({ code: "public-key-in-use" });
    for (let count = 1; count < venueKeysMax; count += 1) {
      await venueKeys.add(venueKeyInput({ apiKey: String(count).padStart(64, "0") }));
    }
    await expect(venueKeys.add(venueKeyInput({ apiKey: "z".repeat(64) }))).rejects.toMatchObject({
      code: "venue-keys-too-many",
    });
  });

  test("a commit that fails adds nothing, and takes nothing", async () => {
    const { venueKeys, stores } = await openRooms();
    const input = venueKeyInput({ algorithm: "ED25519", secret: new Secret(pairs.ED25519.privateKeyPem) });
    stores.fail = true;
    await expect(venueKeys.add(input)).rejects.toThrow("disk full");
    expect(venueKeys.list()).toEqual([]);
    stores.fail = false;
    await venueKeys.add(input);
  });
});

test("the secret is nowhere: not in lists, rows, acts, the log or a signer", async () => {
  const rooms = await openRooms();
  const { venueKeys, stores, clock } = rooms;
  const hmacKey = await venueKeys.add(venueKeyInput());
  const secret = new Secret(pairs.ED25519.privateKeyPem);
  const edKey = await venueKeys.add(venueKeyInput({ algorithm: "ED25519", secret, apiKey: "e".repeat(64) }));
  const again = await openRooms({ stores, clock });
  const body = pairs.ED25519.privateKeyPem.split("\n")[1] ?? "";
  const rows = [...stores.venue.values()];
  const everything = [
    venueKeys,
    again.venueKeys,
    venueKeys.list(),
    venueKeys.show(hmacKey.id),
    venueKeys.signerFor(hmacKey.id),
    venueKeys.signerFor(edKey.id),
    rows,
    rows.map((row) => row.sealed.toString("latin1")),
    stores.acts,
    stores.acts.map(entryText),
    rooms.log.lines,
    again.log.lines,
  ];
  for (const each of everything) {
    const shown = `${JSON.stringify(each)}${inspect(each, { depth: 20, showHidden: true, maxStringLength: null })}`;
    for (const needle of [venueSecretText, Buffer.from(venueSecretText).toString("hex"), body]) {
      expect(needle.length).toBeGreaterThan(40);
      expect(shown).not.toContain(needle);
    }
  }
});

describe("at the start", () => {
  test("a key of another venue is listed and never signs, nor takes client keys", async () => {
    const first = await openRooms({ venue: "testnet" });
    const key = await first.venueKeys.add(venueKeyInput());
    const { stores, clock } = first;
    const { venueKeys, clientKeys } = await openRooms({ stores, clock, venue: "binance" });
    expect(venueKeys.list()).toEqual([{ ...key, damaged: false, signs: false }]);
    expect(venueKeys.signerFor(key.id)).toBeUndefined();
    expect(venueKeys.damagedCount()).toBe(0);
    const asked = {
      label: "bot",
      algorithm: "HMAC",
      permissions: [],
      addresses: "any",
      symbols: "any",
    } as const;
    await expect(clientKeys.issue({ ...asked, venueKeyId: key.id })).rejects.toMatchObject({
      code: "venue-key-unusable",
    });
  });

  test.each<[string, (stored: StoredVenueKey) => StoredVenueKey]>([
    ["label", (stored) => ({ ...stored, key: { ...stored.key, label: "other" } })],
    ["venue", (stored) => ({ ...stored, key: { ...stored.key, venue: "binance" } })],
    ["account", (stored) => ({ ...stored, key: { ...stored.key, accountUid: "9" } })],
    ["algorithm", (stored) => ({ ...stored, key: { ...stored.key, algorithm: "RSA" } })],
    ["API key", (stored) => ({ ...stored, key: { ...stored.key, apiKey: "q".repeat(64) } })],
    ["public key", (stored) => ({ ...stored, key: { ...stored.key, publicKeyPem: "pem" } })],
    ["time", (stored) => ({ ...stored, key: { ...stored.key, createdMs: 1 } })],
    ["row version", (stored) => ({ ...stored, rowVersion: 2 })],
    ["MAC", (stored) => ({ ...stored, rowMac: Buffer.alloc(0) })],
    ["sealed secret", (stored) => ({ ...stored, sealed: Buffer.concat([stored.sealed, Buffer.alloc(1)]) })],
  ])("an edited %s: listed as damaged, logged, counted, never used", async (_, edit) => {
    const { venueKeys, stores, clock } = await openRooms();
    const { id } = await venueKeys.add(venueKeyInput());
    const stored = stores.venue.get(id);
    expect(stored).toBeDefined();
    if (stored !== undefined) stores.venue.set(id, edit(stored));
    const again = await openRooms({ stores, clock });
    expect(again.venueKeys.list()).toMatchObject([{ id, damaged: true, signs: false }]);
    expect(again.venueKeys.signerFor(id)).toBeUndefined();
    expect(again.venueKeys.damagedCount()).toBe(1);
    expect(again.log.lines).toMatchObject([{ level: "error", fields: { venueKeyId: id } }]);
  });

  test("another record's sealed secret does not open, even under a MAC", async () => {
    const { venueKeys, stores, clock } = await openRooms();
    const first = await venueKeys.add(venueKeyInput());
    const second = await venueKeys.add(venueKeyInput({ apiKey: "s".repeat(64) }));
    const sealed = stores.venue.get(second.id)?.sealed ?? Buffer.alloc(0);
    const stored = stores.venue.get(first.id);
    if (stored !== undefined) stores.venue.set(first.id, { ...stored, sealed });
    const again = await openRooms({ stores, clock });
    expect(again.venueKeys.signerFor(first.id)).toBeUndefined();
    expect(again.venueKeys.signerFor(second.id)).toBeDefined();
  });

  test("another root key opens nothing", async () => {
    const { venueKeys, stores, clock } = await openRooms();
    await venueKeys.add(venueKeyInput());
    const again = await openRooms({ stores, clock, rootKeys: rootKeysOf(2) });
    expect(again.venueKeys.list()).toMatchObject([{ damaged: true, signs: false }]);
  });
});
