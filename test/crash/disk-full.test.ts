/**
 * The disk is full: no record, so no order, and the bots are told so; reads go on, a revocation still bites, and when
 * there is room again so does everything else. The kernel plays the full disk, by the limit on the size of files.
 */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { canRun } from "../programs.ts";
import { get, sendAnswered, stampAfterStart } from "./bot.ts";
import type { Bot } from "./bot.ts";
import { addVenueKey, issueBot, openCrashHouse } from "./crash-house.ts";
import type { CrashHouse } from "./crash-house.ts";
import type { GatewayProcess } from "./gateway-process.ts";
import { readJournal } from "./journal-copy.ts";
import { cancelAll, listOpen, marketOrder } from "./wishes.ts";

const written = "the journal can be written again";
const noRecord = { status: 503, code: -1008, refusal: "journal-unavailable" };

/** Asks the kernel about, or for, the size beyond which the process may write to no file. */
function fileLimit({ pid }: GatewayProcess, args: readonly string[]): string {
  const done = spawnSync("prlimit", ["--pid", String(pid), ...args], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`prlimit: ${done.error?.message ?? done.stderr}`);
  return done.stdout.trim();
}

/** From here on the process can write to no file. Returns what makes room again. */
function fillDisk(gateway: GatewayProcess): () => void {
  const before = fileLimit(gateway, ["--fsize", "--raw", "--noheadings", "--output", "SOFT"]);
  // Soft limits only: the hard one stays where it is, or no one could lift it again.
  fileLimit(gateway, ["--fsize=1:"]);
  return () => void fileLimit(gateway, [`--fsize=${before}:`]);
}

const canLimit = canRun(["prlimit", "--version"], "what a full disk does");

interface Scene {
  readonly house: CrashHouse;
  readonly gateway: GatewayProcess;
  readonly bot: Bot;
  /** A second key, for acts. */
  readonly other: Bot;
}

async function withScene(play: (scene: Scene) => Promise<void>): Promise<void> {
  const house = await openCrashHouse();
  try {
    const gateway = await house.start();
    const venueKeyId = await addVenueKey(gateway, house.exchange);
    const bot = await issueBot(gateway, venueKeyId);
    await play({ house, gateway, bot, other: await issueBot(gateway, venueKeyId) });
  } finally {
    await house.close();
  }
}

test.runIf(canLimit)("a full disk stops orders, not reads, and heals", { timeout: 60_000 }, () =>
  withScene(async ({ house: { exchange, dataDir }, gateway, bot, other }) => {
    const { dataUrl, controlUrl } = gateway;
    const stampMs = await stampAfterStart(dataUrl);
    const before = await bot.sign(marketOrder("before"), stampMs);
    expect(await sendAnswered(dataUrl, before)).toMatchObject({ status: 200 });
    expect(await get(controlUrl, "/healthz")).toMatchObject({ status: 200 });

    const makeRoom = fillDisk(gateway);
    const healed = gateway.logged(written);
    const refused = await Promise.all([marketOrder("during"), cancelAll].map((w) => bot.sign(w, stampMs)));
    for (const signed of refused) expect(await sendAnswered(dataUrl, signed)).toMatchObject(noRecord);
    expect(exchange.mutations(), "nothing was sent").toHaveLength(1);
    expect(await sendAnswered(dataUrl, await bot.sign(listOpen, stampMs - 1))).toMatchObject({ status: 200 });
    expect(await get(dataUrl, "/api/v3/time")).toMatchObject({ status: 200 });
    const health = await get(controlUrl, "/healthz");
    expect(health.status).toBe(503);
    expect(JSON.parse(health.body)).toEqual({ status: "unhealthy", problems: ["journal"] });

    const unrecorded = gateway.admin.revokeClientKey(other.apiKey);
    await expect(unrecorded).rejects.toMatchObject({ status: 503 });
    expect(await gateway.admin.clientKey(other.apiKey)).toMatchObject({ state: "revoking" });
    const dead = await sendAnswered(dataUrl, await other.sign(listOpen, stampMs));
    expect(dead, "a revocation bites before it is on disk").toMatchObject({ status: 401, code: -2015 });

    makeRoom();
    await healed;
    expect(await get(controlUrl, "/healthz")).toMatchObject({ status: 200 });
    for (const signed of refused) {
      expect(await sendAnswered(dataUrl, signed), "what was not sent may be sent again").toMatchObject({
        status: signed.method === "POST" ? 200 : 400,
        refusal: undefined,
      });
    }
    expect(exchange.mutations()).toHaveLength(3);
    expect(await gateway.admin.revokeClientKey(other.apiKey)).toMatchObject({ state: "revoked" });
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
    const { intents, outcomes } = readJournal(dataDir);
    expect([intents.length, outcomes.length]).toEqual([3, 3]);
  }),
);

test.runIf(canLimit)(
  "an outcome that finds the disk full is kept until there is room",
  { timeout: 60_000 },
  () =>
    withScene(async ({ house: { exchange, dataDir }, gateway, bot }) => {
      const { dataUrl } = gateway;
      const stampMs = await stampAfterStart(dataUrl);
      const signed = await bot.sign(marketOrder("disk-fills-meanwhile"), stampMs);
      const failed = gateway.logged("the journal cannot be written");
      const healed = gateway.logged(written);
      // The order is at the exchange in this very moment: its intent is on disk, its outcome is not.
      let makeRoom: (() => void) | undefined;
      exchange.onArrival(() => {
        makeRoom ??= fillDisk(gateway);
      });
      const answer = await sendAnswered(dataUrl, signed);
      expect(answer).toMatchObject({ status: 200, body: exchange.mutations()[0]?.answer });
      await failed;
      expect(readJournal(dataDir)).toMatchObject({ intents: [{}], outcomes: [] });
      expect(await sendAnswered(dataUrl, signed), "a re-send needs no disk").toEqual(answer);
      expect(await sendAnswered(dataUrl, await bot.sign(cancelAll, stampMs))).toMatchObject(noRecord);

      makeRoom?.();
      await healed;
      expect(readJournal(dataDir)).toMatchObject({ intents: [{}], outcomes: [{ result: "answered" }] });
      expect(exchange.mutations()).toHaveLength(1);
    }),
);
