/** What every store must do, whatever engine is below: a function of how one is opened. */
import { describe, expect, test } from "vitest";
import { entryText } from "../../src/audit/entry.ts";
import type { Entry } from "../../src/audit/entry.ts";
import type { Store } from "../../src/storage/open.ts";
import {
  atMs,
  sampleAct,
  sampleClientKey,
  sampleIntent,
  sampleOutcome,
  sampleRefusal,
  sampleVenueKey,
} from "./samples.ts";

/** One installation: opened, closed and opened again on the same data. */
export interface StorePlace {
  readonly open: () => Promise<Store>;
}

const duplicate = { name: "DuplicatePayload" };

export function storeSuite(engine: string, place: () => StorePlace): void {
  const withStore = async (
    use: (store: Store, reopen: () => Promise<Store>) => Promise<void>,
  ): Promise<void> => {
    const { open } = place();
    let store = await open();
    try {
      await use(store, async () => {
        await store.close();
        store = await open();
        return store;
      });
    } finally {
      await store.close();
    }
  };
  const texts = async (store: Store): Promise<string[]> =>
    (await store.entries({ afterSeq: 0, max: 1000 })).map((entry) => entry.text);
  const written = (...entries: readonly Entry[]): string[] => entries.map((entry) => entryText(entry));

  describe(`journal on ${engine}`, () => {
    test("an empty one says so", () =>
      withStore(async (store) => {
        expect(await store.journal.newestEntryMs()).toBe(0);
        expect(await store.journal.mutationsExpiringAfter(0)).toEqual([]);
        expect(await store.entries({ afterSeq: 0, max: 10 })).toEqual([]);
        expect(store.journal.available()).toBe(true);
        expect(await store.facts()).toMatchObject({ entries: 0, intents: 0, unknown: 0 });
      }));

    test("entries come back as they were written, in order, without gaps, after a restart too", () =>
      withStore(async (store, reopen) => {
        const intent = sampleIntent("a");
        const outcome = sampleOutcome("a");
        await store.journal.recordIntent(intent);
        await store.journal.recordOutcome(outcome);
        store.journal.recordRefusal(sampleRefusal("symbol"));
        await store.clientKeys.insert(sampleClientKey("key-1"), sampleAct("key-1"));
        await store.journal.recordIntent(sampleIntent("b"));
        const again = await reopen();
        const entries = await again.entries({ afterSeq: 0, max: 1000 });
        expect(entries.map((entry) => entry.seq)).toEqual([1, 2, 3, 4, 5]);
        expect(entries.map((entry) => entry.text).toSorted()).toEqual(
          written(
            intent.entry,
            outcome.entry,
            sampleRefusal("symbol"),
            sampleAct("key-1"),
            sampleIntent("b").entry,
          ).toSorted(),
        );
        expect(entries[0]).toEqual({ seq: 1, atMs, kind: "intent", text: entryText(intent.entry) });
        expect(await again.journal.newestEntryMs()).toBe(atMs + 5);
        expect(await again.facts()).toMatchObject({ entries: 5, intents: 2, unknown: 1 });
      }));

    test("pages of entries", () =>
      withStore(async (store) => {
        await Promise.all(["a", "b", "c"].map((name) => store.journal.recordIntent(sampleIntent(name))));
        expect((await store.entries({ afterSeq: 1, max: 1 })).map((entry) => entry.seq)).toEqual([2]);
        expect((await store.entries({ afterSeq: 2, max: 9 })).map((entry) => entry.seq)).toEqual([3]);
      }));

    test("one payload, one intent: alone, in one batch, and after a restart", () =>
      withStore(async (store, reopen) => {
        await store.journal.recordIntent(sampleIntent("a"));
        await expect(store.journal.recordIntent(sampleIntent("a"))).rejects.toMatchObject(duplicate);
        const results = await Promise.allSettled(
          ["b", "a", "b", "c"].map((name) => store.journal.recordIntent(sampleIntent(name))),
        );
        expect(results.map((each) => each.status)).toEqual([
          "fulfilled",
          "rejected",
          "rejected",
          "fulfilled",
        ]);
        const again = await reopen();
        await expect(again.journal.recordIntent(sampleIntent("c"))).rejects.toMatchObject(duplicate);
        expect(await texts(again)).toEqual(
          written(...["a", "b", "c"].map((name) => sampleIntent(name).entry)),
        );
        expect(again.journal.available()).toBe(true);
      }));

    test("an intent id serves one intent, whatever its payload", () =>
      withStore(async (store) => {
        await store.journal.recordIntent(sampleIntent("a"));
        const other = sampleIntent("a");
        const twin = { ...other, entry: { ...other.entry, payloadDigest: "another" } };
        await expect(store.journal.recordIntent(twin)).rejects.toMatchObject(duplicate);
        expect(await texts(store)).toHaveLength(1);
      }));

    test("mutations that may still be sent again, with the answers they got", () =>
      withStore(async (store, reopen) => {
        const { journal } = store;
        await journal.recordIntent(sampleIntent("gone", { expiresMs: atMs }));
        await journal.recordIntent(sampleIntent("answered", { expiresMs: atMs + 0.25 }));
        await journal.recordIntent(sampleIntent("unknown", { repeatable: false }));
        await journal.recordIntent(sampleIntent("silent"));
        await journal.recordOutcome(sampleOutcome("answered"));
        await journal.recordOutcome(sampleOutcome("unknown", "unknown"));
        const again = await reopen();
        const found = await again.journal.mutationsExpiringAfter(atMs);
        expect(found).toEqual([
          {
            intentId: "intent-answered",
            payloadDigest: "digest-answered",
            endpoint: "POST /api/v3/order",
            expiresMs: atMs + 1,
            repeatable: true,
            answer: sampleOutcome("answered").answer,
          },
          {
            intentId: "intent-unknown",
            payloadDigest: "digest-unknown",
            endpoint: "POST /api/v3/order",
            expiresMs: atMs + 6000,
            repeatable: false,
            answer: undefined,
          },
          {
            intentId: "intent-silent",
            payloadDigest: "digest-silent",
            endpoint: "POST /api/v3/order",
            expiresMs: atMs + 6000,
            repeatable: true,
            answer: undefined,
          },
        ]);
        expect(await again.facts()).toMatchObject({ intents: 4, unknown: 3 });
      }));

    test("an outcome needs an intent, and is settled once", () =>
      withStore(async (store) => {
        const { journal } = store;
        await expect(journal.recordOutcome(sampleOutcome("nobody"))).rejects.toThrow("intent-nobody");
        await journal.recordIntent(sampleIntent("a"));
        await journal.recordOutcome(sampleOutcome("a", "unknown"));
        await journal.recordOutcome(sampleOutcome("a"));
        await expect(journal.recordOutcome(sampleOutcome("a", "unsent"))).rejects.toThrow("intent-a");
        const [recorded] = await journal.mutationsExpiringAfter(0);
        expect(recorded?.answer).toEqual(sampleOutcome("a").answer);
        expect(await texts(store)).toHaveLength(3);
        expect(await store.facts()).toMatchObject({ intents: 1, unknown: 0 });
      }));

    test("many callers share few commits, and each is answered", () =>
      withStore(async (store) => {
        const names = Array.from({ length: 600 }, (_, index) => String(index));
        await Promise.all(names.map((name) => store.journal.recordIntent(sampleIntent(name))));
        const { commits, entries, intents } = await store.facts();
        expect({ entries, intents }).toEqual({ entries: 600, intents: 600 });
        expect(commits).toBe(2);
      }));

    test("a clean close loses no outcome", () =>
      withStore(async (store, reopen) => {
        await store.journal.recordIntent(sampleIntent("a"));
        const recorded = store.journal.recordOutcome(sampleOutcome("a"));
        store.journal.recordRefusal(sampleRefusal("late"));
        const again = await reopen();
        await recorded;
        expect(await texts(again)).toHaveLength(3);
        expect(await again.facts()).toMatchObject({ unknown: 0 });
      }));

    test("an entry that is too long is refused and stands in nobody's way", () =>
      withStore(async (store) => {
        const long = sampleIntent("long");
        const tooLong = {
          ...long,
          entry: { ...long.entry, params: [["symbol", "x".repeat(65_536)]] as const },
        };
        await expect(store.journal.recordIntent(tooLong)).rejects.toThrow(RangeError);
        await store.journal.recordIntent(sampleIntent("a"));
        expect(await texts(store)).toHaveLength(1);
      }));

    test("a closed store takes nothing", async () => {
      const store = await place().open();
      await store.close();
      await expect(store.journal.recordIntent(sampleIntent("a"))).rejects.toMatchObject({
        name: "JournalUnavailable",
      });
      expect(store.journal.available()).toBe(false);
      await expect(store.facts()).rejects.toMatchObject({ code: "store-closed" });
      await store.close();
    });
  });

  describe(`keys on ${engine}`, () => {
    test("client keys come back as they were stored", () =>
      withStore(async (store, reopen) => {
        const first = sampleClientKey("key-1", 2);
        const uploaded = sampleClientKey("key-2");
        const second = {
          ...uploaded,
          key: { ...uploaded.key, algorithm: "ED25519" as const, publicKeyPem: "pem" },
          generations: [{ generation: 1, rootVersion: 1, salt: undefined }],
        };
        await store.clientKeys.insert(first, sampleAct("key-1"));
        await store.clientKeys.insert(second, sampleAct("key-2"));
        const again = await reopen();
        expect(await again.clientKeys.all()).toEqual([first, second]);
        expect(await texts(again)).toEqual(written(sampleAct("key-1"), sampleAct("key-2")));
      }));

    test("an update replaces the record and erases generations that are gone", () =>
      withStore(async (store, reopen) => {
        const first = sampleClientKey("key-1", 2);
        await store.clientKeys.insert(first, sampleAct("key-1"));
        const changed = {
          ...first,
          key: { ...first.key, state: "revoked" as const, revokedMs: atMs + 1 },
          generations: first.generations.slice(1),
          rowVersion: 2,
        };
        await store.clientKeys.update(changed, sampleAct("key-1"));
        expect(await (await reopen()).clientKeys.all()).toEqual([changed]);
      }));

    test("an update of a row that is not as it was read is refused, with its entry", () =>
      withStore(async (store) => {
        const first = sampleClientKey("key-1");
        await store.clientKeys.insert(first, sampleAct("key-1"));
        const refused = { code: "row-changed" };
        const later = { ...first, rowVersion: 3, generations: [] };
        await expect(store.clientKeys.update(later, sampleAct("key-1"))).rejects.toMatchObject(refused);
        const unknown = { ...sampleClientKey("key-9"), rowVersion: 2 };
        await expect(store.clientKeys.update(unknown, sampleAct("key-9"))).rejects.toMatchObject(refused);
        expect(await store.clientKeys.all()).toEqual([first]);
        expect(await texts(store)).toHaveLength(1);
      }));

    test("an id is used once", () =>
      withStore(async (store) => {
        await store.clientKeys.insert(sampleClientKey("key-1"), sampleAct("key-1"));
        await expect(
          store.clientKeys.insert(sampleClientKey("key-1"), sampleAct("key-1")),
        ).rejects.toMatchObject({
          code: "write-failed",
        });
        await store.venueKeys.insert(sampleVenueKey("vk_1"), sampleAct("vk_1"));
        await expect(store.venueKeys.insert(sampleVenueKey("vk_1"), sampleAct("vk_1"))).rejects.toMatchObject(
          {
            code: "write-failed",
          },
        );
        expect(await texts(store)).toHaveLength(2);
      }));

    test("venue keys come back as they were stored", () =>
      withStore(async (store, reopen) => {
        const key = sampleVenueKey("vk_1");
        await store.venueKeys.insert(key, sampleAct("vk_1"));
        expect(await (await reopen()).venueKeys.all()).toEqual([key]);
      }));
  });
}
