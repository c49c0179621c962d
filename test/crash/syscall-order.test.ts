/**
 * SIGKILL cannot show a missing fsync: what a dead process wrote, the kernel keeps. So the order of system calls is
 * read from a trace: the record is synced before the exchange hears of an order, and before an act is acknowledged.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { databaseFileName } from "countersign";
import { describe, expect, test } from "vitest";
import { canRun } from "../programs.ts";
import { sendAnswered, stampAfterStart } from "./bot.ts";
import type { Bot, Wish } from "./bot.ts";
import { addVenueKey, issueBot, openCrashHouse } from "./crash-house.ts";
import type { CrashHouse } from "./crash-house.ts";
import type { GatewayProcess } from "./gateway-process.ts";
import { parseTrace } from "./syscall-trace.ts";
import type { SystemCall } from "./syscall-trace.ts";
import { cancelAll, listOpen, marketOrder, symbol } from "./wishes.ts";

const canTrace = canRun(["strace", "-f", "-o", "/dev/null", "true"], "the order of system calls");

const traced = "trace=fsync,fdatasync,write,writev,sendto,sendmsg,pwrite64";
const databaseFiles = [databaseFileName, `${databaseFileName}-wal`];
const toDatabase = (call: SystemCall): boolean =>
  databaseFiles.some((name) => call.file.endsWith(`/${name}`));
const isSync = ({ name }: SystemCall): boolean => name === "fsync" || name === "fdatasync";

/** Runs `play` against a traced gateway and gives the trace once the gateway has ended. */
async function trace(play: (scene: TracedScene) => Promise<void>): Promise<readonly SystemCall[]> {
  const house = await openCrashHouse();
  const folder = mkdtempSync(join(tmpdir(), "countersign-trace-"));
  const file = join(folder, "trace.txt");
  try {
    const strace = ["strace", "-f", "-qq", "-tt", "-yy", "-s", "64", "-e", traced, "-e", "signal=none"];
    const gateway = await house.start({ under: [...strace, "-o", file] });
    await play({ house, gateway });
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
    return parseTrace(readFileSync(file, "utf8"));
  } finally {
    await house.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface TracedScene {
  readonly house: CrashHouse;
  readonly gateway: GatewayProcess;
}

/** Nothing else asks the exchange for this. */
const listTrades: Wish = { method: "GET", path: "/api/v3/myTrades", params: [["symbol", symbol]] };

/** A read, which leaves its mark in the trace and nothing in the record, and a mutation. */
async function readAndMutate(
  { dataUrl }: GatewayProcess,
  bot: Bot,
  [read, mutation]: readonly [Wish, Wish],
): Promise<void> {
  const stampMs = await stampAfterStart(dataUrl);
  for (const signed of [await bot.sign(read, stampMs), await bot.sign(mutation, stampMs - 1)]) {
    // Whatever the exchange says: it was the exchange, and not a refusal of ours.
    expect((await sendAnswered(dataUrl, signed)).refusal).toBeUndefined();
  }
}

/** The one call that begins to write this text. */
function writeOf(calls: readonly SystemCall[], start: string): SystemCall {
  const found = calls.filter(({ data }) => data.startsWith(start));
  expect(found, start).toHaveLength(1);
  const [call] = found;
  if (call === undefined) throw new Error(`nothing wrote ${start}`);
  return call;
}

/**
 * Between two calls the write-ahead log was written, and every database file that was written was then synced, the
 * sync having returned before `until` was entered.
 */
function expectDurable(calls: readonly SystemCall[], from: SystemCall | undefined, until: SystemCall): void {
  const fromPlace = from?.returnedAt ?? -1;
  const within = calls.filter(
    (call) => toDatabase(call) && call.enteredAt > fromPlace && call.enteredAt < until.enteredAt,
  );
  const writes = within.filter((call) => !isSync(call));
  expect(writes.map(({ file }) => file.split("/").at(-1))).toContain(`${databaseFileName}-wal`);
  for (const write of writes) {
    const synced = within.some(
      (call) =>
        isSync(call) &&
        call.file === write.file &&
        call.result === 0 &&
        call.enteredAt > write.returnedAt &&
        call.returnedAt < until.enteredAt,
    );
    expect(synced, `${write.file} was synced before ${until.data}`).toBe(true);
  }
}

describe.runIf(canTrace)("under strace", () => {
  test(
    "the record is synced before an order is sent, and before an act is acknowledged",
    { timeout: 120_000 },
    async () => {
      const calls = await trace(async ({ house, gateway }) => {
        const venueKeyId = await addVenueKey(gateway, house.exchange);
        const bot = await issueBot(gateway, venueKeyId);
        const other = await issueBot(gateway, venueKeyId);
        await gateway.admin.status();
        await gateway.admin.revokeClientKey(other.apiKey);
        await readAndMutate(gateway, bot, [listOpen, marketOrder("traced")]);
        // The outcome goes to disk behind the answer: it must not pass for the next intent.
        while ((await gateway.admin.status()).journal.unknown > 0);
        await readAndMutate(gateway, bot, [listTrades, cancelAll]);
      });

      const read = writeOf(calls, "GET /api/v3/openOrders");
      expectDurable(calls, read, writeOf(calls, "POST /api/v3/order "));
      const readAgain = writeOf(calls, "GET /api/v3/myTrades");
      expectDurable(calls, readAgain, writeOf(calls, "DELETE /api/v3/openOrders"));

      const acknowledged = calls.filter(
        ({ data, enteredAt }) => data.startsWith("HTTP/1.1 2") && enteredAt < read.enteredAt,
      );
      const [added, issued, issuedOther, status, revoked] = acknowledged;
      const said = acknowledged
        .slice(0, 5)
        .map(({ data }) => data.slice("HTTP/1.1 ".length, "HTTP/1.1 201".length));
      expect(said).toEqual(["201", "201", "201", "200", "200"]);
      for (const [from, until] of [
        [undefined, added],
        [added, issued],
        [issued, issuedOther],
        [status, revoked],
      ]) {
        if (until === undefined) throw new Error("an act was not acknowledged");
        expectDurable(calls, from, until);
      }
    },
  );
});
