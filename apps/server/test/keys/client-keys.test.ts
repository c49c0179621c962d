/** Client keys: issued once, shown without their secret, and dead from the moment they are revoked. */
import { createHmac, sign } from "node:crypto";
import { inspect } from "node:util";
import { isApiKeyFormat, parseKey } from "@countersign/signing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryText } from "../../src/audit/entry.ts";
import { activeClientKeysMax } from "../../src/keys/client-keys.ts";
import type { IssueInput, IssuedClientKey } from "../../src/keys/client-keys.ts";
import { changesWaitingMax } from "../../src/keys/one-at-a-time.ts";
import { rootKeysOf } from "../vault/root-keys-of.ts";
import { MemoryStores, handClock, issueInput, openRooms, pemPair, startMs, venueKeyInput } from "./rooms.ts";
import type { Rooms } from "./rooms.ts";
import { Secret } from "../../src/base/secret.ts";

async function readyRooms(
  options: Parameters<typeof openRooms>[0] = {},
): Promise<Rooms & { venueKeyId: string }> {
  const rooms = await openRooms(options);
  const { id } = rooms.venueKeys.list()[0] ?? (await rooms.venueKeys.add(venueKeyInput()));
  return { ...rooms, venueKeyId: id };
}

const payload = Buffer.from("symbol=BTCUSDT&timestamp=1");
const hmac = (secret: string): string => createHmac("sha256", secret).update(payload).digest("hex");

function secretOf(issued: IssuedClientKey): string {
  expect(issued.secret).toBeDefined();
  return issued.secret?.reveal() ?? "";
}

async function verifies(rooms: Rooms, id: string, signature: string): Promise<boolean> {
  const generation = rooms.clientKeys.find(id)?.generations[0];
  return generation !== undefined && (await (await generation.verifier()).verify(payload, signature));
}

