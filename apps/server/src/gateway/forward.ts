/**
 * ⑦ Sends what was countersigned, once, and ⑧ has the journal keep what came of it. The last look, whether the key
 * still lives and time is left, is in the very turn of the socket write. From here on nothing throws: once an intent
 * is durable there is always an answer, and it says honestly whether anything can have happened.
 */
import { createHash } from "node:crypto";
import type { OutcomeResult } from "../audit/entry.ts";
import type { Journal } from "../audit/journal.ts";
import type { VerifyingClock } from "../base/clock.ts";
import type { Failpoint } from "../base/failpoint.ts";
import { reasonOf } from "../base/log.ts";
import type { Log } from "../base/log.ts";
import type { VenueReply } from "../venue/connection.ts";
import type { Venue } from "../venue/venue.ts";
import type { Answer } from "./answer.ts";
import type { Recorded } from "./record.ts";
import { Refusal, refusalAnswer } from "./refusal.ts";

/** A recorded answer is kept for re-sends; the venue's answer to a mutation is far smaller than this. */
export const recordedBytesMax = 1024 * 1024;

export interface ForwardParts {
  readonly venue: Venue;
  readonly journal: Journal;
  readonly clock: VerifyingClock;
  readonly failpoint: Failpoint;
  readonly log: Log;
}

interface Outcome {
  readonly result: OutcomeResult;
  readonly answer: Answer;
}

/** The answer for the bot; the outcome of a mutation joins the journal's next commit. */
export async function forward(recorded: Recorded, parts: ForwardParts): Promise<Answer> {
  const { intentId, countersigned } = recorded;
  if (intentId === undefined) return readAnswer(await send(recorded, parts));
  try {
    const reply = await send(recorded, parts);
    if (reply.kind === "answered") parts.failpoint("answer-received");
    const outcome = outcomeOfMutation(reply);
    recordOutcome(intentId, outcome, parts);
    return outcome.answer;
  } catch (error) {
    // A fault of ours after the intent: the order may be out, and saying anything else could make it two.
    const endpoint = countersigned.admitted.authorized.parsed.endpoint.name;
    parts.log.error("fault after the intent", { intentId, endpoint, reason: reasonOf(error) });
    return refusalAnswer(new Refusal("execution-unknown"));
  }
}

async function send(recorded: Recorded, parts: ForwardParts): Promise<VenueReply> {
  const { request, admitted } = recorded.countersigned;
  const written = recorded.intentId === undefined ? undefined : () => parts.failpoint("request-written");
  const reply = await parts.venue.send(request, () => lastLook(recorded, parts), written);
  if (reply.kind === "unsent" || reply.kind === "unanswered") {
    const endpoint = admitted.authorized.parsed.endpoint.name;
    parts.log.warn("venue gave no answer", { endpoint, kind: reply.kind, reason: reply.reason });
  }
  return reply;
}

/** In the turn of the socket write: is anything now true that forbids it? @throws Refusal */
function lastLook(recorded: Recorded, { clock, venue }: ForwardParts): void {
  const { caller, parsed, accepted } = recorded.countersigned.admitted.authorized;
  if (caller !== undefined && !caller.clientKey.live()) throw new Refusal("key-refused");
  if (clock.nowMs() > accepted.authenticated.deadlineMs) throw new Refusal("timestamp-outside");
  if (parsed.service.mutates && !clock.steady()) throw new Refusal("clock-unsteady");
  if (venue.closed() !== undefined) throw new Refusal("venue-busy");
}

function recordOutcome(intentId: string, { result, answer }: Outcome, parts: ForwardParts): void {
  const bodyDigest = createHash("sha256").update(answer.body).digest("hex");
  const { status } = answer;
  const entry = { kind: "outcome", atMs: parts.clock.nowMs(), intentId, result, status, bodyDigest } as const;
  parts.journal
    .recordOutcome({ entry, answer: result === "unknown" ? undefined : answer })
    .then(() => parts.failpoint("outcome-durable"))
    .catch((error: unknown) => {
      // The intent stays unknown until it is reconciled: that is true, and safe.
      parts.log.error("outcome not recorded", { intentId, reason: reasonOf(error) });
    });
}

function outcomeOfMutation(reply: VenueReply): Outcome {
  switch (reply.kind) {
    case "stopped":
      return { result: "unsent", answer: stoppedAnswer(reply.cause) };
    case "unsent":
      return { result: "unsent", answer: refusalAnswer(new Refusal("venue-unreachable")) };
    case "unanswered":
      return { result: "unknown", answer: refusalAnswer(new Refusal("execution-unknown")) };
    case "answered": {
      const answer = isJson(reply.body) ? venueAnswer(reply) : undefined;
      if (answer === undefined || Buffer.byteLength(answer.body) > recordedBytesMax) {
        return { result: "unknown", answer: refusalAnswer(new Refusal("execution-unknown")) };
      }
      // A 5xx says nothing about what was executed (rest-api.md, "HTTP Return Codes").
      return { result: answer.status >= 500 ? "unknown" : "answered", answer };
    }
    default:
      return reply satisfies never;
  }
}

function readAnswer(reply: VenueReply): Answer {
  switch (reply.kind) {
    case "stopped":
      return stoppedAnswer(reply.cause);
    case "unsent":
      return refusalAnswer(new Refusal("venue-unreachable"));
    case "unanswered":
      return refusalAnswer(new Refusal("execution-unknown"));
    case "answered":
      return venueAnswer(reply) ?? refusalAnswer(new Refusal("venue-answer-unusable"));
    default:
      return reply satisfies never;
  }
}

function stoppedAnswer(cause: unknown): Answer {
  return refusalAnswer(cause instanceof Refusal ? cause : new Refusal("internal-fault"));
}

const passedOn = /^x-mbx-(used-weight|order-count)(-[0-9]{1,4}[smhd])?$/;
const headerValue = /^[0-9]{1,12}$/;

/** The venue's answer as the bot gets it, or undefined when it is none: a redirect, a web page. */
function venueAnswer(reply: Extract<VenueReply, { kind: "answered" }>): Answer | undefined {
  const { status, body } = reply;
  if (status < 200 || (status >= 300 && status < 400)) return undefined;
  if (!/^application\/json\b/i.test(reply.headers.get("content-type") ?? "")) return undefined;
  const headers = [...reply.headers].filter(
    ([name, value]) => (passedOn.test(name) || name === "retry-after") && headerValue.test(value),
  );
  return { status, headers, body };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
