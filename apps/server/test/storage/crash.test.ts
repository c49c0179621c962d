/** Killed in the middle of writing: what was acknowledged is there, and the log has no gap. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { entryText } from "../../src/audit/entry.ts";
import type { FailpointName } from "../../src/base/failpoint.ts";
import { openStore } from "../../src/storage/open.ts";
import type { Store, StoredEntry } from "../../src/storage/open.ts";
import { burstIntent, burstOutcome } from "./burst.ts";
import { frozenClock, heardLog, temporaryFolder } from "./samples.ts";

const child = fileURLToPath(new URL("crash-child.ts", import.meta.url));

/** Runs the child until it has acknowledged that many times (or dies by itself); gives every acknowledgement. */
async function killAfter(
  acknowledgements: number,
  { path, prefix, failpoint }: { path: string; prefix: string; failpoint?: FailpointName },
): Promise<{ acknowledged: string[]; signal: NodeJS.Signals | null }> {
  const more = failpoint === undefined ? [] : [failpoint];
  const running = spawn(process.execPath, [child, path, prefix, ...more], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    running.once("exit", (_, signal) => resolve(signal)),
  );
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: running.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === acknowledgements) running.kill("SIGKILL");
  }
  return { acknowledged, signal: await ended };
}

async function everyEntry(store: Store): Promise<StoredEntry[]> {
  const all: StoredEntry[] = [];
  for (;;) {
    const page = await store.entries({ afterSeq: all.at(-1)?.seq ?? 0, max: 1000 });
    if (page.length === 0) return all;
    all.push(...page);
  }
}

const reopen = (path: string): Promise<Store> => openStore({ path, clock: frozenClock, log: heardLog() });

describe("SIGKILL", () => {
  test("in a burst of writes, again and again on one database", async () => {
    const path = join(temporaryFolder(), "countersign.db");
    const acknowledged: string[] = [];
    for (const [round, count] of [1, 150, 700].entries()) {
      const killed = await killAfter(count, { path, prefix: `round${round}` });
      expect(killed.signal).toBe("SIGKILL");
      // The last line may be half a line: the kill came while it was written.
      acknowledged.push(...killed.acknowledged.slice(0, count));

      const store = await reopen(path);
      const entries = await everyEntry(store);
      expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index + 1));
      const texts = new Set(entries.map((entry) => entry.text));
      expect(texts.size).toBe(entries.length);
      const answers = new Map(
        (await store.journal.mutationsExpiringAfter(0)).map((each) => [each.payloadDigest, each.answer]),
      );
      for (const line of acknowledged) {
        const [kind, name = ""] = line.split(" ");
        expect(texts).toContain(entryText(burstIntent(name).entry));
        if (kind !== "outcome") continue;
        expect(texts).toContain(entryText(burstOutcome(name).entry));
        expect(answers.get(name)).toEqual(burstOutcome(name).answer);
      }
      const facts = await store.facts();
      expect(facts.entries).toBe(entries.length);
      expect(facts.intents).toBe(entries.filter((entry) => entry.kind === "intent").length);
      expect(facts.intents - facts.unknown).toBe(entries.filter((entry) => entry.kind === "outcome").length);
      await store.close();
    }
  });

  test("between insert and commit of an intent: it was never acknowledged and is not there", async () => {
    const path = join(temporaryFolder(), "countersign.db");
    const killed = await killAfter(-1, { path, prefix: "a", failpoint: "intent-inserted" });
    expect(killed).toEqual({ acknowledged: [], signal: "SIGKILL" });
    const store = await reopen(path);
    expect(await store.facts()).toMatchObject({ entries: 0, intents: 0 });
    await store.journal.recordIntent(burstIntent("a-0-0"));
    await store.close();
  });

  test("between insert and commit of an outcome: the intent stands, its outcome is unknown", async () => {
    const path = join(temporaryFolder(), "countersign.db");
    const killed = await killAfter(-1, { path, prefix: "a", failpoint: "outcome-inserted" });
    expect(killed.signal).toBe("SIGKILL");
    expect(killed.acknowledged.length).toBeGreaterThan(0);
    expect(killed.acknowledged.every((line) => line.startsWith("intent "))).toBe(true);
    const store = await reopen(path);
    const { entries, intents, unknown } = await store.facts();
    expect([entries, unknown]).toEqual([intents, intents]);
    const digests = (await store.journal.mutationsExpiringAfter(0)).map((each) => each.payloadDigest);
    for (const line of killed.acknowledged) expect(digests).toContain(line.slice("intent ".length));
    await store.close();
  });
});