describe("issuing", () => {
  test("an HMAC key: id and secret in the format of clients, and the secret verifies", async () => {
    const rooms = await readyRooms();
    const issued = await rooms.clientKeys.issue(issueInput(rooms.venueKeyId));
    const secret = secretOf(issued);
    expect(parseKey(issued.key.id)).toMatchObject({ kind: "id", realm: "sandbox" });
    expect(parseKey(secret)).toMatchObject({ kind: "secret", realm: "sandbox" });
    expect([issued.key.id, secret].every(isApiKeyFormat)).toBe(true);
    expect(issued.key).toMatchObject({
      label: "grid bot",
      algorithm: "HMAC",
      publicKeyPem: undefined,
      state: "active",
      generation: 1,
      grant: {
        permissions: ["enableReading", "enableSpotAndMarginTrading"],
        addresses: ["127.0.0.1"],
        symbols: ["BTCUSDT"],
        venueKeyId: rooms.venueKeyId,
      },
      createdMs: startMs,
    });
    expect(await verifies(rooms, issued.key.id, hmac(secret))).toBe(true);
    expect(await verifies(rooms, issued.key.id, hmac(`${secret.slice(0, -1)}!`))).toBe(false);
    const live = rooms.clientKeys.find(issued.key.id);
    expect(live?.live()).toBe(true);
    expect([live?.allowsAddress("::ffff:127.0.0.1"), live?.allowsAddress("127.0.0.2")]).toEqual([
      true,
      false,
    ]);
  });

  test("the realms' keys tell themselves apart", async () => {
    const rooms = await readyRooms({ realm: "live" });
    const issued = await rooms.clientKeys.issue(issueInput(rooms.venueKeyId));
    expect(parseKey(issued.key.id)).toMatchObject({ realm: "live" });
    expect(parseKey(secretOf(issued))).toMatchObject({ realm: "live" });
  });

  test.each(["ED25519", "RSA"] as const)(
    "an uploaded %s key has no secret, and verifies",
    async (algorithm) => {
      const rooms = await readyRooms();
      const { publicKeyPem, privateKeyPem } = pemPair(algorithm);
      const issued = await rooms.clientKeys.issue(issueInput(rooms.venueKeyId, { algorithm, publicKeyPem }));
      expect("secret" in issued).toBe(false);
      expect(issued.key.publicKeyPem).toBe(publicKeyPem);
      const signature = sign(algorithm === "RSA" ? "sha256" : null, payload, privateKeyPem).toString(
        "base64",
      );
      expect(await verifies(rooms, issued.key.id, signature)).toBe(true);
      expect(rooms.stores.client.get(issued.key.id)?.generations[0]?.salt).toBeUndefined();
    },
  );

  test("no two keys share an id, a salt or a secret", async () => {
    const rooms = await readyRooms();
    const issued: IssuedClientKey[] = [];
    for (let count = 0; count < 10; count += 1) {
      issued.push(await rooms.clientKeys.issue(issueInput(rooms.venueKeyId)));
    }
    expect(new Set(issued.map((each) => each.key.id)).size).toBe(10);
    expect(new Set(issued.map(secretOf)).size).toBe(10);
    const salts = [...rooms.stores.client.values()].map((each) => each.generations[0]?.salt?.toString("hex"));
    expect(new Set(salts).size).toBe(10);
  });

  test.each<[string, Partial<IssueInput>]>([
    ["label-malformed", { label: "" }],
    ["permission-unknown", { permissions: ["enableWithdrawals"] }],
    ["addresses-none", { addresses: [] }],
    ["symbols-none", { symbols: [] }],
    ["unknown-venue-key", { venueKeyId: "vk_unknown" }],
    ["public-key-missing", { algorithm: "RSA" }],
    ["public-key-unexpected", { publicKeyPem: "pem" }],
    ["public-key-malformed", { algorithm: "ED25519", publicKeyPem: "not a key" }],
    ["public-key-malformed", { algorithm: "RSA", publicKeyPem: pemPair("ED25519").publicKeyPem }],
    ["public-key-malformed", { algorithm: "ED25519", publicKeyPem: "A".repeat(5000) }],
  ])("%s: nothing is written", async (code, change) => {
    const rooms = await readyRooms();
    await expect(rooms.clientKeys.issue(issueInput(rooms.venueKeyId, change))).rejects.toMatchObject({
      name: "KeyError",
      code,
    });
    expect(rooms.stores.client.size).toBe(0);
    expect(rooms.clientKeys.list()).toEqual([]);
  });

  test("an algorithm that only untyped callers can name is refused", async () => {
    const rooms = await readyRooms();
    const asked = { ...issueInput(rooms.venueKeyId), algorithm: "NONE" } as unknown as IssueInput;
    await expect(rooms.clientKeys.issue(asked)).rejects.toMatchObject({ code: "algorithm-unknown" });
  });

  test("a commit that fails issues nothing, and takes nothing", async () => {
    const rooms = await readyRooms();
    const { publicKeyPem } = pemPair("ED25519");
    const asked = issueInput(rooms.venueKeyId, { algorithm: "ED25519", publicKeyPem });
    rooms.stores.fail = true;
    await expect(rooms.clientKeys.issue(asked)).rejects.toThrow("disk full");
    expect(rooms.clientKeys.list()).toEqual([]);
    rooms.stores.fail = false;
    const issued = await rooms.clientKeys.issue(asked);
    expect(rooms.clientKeys.find(issued.key.id)).toBeDefined();
  });

  test("a key works from the moment it is durable, not before", async () => {
    const rooms = await readyRooms();
    const gate = Promise.withResolvers<void>();
    rooms.stores.hold = gate.promise;
    const issuing = rooms.clientKeys.issue(issueInput(rooms.venueKeyId));
    expect(rooms.clientKeys.list()).toEqual([]);
    gate.resolve();
    const { key } = await issuing;
    expect(rooms.clientKeys.find(key.id)?.live()).toBe(true);
  });

  test("an account has so many active keys, also when they are asked for at once", async () => {
    const rooms = await readyRooms();
    const other = await rooms.venueKeys.add(venueKeyInput({ apiKey: "b".repeat(64), accountUid: "1002" }));
    const sameAccount = await rooms.venueKeys.add(venueKeyInput({ apiKey: "c".repeat(64) }));
    const results = await Promise.allSettled(
      Array.from({ length: activeClientKeysMax + 2 }, (_, index) =>
        rooms.clientKeys.issue(issueInput(index % 2 === 0 ? rooms.venueKeyId : sameAccount.id)),
      ),
    );
    expect(results.filter((each) => each.status === "fulfilled")).toHaveLength(activeClientKeysMax);
    expect(results.at(-1)).toMatchObject({ reason: { code: "client-keys-too-many" } });
    await rooms.clientKeys.issue(issueInput(other.id));
    await rooms.clientKeys.revoke(rooms.clientKeys.list()[0]?.id ?? "");
    await rooms.clientKeys.issue(issueInput(rooms.venueKeyId));
  });

  test("changes that wait have a limit", async () => {
    const rooms = await readyRooms();
    const gate = Promise.withResolvers<void>();
    rooms.stores.hold = gate.promise;
    const asked = Array.from({ length: changesWaitingMax }, () =>
      rooms.clientKeys.issue(issueInput(rooms.venueKeyId)).catch((error: unknown) => error),
    );
    await expect(rooms.clientKeys.issue(issueInput(rooms.venueKeyId))).rejects.toMatchObject({
      code: "too-many-changes-waiting",
    });
    gate.resolve();
    await Promise.all(asked);
  });
});

