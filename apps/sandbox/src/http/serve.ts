// One request from arrival to answer, with whatever faults were armed for it: check, wait, execute, answer, and
// write down in the journal what became of it.

import type { Clock, Scheduler } from "../clock.ts";
import type { Refusal } from "../errors.ts";
import type { FaultAction, Faults, PlannedFaults } from "../faults.ts";
import type { JournalEntry } from "../journal.ts";
import type { Venue } from "../venue.ts";
import { answerId, asRefusal, jsonAnswer, refusalAnswer, type Answer } from "./answer.ts";
import { prepare, type Progress, type Run } from "./prepare.ts";
import type { Arrival } from "./wire.ts";

/** What the socket shall do. */
export type Delivery =
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "half-answer"; readonly answer: Answer }
  | { readonly kind: "hang" }
  | { readonly kind: "reset" };

export interface ServeContext {
  readonly venue: Venue;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
}

const html = (status: number): Answer => ({
  status,
  headers: { "content-type": "text/html" },
  body: "<html><head><title>Bad gateway</title></head><body><center><h1>Bad gateway</h1></center></body></html>",
});

/** Serves one request; never throws. */
export async function serve(context: ServeContext, arrival: Arrival, entry: JournalEntry): Promise<Delivery> {
  const planned = context.faults.take(arrival);
  entry.outcome.fault = planned.kinds;
  const nowMs = (): number => context.clock.nowMs() + planned.offsetMs;
  const early = planned.final === undefined ? undefined : before(planned.final, nowMs());
  if (early !== undefined) return note(entry, early);

  const progress: Progress = {};
  const ready = attempt(() => prepare(context.venue, arrival, nowMs(), progress));
  entry.uid = progress.key?.uid;
  await wait(context.scheduler, planned);
  const answer = execute(context, { arrival, entry, progress, ready, nowMs: nowMs() });
  return note(entry, after(planned.final, answer));
}

type Attempt<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refusal };

function attempt<Value>(run: () => Value): Attempt<Value> {
  try {
    return { ok: true, value: run() };
  } catch (thrown) {
    return { ok: false, refusal: asRefusal(thrown) };
  }
}

async function wait(scheduler: Scheduler, planned: PlannedFaults): Promise<void> {
  if (planned.delayMs <= 0) return;
  await new Promise<void>((resolve) => scheduler.after(planned.delayMs, resolve));
}

function execute(
  { venue }: ServeContext,
  request: { arrival: Arrival; entry: JournalEntry; progress: Progress; ready: Attempt<Run>; nowMs: number },
): Answer {
  const { arrival, entry, progress, ready, nowMs } = request;
  let newOrders = 0;
  const notes = {
    executed: (orderIds: readonly number[]) => {
      entry.outcome.executed = true;
      entry.outcome.orderIds.push(...orderIds);
    },
    countOrders: (orders: number) => void (newOrders += orders),
  };
  const result = ready.ok ? attempt(() => ready.value(notes, nowMs)) : ready;
  const weight = progress.endpoint?.weight(progress.parameters, result.ok) ?? 1;
  const headers: Record<string, string> = {
    "x-mbx-uuid": answerId(venue.answerIds),
    ...venue.usage.chargeWeight(arrival.remoteAddress, weight, nowMs),
  };
  if (newOrders > 0 && progress.key !== undefined)
    Object.assign(headers, venue.usage.countOrders(progress.key.uid, newOrders, nowMs));
  return result.ok ? jsonAnswer(200, result.value, headers) : refusalAnswer(result.refusal, headers);
}

/** Faults that keep a request from being executed at all. */
function before(action: FaultAction, nowMs: number): Delivery | undefined {
  switch (action.kind) {
    case "hang":
    case "reset":
      return { kind: action.kind };
    case "status": {
      const { httpStatus, code, msg, headers } = action;
      return { kind: "answer", answer: jsonAnswer(httpStatus, { code, msg }, headers) };
    }
    case "rate-limit":
      return { kind: "answer", answer: rateLimited(action, nowMs) };
    case "html":
      return { kind: "answer", answer: html(action.httpStatus) };
    case "redirect":
      return {
        kind: "answer",
        answer: { status: action.httpStatus, headers: { location: action.location }, body: "" },
      };
    case "delay":
    case "clock-offset":
    case "hang-after":
    case "reset-after":
    case "status-after":
    case "half-answer":
      return undefined;
    default:
      return action satisfies never;
  }
}

/** Faults that spoil the answer to what was executed. */
function after(action: PlannedFaults["final"], answer: Answer): Delivery {
  switch (action?.kind) {
    case "hang-after":
      return { kind: "hang" };
    case "reset-after":
      return { kind: "reset" };
    case "half-answer":
      return { kind: "half-answer", answer };
    case "status-after":
      return {
        kind: "answer",
        answer: jsonAnswer(action.httpStatus, { code: action.code, msg: action.msg }),
      };
    default:
      return { kind: "answer", answer };
  }
}

function rateLimited(
  { httpStatus, retryAfterSeconds }: Extract<FaultAction, { kind: "rate-limit" }>,
  nowMs: number,
): Answer {
  const untilMs = Math.floor(nowMs) + retryAfterSeconds * 1_000;
  const msg =
    httpStatus === 429
      ? "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API."
      : `Way too much request weight used; IP banned until ${untilMs}. Please use WebSocket Streams for live updates to avoid bans.`;
  return jsonAnswer(httpStatus, { code: -1003, msg }, { "retry-after": String(retryAfterSeconds) });
}

function note(entry: JournalEntry, delivery: Delivery): Delivery {
  if (!("answer" in delivery)) return delivery;
  const { answer } = delivery;
  entry.outcome.status = answer.status;
  const code = /^\{"code":(-?\d+),"msg"/.exec(answer.body)?.[1];
  entry.outcome.code = code === undefined ? undefined : Number(code);
  return delivery;
}
