/** The bridge: what kind of key a bot signs with and what kind Countersign signs with are each other's choice. */
import { generateKeyPairSync } from "node:crypto";
import { importSigner, signRest } from "@countersign/signing";
import type { Algorithm, Signer } from "@countersign/signing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../apps/server/src/base/secret.ts";
import { startHouse } from "../house.ts";
import type { House } from "../house.ts";

const algorithms: readonly Algorithm[] = ["HMAC", "ED25519", "RSA"];

let house: House;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house.close());

function keyPair(algorithm: "ED25519" | "RSA") {
  const { publicKey, privateKey } =
    algorithm === "RSA"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ed25519");
  return {
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }),
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }),
  };
}

/** A key at the exchange, in the vault. */
async function venueKey(algorithm: Algorithm): Promise<{ id: string; apiKey: string }> {
  const pair = algorithm === "HMAC" ? undefined : keyPair(algorithm);
  const spec = pair === undefined ? {} : { algorithm, publicKeyPem: pair.publicKeyPem };
  const { apiKey, secret = pair?.privateKeyPem ?? "" } = house.sandbox.addKey(house.uid, spec);
  const accountUid = String(house.uid);
  const order = { label: algorithm, algorithm, apiKey, secret: new Secret(secret), accountUid };
  return await house.server.venueKeys.add(order);
}

async function bot(algorithm: Algorithm, venueKeyId: string): Promise<{ apiKey: string; signer: Signer }> {
  if (algorithm === "HMAC") {
    const { apiKey, apiSecret } = await house.issue({ venueKeyId });
    return { apiKey, signer: await importSigner({ algorithm, secret: apiSecret }) };
  }
  const { publicKeyPem, privateKeyPem } = keyPair(algorithm);
  const { apiKey } = await house.issue({ algorithm, publicKeyPem, venueKeyId });
  return { apiKey, signer: await importSigner({ algorithm, privateKeyPem }) };
}

describe.each(algorithms)("an exchange key of type %s", (venueAlgorithm) => {
  test.each(algorithms)("countersigns for a bot that signs with %s", async (botAlgorithm) => {
    const { id, apiKey: venueApiKey } = await venueKey(venueAlgorithm);
    const { apiKey, signer } = await bot(botAlgorithm, id);
    house.sandbox.journal.clear();
    const params: [string, string][] = [
      ["symbol", "BTCUSDT"],
      ["side", "SELL"],
      ["type", "MARKET"],
      ["quantity", "0.001"],
      ["timestamp", String(Date.now())],
    ];
    const text = await signRest(params, signer);
    const response = await fetch(`${house.url}/api/v3/order`, {
      method: "POST",
      headers: { "X-MBX-APIKEY": apiKey, "Content-Type": "application/x-www-form-urlencoded" },
      body: text,
    });
    expect(await response.json()).toMatchObject({ status: "FILLED", executedQty: "0.00100000" });
    const [seen] = house.sandbox.journal.entries();
    expect(seen).toMatchObject({ headers: { apiKey: venueApiKey }, outcome: { executed: true } });
  });
});