describe("public keys", () => {
  test("one public key, one client key, however it is written", async () => {
    const rooms = await readyRooms();
    const { publicKeyPem } = pemPair("ED25519");
    const asked = (pem: string): IssueInput =>
      issueInput(rooms.venueKeyId, { algorithm: "ED25519", publicKeyPem: pem });
    const { key } = await rooms.clientKeys.issue(asked(publicKeyPem));
    const written = [publicKeyPem, publicKeyPem.replaceAll("\n", "\r\n"), publicKeyPem.trimEnd()];
    for (const pem of written) {
      await expect(rooms.clientKeys.issue(asked(pem))).rejects.toMatchObject({ code: "public-key-in-use" });
    }
    await rooms.clientKeys.revoke(key.id);
    await rooms.clientKeys.issue(asked(publicKeyPem));
  });

  test("a venue key's public key is no client's, and the other way round, after a restart too", async () => {
    const rooms = await readyRooms();
    const { stores, clock } = rooms;
    const [venuePair, clientPair] = [pemPair("ED25519"), pemPair("ED25519")];
    const venueInput = (pem: string, apiKey: string) =>
      venueKeyInput({ algorithm: "ED25519", secret: new Secret(pem), apiKey: apiKey.repeat(64) });
    await rooms.venueKeys.add(venueInput(venuePair.privateKeyPem, "v"));
    const asked = (publicKeyPem: string): IssueInput =>
      issueInput(rooms.venueKeyId, { algorithm: "ED25519", publicKeyPem });
    await rooms.clientKeys.issue(asked(clientPair.publicKeyPem));
    for (const each of [rooms, await openRooms({ stores, clock })]) {
      await expect(each.clientKeys.issue(asked(venuePair.publicKeyPem))).rejects.toMatchObject({
        code: "public-key-in-use",
      });
      await expect(each.venueKeys.add(venueInput(clientPair.privateKeyPem, "w"))).rejects.toMatchObject({
        code: "public-key-in-use",
      });
    }
  });
});

