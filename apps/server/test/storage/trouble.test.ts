/** A real database that cannot be written for a while: full, locked, or its worker gone. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { noFailpoint } from "../../src/base/failpoint.ts";
import { callsWaitingMax, startDatabaseWorker } from "../../src/storage/database-link.ts";
import type { DatabaseLink } from "../../src/storage/database-link.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { openStore, storeOver } from "../../src/storage/open.ts";
import type { DatabaseHandlers } from "../../src/storage/protocol.ts";
import {
  handSchedule,
  heardLog,
  sampleAct,
  sampleClientKey,
  sampleIntent,
  sampleOutcome,
  sampleRefusal,
  temporaryFolder,
} from "./samples.ts";
import { frozenClock } from "./samples.ts";

const unavailable = { name: "JournalUnavailable" };
const startedAt = "2026-11-23T12-00-00";

/** The link without its thread, so that the test can reach the connection. */
function linkWithin(handlers: DatabaseHandlers): DatabaseLink {
  let last: Promise<unknown> = Promise.resolve();
  return {
    call(name, input) {
      const answer = last.then(() => handlers[name](input));
      last = answer.catch(() => undefined);
      return answer;
    },
    onDeath: () => undefined,
    close: async () => void (await handlers.close(null)),
    terminate: async () => undefined,
  };
}

describe("a full database", () => {
  test("refuses intents, keeps outcomes, and goes on where it stopped", async () => {
    const path = join(temporaryFolder(), "countersign.db");
    const { connection, handlers } = await openDatabase({
      path,
      startedAt,
      failpoint: noFailpoint,
      note: () => undefined,
    });
    const time = handSchedule();
    const store = storeOver(linkWithin(handlers), { log: heardLog(), schedule: time.schedule });
    const { journal } = store;
    const limit = (pages: number): void => connection.exec(`PRAGMA max_page_count = ${pages}`);

    limit(1);
    const accepted: string[] = [];
    // A limit below its size leaves a database the pages it has; they are soon full.
    for (let count = 0; journal.available(); count += 1) {
      const name = `first-${count}`;
      await journal.recordIntent(sampleIntent(name)).then(
        () => accepted.push(name),
        (error: unknown) => expect(error).toMatchObject(unavailable),
      );
      expect(count).toBeLessThan(1000);
    }
    expect(accepted.length).toBeGreaterThan(0);
    await expect(journal.recordIntent(sampleIntent("refused"))).rejects.toMatchObject(unavailable);
    const answer = { status: 200, headers: [], body: "x".repeat(20_000) };
    const outcome = { ...sampleOutcome(accepted[0] ?? ""), answer };
    const kept = journal.recordOutcome(outcome);
    journal.recordRefusal(sampleRefusal("lost"));

    // Still full: tried again, kept again.
    time.run();
    await store.facts();
    expect(journal.available()).toBe(false);
    await expect(journal.recordIntent(sampleIntent("refused"))).rejects.toMatchObject(unavailable);

    limit(100_000);
    await store.facts();
    time.run();
    await kept;
    expect(journal.available()).toBe(true);
    journal.recordRefusal(sampleRefusal("next"));
    await journal.recordIntent(sampleIntent("refused"));
    const entries = await store.entries({ afterSeq: 0, max: 1000 });
    expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index + 1));
    expect(entries.map((entry) => entry.kind)).toEqual([
      ...accepted.map(() => "intent"),
      "outcome",
      "refusal",
      "intent",
    ]);
    expect(JSON.parse(entries.at(-2)?.text ?? "")).toMatchObject({ refusal: "next", suppressed: 1 });
    const [recorded] = await journal.mutationsExpiringAfter(0);
    expect(recorded?.answer).toEqual(answer);
    await store.close();
  });

  test("with nothing waiting, a probe as long as an entry finds the room again", async () => {
    const path = join(temporaryFolder(), "countersign.db");
    const opened = await openDatabase({ path, startedAt, failpoint: noFailpoint, note: () => undefined });
    const { connection, handlers } = opened;
    const pages = Number(connection.prepare("PRAGMA page_count").get()?.["page_count"]);
    connection.exec(`PRAGMA max_page_count = ${pages + 2}`);
    await expect(handlers.probe(null)).rejects.toThrow("full");
    connection.exec("PRAGMA max_page_count = 100000");
    await handlers.probe(null);
    await handlers.probe(null);
    expect(connection.prepare("select count(*) as n from write_probe").get()).toEqual({ n: 0 });
    await handlers.close(null);
  });

  test("a key that could not be written is refused, and nothing of it stays", async () => {
    const path = join(temporaryFolder(), "countersign.db");
    const opened = await openDatabase({ path, startedAt, failpoint: noFailpoint, note: () => undefined });
    const store = storeOver(linkWithin(opened.handlers), { log: heardLog() });
    opened.connection.exec("PRAGMA max_page_count = 1");
    const key = sampleClientKey("key-1");
    const long = { ...key, key: { ...key.key, label: "x".repeat(200_000) } };
    await expect(store.clientKeys.insert(long, sampleAct("key-1"))).rejects.toThrow("full");
    expect(await store.clientKeys.all()).toEqual([]);
    expect(await store.facts()).toMatchObject({ entries: 0 });
    await store.close();
  });
});

