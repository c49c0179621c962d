/** Group commit by itself: what goes together, what fails with what, and what is tried again. */
import { describe, expect, test } from "vitest";
import {
  createGroupCommit,
  batchOpsMax,
  closeRetriesMax,
  intentsWaitingMax,
  outcomesWaitingMax,
  refusalsWaitingMax,
} from "../../src/storage/group-commit.ts";
import type { GroupCommit } from "../../src/storage/group-commit.ts";
import { newEntry } from "../../src/storage/journal.ts";
import type { IntentOp, JournalOp, OpResult, OutcomeOp } from "../../src/storage/protocol.ts";
import { handSchedule, heardLog, sampleIntent, sampleOutcome, sampleRefusal } from "./samples.ts";
import type { HandSchedule, HeardLog } from "./samples.ts";

interface Bench {
  readonly queue: GroupCommit;
  readonly log: HeardLog;
  readonly time: HandSchedule;
  /** Batches handed to the database, each with what it is waiting for. */
  readonly batches: { ops: readonly JournalOp[]; answer: PromiseWithResolvers<readonly OpResult[]> }[];
  readonly probes: PromiseWithResolvers<null>[];
  readonly write: (index: number) => void;
  readonly fail: (index: number) => void;
}

function bench(): Bench {
  const batches: Bench["batches"] = [];
  const probes: PromiseWithResolvers<null>[] = [];
  const log = heardLog();
  const time = handSchedule();
  const queue = createGroupCommit({
    commit(ops) {
      const answer = Promise.withResolvers<readonly OpResult[]>();
      batches.push({ ops, answer });
      return answer.promise;
    },
    probe() {
      const answer = Promise.withResolvers<null>();
      probes.push(answer);
      return answer.promise;
    },
    refusalOp: (entry) => ({ kind: "refusal", entry: newEntry(entry) }),
    schedule: time.schedule,
    log,
  });
  return {
    queue,
    log,
    time,
    batches,
    probes,
    write: (index) => batches[index]?.answer.resolve(batches[index].ops.map(() => "written")),
    fail: (index) => batches[index]?.answer.reject(new Error("disk full")),
  };
}

const intent = (name: string): IntentOp => {
  const { entry, expiresMs, repeatable } = sampleIntent(name);
  const { payloadDigest, intentId, endpoint } = entry;
  return { kind: "intent", entry: newEntry(entry), payloadDigest, intentId, endpoint, expiresMs, repeatable };
};
const outcome = (name: string): OutcomeOp => {
  const { entry } = sampleOutcome(name);
  const { intentId, result } = entry;
  const answer = { answerStatus: 200, answerHeaders: "[]", answerBody: "{}" };
  return { kind: "outcome", entry: newEntry(entry), intentId, result, ...answer };
};
const unavailable = { name: "JournalUnavailable" };
/** Lets everything that is ready run; nothing here waits for time. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const suppressedIn = (ops: readonly JournalOp[] | undefined): unknown[] =>
  (ops ?? []).map((op) => (JSON.parse(op.entry.text) as { suppressed?: unknown }).suppressed);

/** How a promise stands now. */
function watch(promise: Promise<void>): { state: "waiting" | "done" | "refused" } {
  const watched: { state: "waiting" | "done" | "refused" } = { state: "waiting" };
  promise.then(
    () => (watched.state = "done"),
    () => (watched.state = "refused"),
  );
  return watched;
}