describe("secrets", () => {
  test("are nowhere but in what issuing returns: not in lists, rows, acts or the log", async () => {
    const rooms = await readyRooms();
    const issued = await rooms.clientKeys.issue(issueInput(rooms.venueKeyId));
    const secret = secretOf(issued);
    await verifies(rooms, issued.key.id, hmac(secret));
    const { id } = issued.key;
    const everything = [
      issued,
      rooms.clientKeys.list(),
      rooms.clientKeys.show(id),
      rooms.clientKeys.find(id),
      [...rooms.stores.client.values()],
      rooms.stores.acts,
      rooms.stores.acts.map(entryText),
      rooms.log.lines,
      rooms.clientKeys,
      rooms.venueKeys,
    ];
    const shown = everything.map(
      (each) =>
        `${JSON.stringify(each)}${inspect(each, { depth: 20, showHidden: true, maxStringLength: null })}`,
    );
    for (const text of shown) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString("hex"));
      expect(text).not.toContain(Buffer.from(secret).toString("base64").slice(0, 80));
    }
    const saltHex = rooms.stores.client.get(id)?.generations[0]?.salt?.toString("hex") ?? "none";
    expect(JSON.stringify([rooms.clientKeys.list(), rooms.stores.acts])).not.toContain(saltHex);
  });

  test("issuing tells the log what was granted", async () => {
    const rooms = await readyRooms();
    const { key } = await rooms.clientKeys.issue(issueInput(rooms.venueKeyId));
    await rooms.clientKeys.revoke(key.id);
    expect(rooms.stores.acts.map(({ act, by, subject }) => [act, by, subject])).toEqual([
      ["venue-key.add", "local", rooms.venueKeyId],
      ["client-key.issue", "local", key.id],
      ["client-key.revoke", "local", key.id],
    ]);
    expect(rooms.stores.acts[1]?.detail).toEqual({
      label: "grid bot",
      algorithm: "HMAC",
      publicKeyPem: null,
      generation: 1,
      permissions: ["enableReading", "enableSpotAndMarginTrading"],
      addresses: ["127.0.0.1"],
      symbols: ["BTCUSDT"],
      venueKeyId: rooms.venueKeyId,
    });
  });

  test("the same rows under the same root give the same secret after a restart; under another root, nothing", async () => {
    const rooms = await readyRooms();
    const { stores, clock } = rooms;
    const issued = await rooms.clientKeys.issue(issueInput(rooms.venueKeyId));
    const signature = hmac(secretOf(issued));
    const again = await openRooms({ stores, clock });
    expect(await verifies(again, issued.key.id, signature)).toBe(true);
    const otherRoot = await openRooms({ stores, clock, rootKeys: rootKeysOf(2) });
    expect(otherRoot.clientKeys.find(issued.key.id)).toBeUndefined();
    const otherRealm = await openRooms({ stores, clock, realm: "live" });
    expect(otherRealm.clientKeys.find(issued.key.id)).toBeUndefined();
  });

  test("a derived verifier is thrown away after a minute and derived again", async () => {
    const rooms = await readyRooms();
    const issued = await rooms.clientKeys.issue(issueInput(rooms.venueKeyId));
    const generation = rooms.clientKeys.find(issued.key.id)?.generations[0];
    const first = await generation?.verifier();
    rooms.clock.move(59_999);
    expect(await generation?.verifier()).toBe(first);
    rooms.clock.move(1);
    expect(await generation?.verifier()).not.toBe(first);
    expect(await verifies(rooms, issued.key.id, hmac(secretOf(issued)))).toBe(true);
  });

  test("the decoy verifies nothing", async () => {
    const rooms = await readyRooms();
    const decoy = await rooms.clientKeys.decoy().verifier();
    expect(decoy.algorithm).toBe("HMAC");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (bytes) => {
        expect(await decoy.verify(payload, Buffer.from(bytes).toString("hex"))).toBe(false);
      }),
    );
  });
});

