/**
 * The story of one failpoint: four mutations, each sent to a gateway that dies by SIGKILL at that place, on one data
 * folder; then a start with nothing armed, and every byte is sent again. What the record held at each death decides
 * what the re-send must be told, and the exchange says whether anything happened twice.
 */
import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { FailpointName } from "../../apps/server/src/base/failpoint.ts";
import { payloadDigestOf, send, sendAnswered, stampAfterStart } from "./bot.ts";
import type { Answer, Bot, SignedRequest, Wish } from "./bot.ts";
import { addVenueKey, issueBot, openCrashHouse } from "./crash-house.ts";
import type { CrashHouse } from "./crash-house.ts";
import type { SeenMutation } from "./exchange-witness.ts";
import type { GatewayProcess } from "./gateway-process.ts";
import { readJournal } from "./journal-copy.ts";
import type { JournalCopy } from "./journal-copy.ts";
import { cancelAll, cancelOrder, limitOrder, listOpen, marketOrder } from "./wishes.ts";

/** `open`: the failpoint does not decide it, another thread or process does. */
type Certainty = "no" | "yes" | "open";

/** What must be true of a mutation when the process has died at a place. */
export interface Aftermath {
  readonly intentDurable: Certainty;
  readonly atExchange: Certainty;
  readonly outcomeDurable: Certainty;
  /** Whether the bot had its answer before the connection broke. */
  readonly answered: Certainty;
}

const resting = { single: "crash-resting-single", all: "crash-resting-all", sentinel: "crash-sentinel" };

/** Each way to change something, and what must rest at the exchange for it to mean anything. */
const mutations: readonly { readonly wish: Wish; readonly needs?: string }[] = [
  { wish: marketOrder("crash-named") },
  { wish: marketOrder() },
  { wish: cancelOrder(resting.single), needs: resting.single },
  { wish: cancelAll, needs: resting.all },
];

/** One mutation that met its failpoint. */
interface Casualty {
  readonly bot: Bot;
  readonly signed: SignedRequest;
  /** A payload that served a read in the same run. */
  readonly read: SignedRequest;
  readonly answer: Answer | undefined;
  /** The record as it was when the process had died. */
  readonly record: JournalCopy;
}

/** Plays the whole story and checks it. */
export async function killAndResend(failpoint: FailpointName, aftermath: Aftermath): Promise<void> {
  const house = await openCrashHouse();
  try {
    const casualties = await dieFourTimes(house, failpoint);
    const gateway = await house.start();
    await rest(house, resting.sentinel);
    for (const casualty of casualties) await resend(gateway, casualty, house);
    for (const { read } of casualties) await refuseReadAsMutation(gateway, read, house);
    await acceptNewMutation(gateway, casualties, house);
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
    checkAtEnd(casualties, aftermath, house);
  } finally {
    await house.close();
  }
}

async function dieFourTimes(house: CrashHouse, failpoint: FailpointName): Promise<Casualty[]> {
  const casualties: Casualty[] = [];
  let bot: Bot | undefined;
  for (const { wish, needs } of mutations) {
    const gateway = await house.start({ failpoint });
    bot ??= await issueBot(gateway, await addVenueKey(gateway, house.exchange));
    if (needs !== undefined) await rest(house, needs);
    const stampMs = await stampAfterStart(gateway.dataUrl);
    const read = await bot.sign(listOpen, stampMs);
    expect(await sendAnswered(gateway.dataUrl, read)).toMatchObject({ status: 200 });
    const signed = await bot.sign(wish, stampMs - 1);
    const answer = await send(gateway.dataUrl, signed);
    expect(await gateway.ended).toEqual({ code: null, signal: "SIGKILL" });
    const armed = gateway.log.filter((line) => line.includes('"armed"'));
    expect(armed.map((line) => (JSON.parse(line) as { armed: string }).armed)).toEqual([failpoint]);
    casualties.push({ bot, signed, read, answer, record: readJournal(house.dataDir) });
  }
  return casualties;
}

/** Puts a resting order there by the owner's own hand. */
async function rest({ exchange }: CrashHouse, clientOrderId: string): Promise<void> {
  const placed = await exchange.direct(limitOrder(clientOrderId, await exchange.restingPrice(), "GTC"));
  expect(placed).toMatchObject({ status: 200 });
}