describe("grouping", () => {
  test("one turn's callers share a batch; those who come meanwhile share the next", async () => {
    const { queue, batches, write } = bench();
    const first = [queue.intent(intent("a")), queue.intent(intent("b"))];
    await settled();
    const later = ["c", "d", "e"].map((name) => watch(queue.intent(intent(name))));
    await settled();
    expect(batches.map((each) => each.ops.length)).toEqual([2]);
    write(0);
    await Promise.all(first);
    await settled();
    expect(batches.map((each) => each.ops.length)).toEqual([2, 3]);
    expect(later.map((each) => each.state)).toEqual(["waiting", "waiting", "waiting"]);
    write(1);
    await settled();
    expect(later.map((each) => each.state)).toEqual(["done", "done", "done"]);
  });

  test("nothing is acknowledged before its batch is", async () => {
    const { queue, write } = bench();
    const watched = watch(queue.intent(intent("a")));
    await settled();
    expect(watched.state).toBe("waiting");
    write(0);
    await settled();
    expect(watched.state).toBe("done");
  });

  test("a batch has a limit, and so have those who wait", async () => {
    const { queue, batches } = bench();
    const waiting = Array.from({ length: intentsWaitingMax }, (_, index) =>
      queue.intent(intent(String(index))),
    );
    for (const each of waiting) each.catch(() => undefined);
    await expect(queue.intent(intent("one too many"))).rejects.toMatchObject(unavailable);
    await settled();
    expect(batches.map((each) => each.ops.length)).toEqual([batchOpsMax]);
    await expect(queue.intent(intent("still too many"))).rejects.toMatchObject(unavailable);
    expect(queue.available()).toBe(true);
    // Outcomes have room of their own.
    const outcomes = Array.from({ length: outcomesWaitingMax }, (_, index) =>
      queue.outcome(outcome(String(index))),
    );
    for (const each of outcomes) each.catch(() => undefined);
    await expect(queue.outcome(outcome("one too many"))).rejects.toMatchObject(unavailable);
    queue.fail();
  });

  test("a duplicate is refused alone, a stray outcome alone", async () => {
    const { queue, batches } = bench();
    const results = Promise.allSettled([
      queue.intent(intent("a")),
      queue.intent(intent("a")),
      queue.outcome(outcome("x")),
      queue.outcome(outcome("a")),
    ]);
    await settled();
    batches[0]?.answer.resolve(["written", "duplicate", "stray", "written"]);
    expect(await results).toMatchObject([
      { status: "fulfilled" },
      { status: "rejected", reason: { name: "DuplicatePayload" } },
      { status: "rejected", reason: { name: "Error" } },
      { status: "fulfilled" },
    ]);
  });
});

describe("when writing fails", () => {
  test("intents are refused, those in the batch and those behind it, and new ones at once", async () => {
    const { queue, batches, fail, time } = bench();
    const first = queue.intent(intent("a"));
    await settled();
    const behind = queue.intent(intent("b"));
    fail(0);
    await expect(first).rejects.toMatchObject(unavailable);
    await expect(behind).rejects.toMatchObject(unavailable);
    expect(queue.available()).toBe(false);
    await expect(queue.intent(intent("c"))).rejects.toMatchObject(unavailable);
    expect(batches).toHaveLength(1);
    expect(time.delays()).toEqual([50]);
  });

  test("outcomes are kept in order and tried again, with a growing pause, until they are written", async () => {
    const { queue, batches, fail, write, time } = bench();
    const kept = [queue.outcome(outcome("a")), queue.outcome(outcome("b"))];
    await settled();
    const delays: number[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      fail(attempt);
      await settled();
      delays.push(...time.delays());
      if (attempt === 0) kept.push(queue.outcome(outcome("c")));
      time.run();
      await settled();
    }
    expect(delays).toEqual([50, 100, 200, 400, 800, 1000, 1000]);
    expect(queue.available()).toBe(false);
    write(7);
    await Promise.all(kept);
    expect(batches[7]?.ops.map((op) => op.kind === "outcome" && op.intentId)).toEqual([
      "intent-a",
      "intent-b",
      "intent-c",
    ]);
    expect(queue.available()).toBe(true);
  });

  test("with nothing to write, a probe finds out when it works again", async () => {
    const { queue, batches, probes, fail, time } = bench();
    const first = queue.intent(intent("a"));
    await settled();
    fail(0);
    await expect(first).rejects.toMatchObject(unavailable);
    time.run();
    await settled();
    probes[0]?.reject(new Error("still full"));
    await settled();
    expect(queue.available()).toBe(false);
    expect(time.delays()).toEqual([100]);
    time.run();
    await settled();
    probes[1]?.resolve(null);
    await settled();
    expect(queue.available()).toBe(true);
    expect(time.delays()).toEqual([]);
    const second = watch(queue.intent(intent("b")));
    await settled();
    expect(batches).toHaveLength(2);
    expect(second.state).toBe("waiting");
  });

  test("outcomes that come during a probe are written after it", async () => {
    const { queue, batches, probes, fail, write, time } = bench();
    const first = watch(queue.intent(intent("a")));
    await settled();
    fail(0);
    await settled();
    expect(first.state).toBe("refused");
    time.run();
    const kept = queue.outcome(outcome("b"));
    probes[0]?.resolve(null);
    await settled();
    expect(batches).toHaveLength(2);
    write(1);
    await kept;
  });

  test("refusals are dropped, and the next one says how many", async () => {
    const { queue, batches, probes, fail, time, write } = bench();
    queue.refusal(sampleRefusal("a"));
    queue.refusal(sampleRefusal("b", 3));
    await settled();
    queue.refusal(sampleRefusal("c"));
    fail(0);
    await settled();
    queue.refusal(sampleRefusal("d", 1));
    time.run();
    await settled();
    probes[0]?.resolve(null);
    await settled();
    // a; b and its three; c; d and its one
    queue.refusal(sampleRefusal("e", 10));
    queue.refusal(sampleRefusal("f"));
    await settled();
    expect(suppressedIn(batches[1]?.ops)).toEqual([10 + 1 + 4 + 1 + 2, 0]);
    write(1);
  });

  test("refusals have a limit, and are counted beyond it", async () => {
    const { queue, batches, write } = bench();
    for (let index = 0; index < refusalsWaitingMax + 5; index += 1) queue.refusal(sampleRefusal("x"));
    await settled();
    write(0);
    await settled();
    write(1);
    await settled();
    queue.refusal(sampleRefusal("y"));
    await settled();
    expect(batches.map((each) => each.ops.length)).toEqual([512, 512, 1]);
    expect(suppressedIn(batches[2]?.ops)).toEqual([5]);
  });

  test("a refusal that is too long is counted, not thrown", async () => {
    const { queue, batches, log } = bench();
    queue.refusal({ ...sampleRefusal("a"), address: "x".repeat(70_000) });
    queue.refusal(sampleRefusal("b"));
    await settled();
    expect(suppressedIn(batches[0]?.ops)).toEqual([1]);
    expect(log.lines.map((line) => line.message)).toEqual(["a refusal could not be entered"]);
  });

  test("each spell of trouble is logged once, and its end", async () => {
    const { queue, fail, write, time, log } = bench();
    const kept = queue.outcome(outcome("a"));
    await settled();
    fail(0);
    await settled();
    time.run();
    await settled();
    fail(1);
    await settled();
    time.run();
    await settled();
    write(2);
    await kept;
    expect(log.lines.map((line) => [line.level, line.message])).toEqual([
      ["error", "the journal cannot be written"],
      ["info", "the journal can be written again"],
    ]);
  });
});

