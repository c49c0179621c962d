/**
 * What the control socket has acknowledged survives a SIGKILL in the very turn of the acknowledgement: a venue key, an
 * issued key, a revocation. A revoked key's salt is then in no file: nothing can make its secret again.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sendAnswered, stampAfterStart } from "./bot.ts";
import { addVenueKey, issueBot, openCrashHouse } from "./crash-house.ts";
import type { CrashHouse } from "./crash-house.ts";
import type { GatewayProcess } from "./gateway-process.ts";
import { readJournal } from "./journal-copy.ts";
import { listOpen, marketOrder } from "./wishes.ts";

const died = { code: null, signal: "SIGKILL" };

/** Does something over the control socket and kills the gateway in the turn in which it is acknowledged. */
async function actAndDie<Result>(
  house: CrashHouse,
  act: (gateway: GatewayProcess) => Promise<Result>,
): Promise<Result> {
  const gateway = await house.start();
  const result = await act(gateway);
  gateway.kill();
  expect(await gateway.ended).toEqual(died);
  return result;
}

/** The names of the files of the folder that hold any of these bytes. */
function filesHolding(folder: string, spellings: readonly Buffer[]): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return files.filter((name) => {
    const bytes = readFileSync(join(folder, name));
    return spellings.some((spelling) => bytes.includes(spelling));
  });
}

/** As it is stored, and as the bytes that it stands for. */
function spellingsOf(salt: string): Buffer[] {
  const raw = Buffer.from(salt, "hex");
  return [raw, ...(["hex", "base64", "base64url"] as const).map((each) => Buffer.from(raw.toString(each)))];
}

test("venue key, issued key and revocation are there after a kill -9", { timeout: 120_000 }, async () => {
  const house = await openCrashHouse();
  try {
    const { exchange, dataDir } = house;
    const venueKeyId = await actAndDie(house, (gateway) => addVenueKey(gateway, exchange));
    const bot = await actAndDie(house, async (gateway) => {
      const kept = await gateway.admin.venueKey(venueKeyId);
      expect(kept).toMatchObject({ state: "signs", accountUid: String(exchange.uid) });
      return await issueBot(gateway, venueKeyId);
    });
    const { salts } = readJournal(dataDir);
    expect(salts).toHaveLength(1);
    const spellings = salts.flatMap(spellingsOf);
    expect(filesHolding(dataDir, spellings), "the search finds a salt that is there").not.toEqual([]);

    await actAndDie(house, async (gateway) => {
      const stampMs = await stampAfterStart(gateway.dataUrl);
      const order = await bot.sign(marketOrder("before-revocation"), stampMs);
      expect(await sendAnswered(gateway.dataUrl, order)).toMatchObject({ status: 200 });
      await gateway.admin.revokeClientKey(bot.apiKey);
    });
    expect(filesHolding(dataDir, spellings), "the salt is in no file").toEqual([]);

    const gateway = await house.start();
    expect(await gateway.admin.clientKey(bot.apiKey)).toMatchObject({ state: "revoked" });
    const stampMs = await stampAfterStart(gateway.dataUrl);
    const sent = exchange.mutations().length;
    for (const wish of [listOpen, marketOrder("after-revocation")]) {
      const refused = await sendAnswered(gateway.dataUrl, await bot.sign(wish, stampMs));
      expect(refused).toMatchObject({ status: 401, code: -2015 });
    }
    expect(exchange.mutations()).toHaveLength(sent);
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
    expect(filesHolding(dataDir, spellings)).toEqual([]);

    const { texts } = readJournal(dataDir);
    const acts = texts.flatMap((text) => (JSON.parse(text) as { act?: string }).act ?? []);
    expect(acts).toEqual(["venue-key.add", "client-key.issue", "client-key.revoke"]);
  } finally {
    await house.close();
  }
});