async function resend(gateway: GatewayProcess, casualty: Casualty, house: CrashHouse): Promise<void> {
  const { signed, answer, record } = casualty;
  const before = house.exchange.mutations().length;
  const again = await sendAnswered(gateway.dataUrl, signed);
  const intent = record.intentOf(payloadDigestOf(signed));
  const outcome = record.outcomeOf(intent);
  const unnamed = signed.method === "POST" && !signed.text.includes("newClientOrderId");
  if (intent === undefined) {
    expect(again).toMatchObject({ status: 400, code: -1021, refusal: "timestamp-before-start" });
  } else if (outcome === undefined) {
    expect(again).toMatchObject({ status: 504, code: -1007, refusal: "execution-unknown" });
  } else if (unnamed) {
    expect(again).toMatchObject({ status: 400, code: -2010, refusal: "order-twice" });
  } else {
    const seen = requestsOf(casualty, house);
    expect({ status: again.status, body: again.body }).toEqual({ status: 200, body: seen[0]?.answer });
    expect(outcome.bodyDigest).toBe(createHash("sha256").update(again.body).digest("hex"));
    if (answer !== undefined) expect(again).toEqual(answer);
  }
  expect(house.exchange.mutations(), "a re-send executes nothing").toHaveLength(before);
}

async function refuseReadAsMutation(
  gateway: GatewayProcess,
  read: SignedRequest,
  { exchange }: CrashHouse,
): Promise<void> {
  const before = exchange.mutations().length;
  const misused = await sendAnswered(gateway.dataUrl, { ...read, method: "DELETE" });
  expect(misused).toMatchObject({ status: 400, code: -1021, refusal: "timestamp-before-start" });
  expect(exchange.mutations()).toHaveLength(before);
  const { body } = await exchange.direct(listOpen);
  expect(body).toContain(resting.sentinel);
}

async function acceptNewMutation(
  gateway: GatewayProcess,
  [casualty]: readonly Casualty[],
  { exchange }: CrashHouse,
): Promise<void> {
  if (casualty === undefined) throw new Error("there was no mutation");
  const stampMs = await stampAfterStart(gateway.dataUrl);
  const signed = await casualty.bot.sign(marketOrder("crash-new"), stampMs);
  const before = exchange.mutations().length;
  expect(await sendAnswered(gateway.dataUrl, signed)).toMatchObject({ status: 200 });
  expect(exchange.mutations()).toHaveLength(before + 1);
}

/** What reached the exchange for this mutation: what has its intent's endpoint and parameters. */
function requestsOf({ signed, record }: Casualty, { exchange }: CrashHouse): readonly SeenMutation[] {
  const intent = record.intentOf(payloadDigestOf(signed));
  if (intent === undefined) return [];
  const wanted = JSON.stringify([intent.endpoint, intent.params]);
  return exchange.mutations().filter(({ endpoint, params }) => JSON.stringify([endpoint, params]) === wanted);
}

function checkAtEnd(casualties: readonly Casualty[], aftermath: Aftermath, house: CrashHouse): void {
  const last = readJournal(house.dataDir);
  for (const casualty of casualties) {
    const { signed, answer, record } = casualty;
    const intent = record.intentOf(payloadDigestOf(signed));
    const seen = requestsOf(casualty, house);
    const what = `${signed.method} ${signed.path}`;
    check(`${what}: intent durable`, aftermath.intentDurable, intent !== undefined);
    check(`${what}: outcome durable`, aftermath.outcomeDurable, record.outcomeOf(intent) !== undefined);
    check(`${what}: answered`, aftermath.answered, answer?.status === 200);
    check(`${what}: at the exchange`, aftermath.atExchange, seen.length === 1);
    expect(seen.length, `${what} reached the exchange at most once`).toBeLessThanOrEqual(1);
    expect(seen.every(({ executed }) => executed)).toBe(true);
    if (answer !== undefined) expect(answer.body).toBe(seen[0]?.answer);
    expect(last.texts.slice(0, record.texts.length), "no entry was changed").toEqual(record.texts);
  }
  for (const { endpoint, params } of house.exchange.mutations()) {
    const wanted = JSON.stringify([endpoint, params]);
    const intents = last.intents.filter((each) => JSON.stringify([each.endpoint, each.params]) === wanted);
    expect(intents, `${endpoint} has its intent`).toHaveLength(1);
  }
}

function check(what: string, certainty: Certainty, truth: boolean): void {
  if (certainty !== "open") expect(truth, what).toBe(certainty === "yes");
}