describe("the end", () => {
  test("when the worker has died everything fails, for good", async () => {
    const { queue, batches, fail, time, log } = bench();
    const inFlight = watch(queue.intent(intent("a")));
    await settled();
    const behind = [watch(queue.intent(intent("b"))), watch(queue.outcome(outcome("c")))];
    queue.fail();
    fail(0);
    await settled();
    expect([inFlight, ...behind].map((each) => each.state)).toEqual(["refused", "refused", "refused"]);
    expect(queue.available()).toBe(false);
    await expect(queue.intent(intent("d"))).rejects.toMatchObject(unavailable);
    await expect(queue.outcome(outcome("d"))).rejects.toMatchObject(unavailable);
    queue.refusal(sampleRefusal("e"));
    expect(batches).toHaveLength(1);
    expect(time.delays()).toEqual([]);
    expect(log.lines.map((line) => line.fields)).toEqual([{ outcomesLost: 1 }]);
    await queue.drain();
  });

  test("draining writes what waits and takes no more intents", async () => {
    const { queue, write } = bench();
    const first = watch(queue.intent(intent("a")));
    await settled();
    const last = watch(queue.outcome(outcome("b")));
    const drained = watch(queue.drain());
    await expect(queue.intent(intent("c"))).rejects.toMatchObject(unavailable);
    write(0);
    await settled();
    expect([first.state, last.state, drained.state]).toEqual(["done", "waiting", "waiting"]);
    write(1);
    await settled();
    expect([last.state, drained.state]).toEqual(["done", "done"]);
  });

  test("draining tries failing outcomes again, a few times, and then says what is lost", async () => {
    const { queue, batches, fail, time, log } = bench();
    const lost = watch(queue.outcome(outcome("a")));
    await settled();
    const drained = watch(queue.drain());
    for (let attempt = 0; attempt <= closeRetriesMax; attempt += 1) {
      expect(drained.state).toBe("waiting");
      fail(attempt);
      await settled();
      time.run();
      await settled();
    }
    expect(batches).toHaveLength(closeRetriesMax + 1);
    expect([lost.state, drained.state]).toEqual(["refused", "done"]);
    expect(log.lines.at(-1)).toMatchObject({ level: "error", fields: { outcomesLost: 1 } });
  });

  test("draining does not wait for a probe that is only scheduled", async () => {
    const { queue, fail, time } = bench();
    const first = watch(queue.intent(intent("a")));
    await settled();
    fail(0);
    await settled();
    expect(first.state).toBe("refused");
    await queue.drain();
    expect(time.delays()).toEqual([]);
  });
});
