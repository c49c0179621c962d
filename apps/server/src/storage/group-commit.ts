/**
 * Group commit: whatever waits while one commit is on its way to disk goes together in the next, so one fsync serves
 * many intents. It keeps the journal's promises when writing fails: intents are refused at once, outcomes are kept
 * and tried again, refusals are dropped and counted.
 */
import type { RefusalEntry } from "../audit/entry.ts";
import { DuplicatePayload, JournalUnavailable } from "../audit/journal.ts";
import { reasonOf } from "../base/log.ts";
import type { Log } from "../base/log.ts";
import type { IntentOp, JournalOp, OpResult, OutcomeOp, RefusalOp } from "./protocol.ts";

export const batchOpsMax = 512;
export const intentsWaitingMax = 1024;
/** Outcomes belong to intents already on disk, so there are no more than the gateway has in flight. */
export const outcomesWaitingMax = 4096;
export const refusalsWaitingMax = 1024;
export const retryDelayMsMin = 50;
export const retryDelayMsMax = 1000;
/** How often a clean close tries again before it gives the waiting outcomes up. */
export const closeRetriesMax = 5;

/** Runs a task later; the returned function calls it off. */
export type Schedule = (task: () => void, delayMs: number) => () => void;

export interface GroupCommitInput {
  readonly commit: (batch: readonly JournalOp[]) => Promise<readonly OpResult[]>;
  /** Rejects while writing fails. */
  readonly probe: () => Promise<unknown>;
  readonly refusalOp: (entry: RefusalEntry) => RefusalOp;
  readonly schedule: Schedule;
  readonly log: Log;
}

export interface GroupCommit {
  intent(op: IntentOp): Promise<void>;
  outcome(op: OutcomeOp): Promise<void>;
  refusal(entry: RefusalEntry): void;
  available(): boolean;
  /** Nothing can be written ever again: everything that waits fails. */
  fail(): void;
  /** Takes no more intents and resolves when nothing waits. */
  drain(): Promise<void>;
}

type Job =
  | (PromiseWithResolvers<void> & { readonly op: IntentOp | OutcomeOp })
  | { readonly op: RefusalOp; readonly suppressed: number };

export function createGroupCommit(input: GroupCommitInput): GroupCommit {
  return new GroupCommitQueue(input);
}

class GroupCommitQueue implements GroupCommit {
  readonly #input: GroupCommitInput;
  #jobs: Job[] = [];
  readonly #waiting = { intent: 0, outcome: 0, refusal: 0 };
  #busy = false;
  #state: "open" | "draining" | "failed" = "open";
  #available = true;
  #suppressed = 0;
  #retryDelayMs = retryDelayMsMin;
  #retriesWhileDraining = 0;
  #cancelRetry: (() => void) | undefined;
  readonly #drained = Promise.withResolvers<void>();

  constructor(input: GroupCommitInput) {
    this.#input = input;
  }

  available(): boolean {
    return this.#available && this.#state === "open";
  }

  intent(op: IntentOp): Promise<void> {
    if (!this.available()) return refused("the journal cannot be written now");
    if (this.#waiting.intent >= intentsWaitingMax) return refused("too many intents wait for the journal");
    return this.#push(op);
  }

  outcome(op: OutcomeOp): Promise<void> {
    if (this.#state === "failed") return refused("the journal has failed");
    if (this.#waiting.outcome >= outcomesWaitingMax) return refused("too many outcomes wait for the journal");
    return this.#push(op);
  }

  refusal(entry: RefusalEntry): void {
    if (!this.available() || this.#waiting.refusal >= refusalsWaitingMax) {
      this.#suppressed += 1 + entry.suppressed;
      return;
    }
    const suppressed = entry.suppressed + this.#suppressed;
    try {
      this.#enqueue({ op: this.#input.refusalOp({ ...entry, suppressed }), suppressed });
      this.#suppressed = 0;
    } catch (error) {
      this.#suppressed += 1 + entry.suppressed;
      this.#input.log.error("a refusal could not be entered", { reason: reasonOf(error) });
    }
  }

  fail(): void {
    if (this.#state === "failed") return;
    this.#state = "failed";
    this.#available = false;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const lost = this.#waiting.outcome;
    this.#input.log.error("the journal has failed: no order will be sent until a restart", {
      outcomesLost: lost,
    });
    this.#rejectWaiting(() => true);
    this.#drained.resolve();
  }

  async drain(): Promise<void> {
    if (this.#state === "open") {
      this.#state = "draining";
      this.#settleDrain();
    }
    await this.#drained.promise;
  }

  #push(op: IntentOp | OutcomeOp): Promise<void> {
    const job = { op, ...Promise.withResolvers<void>() };
    this.#enqueue(job);
    return job.promise;
  }

  #enqueue(job: Job): void {
    this.#jobs.push(job);
    this.#waiting[job.op.kind] += 1;
    this.#wake();
  }

