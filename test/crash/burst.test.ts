/**
 * Thirty-two bots place named orders when the gateway is killed at a seeded moment; after the restart every byte is
 * sent again. One data folder goes through all seeds, so that each restart finds the wreckage of the ones before.
 */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { payloadDigestOf, send, sendAnswered, stampAfterStart } from "./bot.ts";
import type { Answer, Bot, SignedRequest } from "./bot.ts";
import { addVenueKey, issueBot, openCrashHouse } from "./crash-house.ts";
import type { CrashHouse } from "./crash-house.ts";
import type { SeenMutation } from "./exchange-witness.ts";
import type { GatewayProcess } from "./gateway-process.ts";
import { readJournal } from "./journal-copy.ts";
import type { JournalCopy } from "./journal-copy.ts";
import { limitOrder } from "./wishes.ts";

const seeds = [1, 2, 3, 4, 5];
const clients = 32;
const ordersPerClient = 5;

interface Placed {
  readonly clientOrderId: string;
  readonly signed: SignedRequest;
  readonly answer: Answer | undefined;
}

/** When to kill: so many of these events, and then so many turns of the event loop later. */
interface Moment {
  readonly event: "sent" | "arrived" | "answered";
  readonly count: number;
  readonly turns: number;
}

/** Numbers drawn from a digest: a seed means the same moment on every machine, and neighbours have nothing in common. */
function seeded(seed: number): (below: number) => number {
  let drawn = 0;
  return (below) => {
    drawn += 1;
    return createHash("sha256").update(`burst ${seed} ${drawn}`).digest().readUInt32BE() % below;
  };
}

function momentOf(seed: number): Moment {
  const random = seeded(seed);
  const events = ["sent", "arrived", "answered"] as const;
  const event = events[random(events.length)] ?? "sent";
  return { event, count: 1 + random(clients * (ordersPerClient - 2)), turns: random(12) };
}

/** Runs `kill` at the moment; give it the events as they happen. */
function bomb({ event, count, turns }: Moment, kill: () => void): (happened: Moment["event"]) => void {
  let left = count;
  const tick = (still: number): void => {
    if (still === 0) kill();
    else setImmediate(tick, still - 1);
  };
  return (happened) => {
    if (happened !== event) return;
    left -= 1;
    if (left === 0) tick(turns);
  };
}

/** All clients at once, each one order after the other until its gateway is gone. */
async function placeUntilDead(
  gateway: GatewayProcess,
  orders: readonly (readonly SignedRequest[])[],
  tell: (happened: Moment["event"]) => void,
): Promise<Placed[]> {
  const placed: Placed[] = [];
  const client = async (own: readonly SignedRequest[]): Promise<void> => {
    for (const signed of own) {
      const answering = send(gateway.dataUrl, signed);
      tell("sent");
      const answer = await answering;
      const clientOrderId = signed.params.find(([name]) => name === "newClientOrderId")?.[1] ?? "";
      placed.push({ clientOrderId, signed, answer });
      if (answer === undefined) return;
      tell("answered");
    }
  };
  await Promise.all(orders.map(client));
  return placed;
}

async function burst(
  { exchange }: CrashHouse,
  { gateway, bot, seed }: { gateway: GatewayProcess; bot: Bot; seed: number },
): Promise<Placed[]> {
  const stampMs = await stampAfterStart(gateway.dataUrl);
  const price = await exchange.restingPrice();
  const orderOf = (client: number) => (_: unknown, index: number) =>
    bot.sign(limitOrder(`burst-${seed}-${client}-${index}`, price, "IOC"), stampMs);
  const orders = await Promise.all(
    Array.from({ length: clients }, (_, client) =>
      Promise.all(Array.from({ length: ordersPerClient }, orderOf(client))),
    ),
  );
  const tell = bomb(momentOf(seed), () => gateway.kill());
  exchange.onArrival(() => tell("arrived"));
  const placed = await placeUntilDead(gateway, orders, tell);
  expect(await gateway.ended).toEqual({ code: null, signal: "SIGKILL" });
  return placed;
}

/** Sends everything again and holds the answers against the record, the exchange, and what the bots were told. */
async function reckon(
  { exchange }: CrashHouse,
  { dataUrl }: GatewayProcess,
  { placed, record }: { placed: readonly Placed[]; record: JournalCopy },
): Promise<void> {
  const again = await Promise.all(placed.map(({ signed }) => sendAnswered(dataUrl, signed)));
  const atExchange = Map.groupBy(exchange.mutations(), orderIdOf);
  for (const [index, each] of placed.entries()) {
    const seen = atExchange.get(each.clientOrderId) ?? [];
    expect(seen.length, `${each.clientOrderId} reached the exchange once`).toBeLessThanOrEqual(1);
    judge({ ...each, again: again[index], seen: seen[0] }, record);
  }
}

const orderIdOf = ({ params }: SeenMutation): string =>
  params.find(([name]) => name === "newClientOrderId")?.[1] ?? "";

function judge(
  each: Placed & { readonly again: Answer | undefined; readonly seen: SeenMutation | undefined },
  record: JournalCopy,
): void {
  const { clientOrderId, signed, answer, again, seen } = each;
  const intent = record.intentOf(payloadDigestOf(signed));
  const outcome = record.outcomeOf(intent);
  if (seen !== undefined) expect(seen.params, clientOrderId).toEqual(intent?.params);
  if (answer !== undefined) {
    expect(answer).toMatchObject({ status: 200, body: seen?.answer });
    expect(intent, "what was acknowledged has its intent").toBeDefined();
  }
  if (intent === undefined) {
    expect(again).toMatchObject({ status: 400, refusal: "timestamp-before-start" });
    expect(seen).toBeUndefined();
  } else if (outcome === undefined) {
    expect(again).toMatchObject({ status: 504, code: -1007 });
  } else {
    expect(again).toMatchObject({ status: 200, body: seen?.answer });
    expect(outcome.bodyDigest).toBe(
      createHash("sha256")
        .update(seen?.answer ?? "")
        .digest("hex"),
    );
  }
}

test("a burst survives a kill at any moment", { timeout: 120_000 }, async () => {
  const house = await openCrashHouse();
  try {
    let gateway = await house.start();
    const bot = await issueBot(gateway, await addVenueKey(gateway, house.exchange));
    let earlier = readJournal(house.dataDir);
    for (const seed of seeds) {
      const placed = await burst(house, { gateway, bot, seed });
      const record = readJournal(house.dataDir);
      expect(record.texts.slice(0, earlier.texts.length), "no entry was changed").toEqual(earlier.texts);
      gateway = await house.start();
      await reckon(house, gateway, { placed, record });
      expect(
        placed.some(({ answer }) => answer === undefined),
        "the kill came in the middle",
      ).toBe(true);
      earlier = record;
    }
    const executed = house.exchange.mutations().filter((each) => each.executed);
    expect(executed.length, "the bursts did reach the exchange").toBeGreaterThan(clients);
  } finally {
    await house.close();
  }
});
