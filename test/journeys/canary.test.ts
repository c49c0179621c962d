/** After a journey with everything that can go wrong in it, no log line, metric, status or database file holds a secret or a signature. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { importSigner, signRest } from "@countersign/signing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startHouse } from "../house.ts";
import type { House } from "../house.ts";

let house: House;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house.close());

async function send(method: string, target: string, apiKey: string, body?: string): Promise<number> {
  const headers: Record<string, string> = { "X-MBX-APIKEY": apiKey };
  if (body !== undefined) headers["Content-Type"] = "application/x-www-form-urlencoded";
  const response = await fetch(house.url + target, { method, headers, ...(body !== undefined && { body }) });
  await response.text();
  return response.status;
}

function overSocket(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = httpRequest({ socketPath: house.server.socketPath, path, host: "localhost" }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
      response.on("end", () => resolve(text));
    });
    call.on("error", reject);
    call.end();
  });
}

/** Read by another process: a descriptor on the database, closed in this one, would drop SQLite's locks. */
function filesOf(folder: string): string {
  const paths = readdirSync(folder)
    .filter((name) => !name.endsWith(".sock"))
    .map((name) => join(folder, name));
  return spawnSync("cat", paths, { encoding: "latin1", maxBuffer: 64 * 1024 * 1024 }).stdout;
}

test("no sink holds a secret or a signature", async () => {
  const { apiKey, apiSecret } = await house.issue();
  const signer = await importSigner({ algorithm: "HMAC", secret: apiSecret });
  const signatures: string[] = [];
  const signed = async (params: [string, string][]): Promise<string> => {
    const text = await signRest([...params, ["timestamp", String(Date.now())]], signer);
    signatures.push(text.slice(text.indexOf("signature=") + 10));
    return text;
  };
  const order: [string, string][] = [
    ["symbol", "BTCUSDT"],
    ["side", "BUY"],
    ["type", "MARKET"],
    ["quantity", "0.001"],
  ];
  const good = await signed([...order, ["newClientOrderId", "canary"]]);
  expect(await send("POST", "/api/v3/order", apiKey, good)).toBe(200);
  expect(await send("POST", "/api/v3/order", apiKey, good)).toBe(200);
  expect(await send("GET", `/api/v3/account?${await signed([])}`, apiKey)).toBe(200);
  const bad = await signed(order);
  expect(await send("POST", "/api/v3/order", apiKey, bad.replace("0.001", "0.002"))).toBe(400);
  expect(await send("POST", "/api/v3/order/test", apiKey, good)).toBe(400);
  expect(await send("GET", `/api/v3/nowhere?${bad}`, apiKey)).toBe(404);
  // A bot that mixes up key and secret.
  expect(await send("GET", `/api/v3/account?${await signed([])}`, apiSecret)).toBe(401);
  house.sandbox.faults.add({ method: "POST", action: { kind: "reset" } });
  expect(await send("POST", "/api/v3/order", apiKey, await signed(order))).toBe(504);
  await house.server.clientKeys.revoke(apiKey);
  expect(await send("POST", "/api/v3/order", apiKey, await signed(order))).toBe(401);

  const venueSecret = house.sandbox.accounts[0]?.keys[0]?.secret ?? "";
  const sentUp = house.sandbox.journal
    .entries()
    .map(({ target, body }) => /signature=([^&]+)/.exec(target + body)?.[1] ?? "");
  const canaries = [apiSecret, venueSecret, ...signatures, ...sentUp].filter((each) => each !== "");
  expect(canaries.length).toBeGreaterThan(8);

  const metrics = await (await fetch(`${house.server.controlUrl}/metrics`)).text();
  const health = await (await fetch(`${house.server.controlUrl}/healthz`)).text();
  const status = await overSocket("/v1/status");
  const keys = (await overSocket("/v1/client-keys")) + (await overSocket("/v1/venue-keys"));
  expect(metrics).toContain("countersign_requests_total");
  expect(keys).toContain(apiKey);
  const sinksOnDisk = filesOf(house.dataDir);
  expect(sinksOnDisk).toContain(apiKey);
  const sinks = [...house.logLines, metrics, health, status, keys, sinksOnDisk];
  expect(house.logLines.length).toBeGreaterThan(5);
  for (const canary of canaries) {
    for (const spelling of [
      canary,
      Buffer.from(canary).toString("hex"),
      Buffer.from(canary).toString("base64url"),
    ]) {
      expect(sinks.findIndex((sink) => sink.includes(spelling))).toBe(-1);
    }
  }
});
