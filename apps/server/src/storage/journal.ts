/** The durable journal over the database worker: the interface the gateway knows, and nothing more. */
import { entryText } from "../audit/entry.ts";
import type { Entry } from "../audit/entry.ts";
import type { Intent, Journal, Outcome } from "../audit/journal.ts";
import type { Log } from "../base/log.ts";
import type { DatabaseLink } from "./database-link.ts";
import { createGroupCommit } from "./group-commit.ts";
import type { GroupCommit, Schedule } from "./group-commit.ts";
import type { IntentOp, NewEntry, OutcomeOp } from "./protocol.ts";

export interface OpenJournal {
  readonly journal: Journal;
  readonly queue: GroupCommit;
}

/** Opens the journal over a database that is open. It fails for good when the link dies. */
export function openJournal({
  link,
  log,
  schedule,
}: {
  readonly link: DatabaseLink;
  readonly log: Log;
  readonly schedule: Schedule;
}): OpenJournal {
  const queue = createGroupCommit({
    commit: (batch) => link.call("commit", batch),
    probe: () => link.call("probe", null),
    refusalOp: (entry) => ({ kind: "refusal", entry: newEntry(entry) }),
    schedule,
    log,
  });
  link.onDeath(() => queue.fail());
  const journal: Journal = {
    recordIntent: async (intent) => await queue.intent(intentOp(intent)),
    recordOutcome: async (outcome) => await queue.outcome(outcomeOp(outcome)),
    recordRefusal: (entry) => queue.refusal(entry),
    mutationsExpiringAfter: (nowMs) => link.call("mutationsExpiringAfter", nowMs),
    newestEntryMs: () => link.call("newestEntryMs", null),
    available: () => queue.available(),
  };
  return { journal, queue };
}

/** An entry as it is stored. @throws RangeError, TypeError as `entryText` does */
export function newEntry(entry: Entry): NewEntry {
  return { at_ms: entry.atMs, kind: entry.kind, text: entryText(entry) };
}

function intentOp({ entry, expiresMs, repeatable }: Intent): IntentOp {
  const wholeExpiresMs = Math.ceil(expiresMs);
  if (!Number.isSafeInteger(wholeExpiresMs)) throw new TypeError("an intent expires at no time there is");
  return {
    kind: "intent",
    entry: newEntry(entry),
    payloadDigest: entry.payloadDigest,
    intentId: entry.intentId,
    endpoint: entry.endpoint,
    expiresMs: wholeExpiresMs,
    repeatable,
  };
}

function outcomeOp({ entry, answer }: Outcome): OutcomeOp {
  return {
    kind: "outcome",
    entry: newEntry(entry),
    intentId: entry.intentId,
    result: entry.result,
    answerStatus: answer?.status ?? null,
    answerHeaders: answer === undefined ? null : JSON.stringify(answer.headers),
    answerBody: answer?.body ?? null,
  };
}
