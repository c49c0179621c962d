/** Whoever can write the database cannot widen a right: every column, edited by SQL, and the key is not used. */
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemRandom } from "../../src/base/random.ts";
import { openClientKeys } from "../../src/keys/client-keys.ts";
import type { ClientKeys } from "../../src/keys/client-keys.ts";
import { openVenueKeys } from "../../src/keys/venue-keys.ts";
import type { VenueKeys } from "../../src/keys/venue-keys.ts";
import { openStore } from "../../src/storage/open.ts";
import { frozenClock, heardLog, temporaryFolder } from "../storage/samples.ts";
import type { HeardLog } from "../storage/samples.ts";
import { rootKeysOf } from "../vault/root-keys-of.ts";
import { issueInput, pemPair, venueKeyInput } from "./rooms.ts";

interface Opened {
  readonly clientKeys: ClientKeys;
  readonly venueKeys: VenueKeys;
  readonly log: HeardLog;
  readonly close: () => Promise<void>;
}

async function openAll(path: string): Promise<Opened> {
  const log = heardLog();
  const store = await openStore({ path, clock: frozenClock, log });
  const parts = { rootKeys: rootKeysOf(1), clock: frozenClock, random: systemRandom, log };
  const venueKeys = await openVenueKeys({ ...parts, store: store.venueKeys, venue: "sandbox" });
  const clientKeys = await openClientKeys({ ...parts, store: store.clientKeys, venueKeys, realm: "sandbox" });
  return { clientKeys, venueKeys, log, close: () => store.close() };
}

interface Installation {
  readonly path: string;
  readonly hmacId: string;
  readonly uploadedId: string;
  readonly revokedId: string;
}

let made: Installation;
let madeIn = "";
beforeAll(async () => {
  madeIn = mkdtempSync(join(tmpdir(), "tampering-"));
  made = await makeInstallation(join(madeIn, "countersign.db"));
});
afterAll(() => rmSync(madeIn, { recursive: true, force: true }));

/** A copy to tamper with. */
function installation(): Installation {
  const path = join(temporaryFolder(), "countersign.db");
  copyFileSync(made.path, path);
  chmodSync(path, 0o600);
  return { ...made, path };
}

async function makeInstallation(path: string): Promise<Installation> {
  const { clientKeys, venueKeys, close } = await openAll(path);
  const { id } = await venueKeys.add(venueKeyInput());
  const hmac = await clientKeys.issue(issueInput(id));
  const { publicKeyPem } = pemPair("ED25519");
  const uploaded = await clientKeys.issue(issueInput(id, { algorithm: "ED25519", publicKeyPem }));
  const revoked = await clientKeys.issue(issueInput(id));
  await clientKeys.revoke(revoked.key.id);
  await close();
  return { path, hmacId: hmac.key.id, uploadedId: uploaded.key.id, revokedId: revoked.key.id };
}

function edit(path: string, statements: string): number {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  const before = Number(database.prepare("select total_changes() as n").get()?.["n"]);
  database.exec(statements);
  const after = Number(database.prepare("select total_changes() as n").get()?.["n"]);
  database.close();
  return after - before;
}

const otherPem = JSON.stringify(pemPair("ED25519").publicKeyPem).slice(1, -1).replaceAll("\\n", "\n");
const otherId = "CSKS".padEnd(64, "0");

/** Each names the key it edits as `:id`; the values are such as would read well. */
const edits: readonly (readonly [column: string, sql: string])[] = [
  ["label", "update client_keys set label = 'other' where id = :id"],
  ["algorithm", "update client_keys set algorithm = 'RSA' where id = :id"],
  ["public_key", `update client_keys set public_key = '${otherPem}' where id = :id`],
  ["state", "update client_keys set state = 'revoked' where id = :id"],
  ["generation", "update client_keys set generation = 2 where id = :id"],
  ["permissions (fewer)", `update client_keys set permissions = '["enableReading"]' where id = :id`],
  ["permissions (unknown)", `update client_keys set permissions = '["enableWithdrawals"]' where id = :id`],
  ["permissions (malformed)", "update client_keys set permissions = 'x' where id = :id"],
  ["addresses (any)", "update client_keys set addresses = 'any' where id = :id"],
  ["addresses (more)", `update client_keys set addresses = '["127.0.0.1","127.0.0.2"]' where id = :id`],
  ["addresses (malformed)", "update client_keys set addresses = '[' where id = :id"],
  ["addresses (spaced)", `update client_keys set addresses = '[ "127.0.0.1"]' where id = :id`],
  ["symbols (any)", "update client_keys set symbols = 'any' where id = :id"],
  ["symbols (other)", `update client_keys set symbols = '["ETHUSDT"]' where id = :id`],
  ["symbols (not texts)", "update client_keys set symbols = '[1]' where id = :id"],
  ["venue_key_id", "update client_keys set venue_key_id = 'vk_other' where id = :id"],
  ["created_ms", "update client_keys set created_ms = created_ms + 1 where id = :id"],
  ["created_ms (huge)", "update client_keys set created_ms = 9223372036854775807 where id = :id"],
  ["created_ms (text)", "update client_keys set created_ms = 'soon' where id = :id"],
  ["revoked_ms", "update client_keys set revoked_ms = 1 where id = :id"],
  ["row_version", "update client_keys set row_version = 2 where id = :id"],
  ["row_mac (zeros)", "update client_keys set row_mac = replace(row_mac, '1', '0') where id = :id"],
  ["row_mac (none)", "update client_keys set row_mac = '' where id = :id"],
  ["row_mac (blob)", "update client_keys set row_mac = x'00' where id = :id"],
  ["row_mac (capitals)", "update client_keys set row_mac = 'AB' || substr(row_mac, 3) where id = :id"],
  ["generations.generation", "update client_key_generations set generation = 2 where client_key_id = :id"],
  [
    "generations.root_version",
    "update client_key_generations set root_version = 2 where client_key_id = :id",
  ],
  [
    "generations.salt",
    `update client_key_generations set salt = '${"0".repeat(64)}' where client_key_id = :id`,
  ],
  ["generations.salt (malformed)", "update client_key_generations set salt = 'zz' where client_key_id = :id"],
  ["a generation more", "insert into client_key_generations values (:id, 2, 1, null)"],
  ["no generation", "delete from client_key_generations where client_key_id = :id"],
];