describe("revoking", () => {
  test("kills the key at once, erases its salt, and does so once", async () => {
    const rooms = await readyRooms();
    const issued = await rooms.clientKeys.issue(issueInput(rooms.venueKeyId));
    const { id } = issued.key;
    const held = rooms.clientKeys.find(id);
    const gate = Promise.withResolvers<void>();
    rooms.stores.hold = gate.promise;
    rooms.clock.move(5000);
    const revoking = rooms.clientKeys.revoke(id);
    // The commit has not even begun; a request that holds the key already is told so at the socket write.
    expect(held?.live()).toBe(false);
    expect(rooms.clientKeys.find(id)).toBeUndefined();
    gate.resolve();
    expect(await revoking).toMatchObject({ id, state: "revoked", revokedMs: startMs + 5000 });
    expect(rooms.stores.client.get(id)).toMatchObject({ generations: [], rowVersion: 2 });
    expect(rooms.clientKeys.show(id)).toMatchObject({ state: "revoked", live: false });
    const acts = rooms.stores.acts.length;
    rooms.clock.move(5000);
    expect(await rooms.clientKeys.revoke(id)).toMatchObject({ revokedMs: startMs + 5000 });
    expect(rooms.stores.acts).toHaveLength(acts);
    const { stores, clock } = rooms;
    const again = await openRooms({ stores, clock });
    expect(again.clientKeys.find(id)).toBeUndefined();
    expect(again.clientKeys.show(id)).toMatchObject({ state: "revoked", live: false });
    expect(again.clientKeys.damagedCount()).toBe(0);
  });

  test("when the commit fails the call rejects, the key stays dead, and revoking again finishes it", async () => {
    const rooms = await readyRooms();
    const { key } = await rooms.clientKeys.issue(issueInput(rooms.venueKeyId));
    const held = rooms.clientKeys.find(key.id);
    rooms.stores.fail = true;
    await expect(rooms.clientKeys.revoke(key.id)).rejects.toThrow("disk full");
    expect(held?.live()).toBe(false);
    expect(rooms.clientKeys.find(key.id)).toBeUndefined();
    expect(rooms.clientKeys.show(key.id)).toMatchObject({ state: "active", live: false });
    rooms.stores.fail = false;
    await rooms.clientKeys.revoke(key.id);
    expect(rooms.clientKeys.show(key.id)).toMatchObject({ state: "revoked", live: false });
    expect(rooms.stores.client.get(key.id)?.generations).toEqual([]);
  });

  test("two at once are one", async () => {
    const rooms = await readyRooms();
    const { key } = await rooms.clientKeys.issue(issueInput(rooms.venueKeyId));
    await Promise.all([rooms.clientKeys.revoke(key.id), rooms.clientKeys.revoke(key.id)]);
    expect(rooms.stores.acts.filter((each) => each.act === "client-key.revoke")).toHaveLength(1);
  });

  test("an unknown key is refused", async () => {
    const rooms = await readyRooms();
    await expect(rooms.clientKeys.revoke("nobody")).rejects.toMatchObject({ code: "unknown-client-key" });
  });

  test("a damaged record can be revoked, which erases its salt", async () => {
    const rooms = await readyRooms();
    const { key } = await rooms.clientKeys.issue(issueInput(rooms.venueKeyId));
    const stored = rooms.stores.client.get(key.id);
    if (stored !== undefined) rooms.stores.client.set(key.id, { ...stored, rowMac: Buffer.alloc(36) });
    const { stores, clock } = rooms;
    const again = await openRooms({ stores, clock });
    expect(again.clientKeys.show(key.id)).toMatchObject({ state: "damaged", live: false });
    await again.clientKeys.revoke(key.id);
    expect(stores.client.get(key.id)?.generations).toEqual([]);
    expect(again.clientKeys.show(key.id)).toMatchObject({ state: "revoked", live: false });
  });
});

test("an empty installation has no keys", async () => {
  const rooms = await openRooms({ stores: new MemoryStores(), clock: handClock() });
  expect(rooms.clientKeys.list()).toEqual([]);
  expect(rooms.clientKeys.find("x")).toBeUndefined();
  expect(rooms.clientKeys.show("x")).toBeUndefined();
});
