/**
 * A house that is made to crash: exchange and data folder stay, the gateway in front of them comes and goes. What is
 * left running when the test ends is ended here.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initialise } from "countersign";
import { createBot } from "./bot.ts";
import type { Bot } from "./bot.ts";
import { openExchange } from "./exchange-witness.ts";
import type { Exchange } from "./exchange-witness.ts";
import { startGateway } from "./gateway-process.ts";
import type { GatewayProcess, StartOptions } from "./gateway-process.ts";

export interface CrashHouse {
  readonly exchange: Exchange;
  readonly dataDir: string;
  start(options?: Omit<StartOptions, "dataDir">): Promise<GatewayProcess>;
  close(): Promise<void>;
}

export async function openCrashHouse(): Promise<CrashHouse> {
  const dataDir = mkdtempSync(join(tmpdir(), "countersign-crash-"));
  const exchange = await openExchange();
  const listen = { host: "127.0.0.1", port: 0 };
  const config = {
    venue: "sandbox",
    venueUrl: exchange.sandbox.url,
    listen,
    control: listen,
    logLevel: "info",
  } as const;
  await initialise({ dataDir, config });
  const started: GatewayProcess[] = [];
  return {
    exchange,
    dataDir,
    async start(options = {}) {
      const gateway = await startGateway({ dataDir, ...options });
      started.push(gateway);
      return gateway;
    },
    async close() {
      for (const gateway of started) {
        gateway.kill();
        await gateway.ended;
      }
      await exchange.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Hands the gateway the venue key. Returns the id that Countersign gave it. */
export async function addVenueKey({ admin }: GatewayProcess, { venueKey }: Exchange): Promise<string> {
  const { id } = await admin.addVenueKey({ label: "sandbox", algorithm: "HMAC", ...venueKey });
  return id;
}

/** A bot with a fresh client key that may read and trade everything from loopback. */
export async function issueBot({ admin }: GatewayProcess, venueKeyId: string): Promise<Bot> {
  const { key, secret } = await admin.issueClientKey({
    label: "bot",
    algorithm: "HMAC",
    permissions: ["enableReading", "enableSpotAndMarginTrading"],
    addresses: ["127.0.0.1"],
    symbols: "any",
    venueKeyId,
  });
  return await createBot(key.id, secret ?? "");
}