describe("a locked database", () => {
  test("another program's lock refuses intents until it lets go", async () => {
    const path = join(temporaryFolder(), "countersign.db");
    const time = handSchedule();
    const log = heardLog();
    const store = await openStore({ path, clock: frozenClock, log, schedule: time.schedule });
    await store.journal.recordIntent(sampleIntent("a"));
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    await expect(store.journal.recordIntent(sampleIntent("b"))).rejects.toMatchObject(unavailable);
    expect(store.journal.available()).toBe(false);
    expect(log.lines.map((line) => line.message)).toEqual(["the journal cannot be written"]);
    const kept = store.journal.recordOutcome(sampleOutcome("a"));
    other.exec("ROLLBACK");
    time.run();
    await kept;
    expect(store.journal.available()).toBe(true);
    await store.journal.recordIntent(sampleIntent("b"));
    other.close();
    await store.close();
  });
});

describe("a dead worker", () => {
  test("fails all that waits and all that comes, loudly, and the process lives", async () => {
    const path = join(temporaryFolder(), "countersign.db");
    const log = heardLog();
    const link = await startDatabaseWorker({ path, startedAt, failpoint: undefined }, log);
    const time = handSchedule();
    const store = storeOver(link, { log, schedule: time.schedule });
    await store.journal.recordIntent(sampleIntent("a"));
    const waiting = [
      store.journal.recordIntent(sampleIntent("b")),
      store.journal.recordOutcome(sampleOutcome("a")),
    ];
    const refused = Promise.all(waiting.map((each) => expect(each).rejects.toMatchObject(unavailable)));
    await link.terminate();
    await refused;
    expect(store.journal.available()).toBe(false);
    await expect(store.journal.recordIntent(sampleIntent("c"))).rejects.toMatchObject(unavailable);
    await expect(store.clientKeys.insert(sampleClientKey("k"), sampleAct("k"))).rejects.toMatchObject({
      code: "store-failed",
    });
    expect(
      log.lines.some((line) => line.level === "error" && line.message.includes("the journal has failed")),
    ).toBe(true);
    expect(time.delays()).toEqual([]);
    await store.close();

    const again = await openStore({ path, clock: frozenClock, log });
    expect((await again.facts()).intents).toBeGreaterThanOrEqual(1);
    await again.close();
  });

  test("questions that wait have a limit", async () => {
    const path = join(temporaryFolder(), "countersign.db");
    const link = await startDatabaseWorker({ path, startedAt, failpoint: undefined }, heardLog());
    const asked = Array.from({ length: callsWaitingMax }, () => link.call("facts", null));
    await expect(link.call("facts", null)).rejects.toMatchObject({ code: "too-many-waiting" });
    await Promise.all(asked);
    await link.call("facts", null);
    await link.close();
  });
});