const ofKey = (sql: string, id: string): string => sql.replaceAll(":id", `'${id}'`);

describe("client_keys", () => {
  test.each(edits)("%s", async (_, sql) => {
    const { path, hmacId, uploadedId } = installation();
    for (const id of [hmacId, uploadedId]) expect(edit(path, ofKey(sql, id))).toBe(1);
    const { clientKeys, log, close } = await openAll(path);
    for (const id of [hmacId, uploadedId]) {
      expect(clientKeys.find(id)).toBeUndefined();
      expect(clientKeys.show(id)).toMatchObject({ state: "damaged", live: false });
    }
    expect(clientKeys.damagedCount()).toBe(2);
    expect(log.lines.filter((line) => line.level === "error")).toHaveLength(2);
    await close();
  });

  test("id: neither the old nor the new one works", async () => {
    const { path, hmacId } = installation();
    edit(
      path,
      `update client_keys set id = '${otherId}' where id = '${hmacId}';
       update client_key_generations set client_key_id = '${otherId}' where client_key_id = '${hmacId}'`,
    );
    const { clientKeys, close } = await openAll(path);
    expect(clientKeys.find(hmacId)).toBeUndefined();
    expect(clientKeys.find(otherId)).toBeUndefined();
    expect(clientKeys.show(otherId)).toMatchObject({ state: "damaged" });
    await close();
  });

  test("a revoked key does not come back by its state", async () => {
    const { path, revokedId } = installation();
    edit(path, `update client_keys set state = 'active', revoked_ms = null where id = '${revokedId}'`);
    const { clientKeys, close } = await openAll(path);
    expect(clientKeys.find(revokedId)).toBeUndefined();
    expect(clientKeys.show(revokedId)).toMatchObject({ state: "damaged" });
    await close();
  });

  test("untouched, all of it works", async () => {
    const { path, hmacId, uploadedId, revokedId } = installation();
    const { clientKeys, venueKeys, log, close } = await openAll(path);
    expect([hmacId, uploadedId, revokedId].map((id) => clientKeys.find(id)?.live())).toEqual([
      true,
      true,
      undefined,
    ]);
    expect(
      clientKeys
        .list()
        .map((key) => key.state)
        .toSorted(),
    ).toEqual(["active", "active", "revoked"]);
    expect(venueKeys.list()).toMatchObject([{ damaged: false, signs: true }]);
    expect(log.lines).toEqual([]);
    await close();
  });

  test("a key that is edited leaves the others alone; one that is not edited works", async () => {
    const { path, hmacId, uploadedId } = installation();
    edit(path, `update client_keys set symbols = 'any' where id = '${hmacId}'`);
    const { clientKeys, close } = await openAll(path);
    expect(clientKeys.find(hmacId)).toBeUndefined();
    expect(clientKeys.find(uploadedId)?.live()).toBe(true);
    expect(clientKeys.damagedCount()).toBe(1);
    await close();
  });

  test("another key's row, grant and MAC together are still another key's", async () => {
    const { path, hmacId, uploadedId } = installation();
    const database = new DatabaseSync(path);
    database
      .prepare(
        `update client_keys set row_mac = (select row_mac from client_keys where id = ?),
         symbols = (select symbols from client_keys where id = ?) where id = ?`,
      )
      .run(uploadedId, uploadedId, hmacId);
    database.close();
    const { clientKeys, close } = await openAll(path);
    expect(clientKeys.find(hmacId)).toBeUndefined();
    await close();
  });
});

describe("venue_keys", () => {
  test.each([
    ["id", "update venue_keys set id = 'vk_other'"],
    ["label", "update venue_keys set label = 'other'"],
    ["venue", "update venue_keys set venue = 'binance'"],
    ["venue (unknown)", "update venue_keys set venue = 'elsewhere'"],
    ["account_uid", "update venue_keys set account_uid = '2'"],
    ["algorithm", "update venue_keys set algorithm = 'RSA'"],
    ["api_key", `update venue_keys set api_key = '${"z".repeat(64)}'`],
    ["public_key", "update venue_keys set public_key = 'pem'"],
    ["created_ms", "update venue_keys set created_ms = 1"],
    ["sealed", "update venue_keys set sealed = substr(sealed, 1, length(sealed) - 2) || '00'"],
    ["sealed (malformed)", "update venue_keys set sealed = 'not hex'"],
    ["row_version", "update venue_keys set row_version = 2"],
    ["row_mac", "update venue_keys set row_mac = upper(row_mac)"],
  ])("%s", async (_, sql) => {
    const { path, hmacId } = installation();
    expect(edit(path, sql)).toBe(1);
    const { venueKeys, clientKeys, close } = await openAll(path);
    const [listed] = venueKeys.list();
    expect(listed).toMatchObject({ damaged: true, signs: false });
    expect(venueKeys.signerFor(listed?.id ?? "")).toBeUndefined();
    // The client keys are sound; what they would be countersigned with is not.
    const venueKeyId = clientKeys.find(hmacId)?.key.grant.venueKeyId ?? "";
    expect(venueKeys.signerFor(venueKeyId)).toBeUndefined();
    await close();
  });
});