  /** One microtask later, so that callers of the same turn share a commit. */
  #wake(): void {
    if (this.#busy || this.#cancelRetry !== undefined || this.#state === "failed") return;
    this.#busy = true;
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#jobs.length > 0 && this.#state !== "failed") {
      const batch = this.#jobs.slice(0, batchOpsMax);
      this.#jobs = this.#jobs.slice(batch.length);
      try {
        this.#settle(batch, await this.#input.commit(batch.map((job) => job.op)));
        this.#recovered();
      } catch (error) {
        this.#jobs = [...batch, ...this.#jobs];
        this.#failed(error);
        break;
      }
    }
    this.#busy = false;
    this.#settleDrain();
  }

  #settle(batch: readonly Job[], results: readonly OpResult[]): void {
    for (const [index, job] of batch.entries()) {
      this.#waiting[job.op.kind] -= 1;
      if (!("resolve" in job)) continue;
      const result = results[index];
      if (result === "written") job.resolve();
      else if (result === "duplicate")
        job.reject(new DuplicatePayload("the payload already served a mutation"));
      else job.reject(new Error(`no intent ${job.op.intentId} waits for an outcome`));
    }
  }

  #recovered(): void {
    if (!this.#available) this.#input.log.info("the journal can be written again");
    this.#available = true;
    this.#retryDelayMs = retryDelayMsMin;
  }

  /** All that waits fails with the batch, but for the outcomes: those are facts and are tried again. */
  #failed(error: unknown): void {
    if (this.#state === "failed") {
      this.#rejectWaiting(() => true);
      return;
    }
    if (this.#available) this.#input.log.error("the journal cannot be written", { reason: reasonOf(error) });
    this.#available = false;
    this.#rejectWaiting((job) => job.op.kind !== "outcome");
    if (this.#state === "draining") {
      this.#retriesWhileDraining += 1;
      if (this.#retriesWhileDraining > closeRetriesMax) {
        const lost = this.#waiting.outcome;
        this.#input.log.error("the journal closes without outcomes it could not write", {
          outcomesLost: lost,
        });
        this.#rejectWaiting(() => true);
        return;
      }
    }
    const delayMs = this.#retryDelayMs;
    this.#retryDelayMs = Math.min(delayMs * 2, retryDelayMsMax);
    this.#cancelRetry = this.#input.schedule(() => void this.#retry(), delayMs);
  }

  /** With outcomes waiting they are the attempt; else a probe is, for nobody else would find out. */
  async #retry(): Promise<void> {
    this.#cancelRetry = undefined;
    if (this.#busy || this.#state === "failed") return;
    this.#busy = true;
    if (this.#jobs.length === 0) {
      try {
        await this.#input.probe();
        this.#recovered();
      } catch (error) {
        this.#failed(error);
        this.#busy = false;
        this.#settleDrain();
        return;
      }
    }
    await this.#run();
  }

  #rejectWaiting(which: (job: Job) => boolean): void {
    const gone = this.#jobs.filter(which);
    this.#jobs = this.#jobs.filter((job) => !which(job));
    for (const job of gone) {
      this.#waiting[job.op.kind] -= 1;
      if ("resolve" in job) job.reject(new JournalUnavailable("the journal could not be written"));
      else this.#suppressed += 1 + job.suppressed;
    }
  }

  #settleDrain(): void {
    if (this.#state !== "draining" || this.#busy || this.#jobs.length > 0) return;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#drained.resolve();
  }
}

function refused(why: string): Promise<void> {
  return Promise.reject(new JournalUnavailable(why));
}
