/** Reads a stopped server's record: each intent with what came of it, by the client's own order id. */
import { join } from "node:path";
import { openStore } from "../../apps/server/src/storage/open.ts";
import type { House } from "../house.ts";

export interface RecordRead {
  /** `answered 200`, `unsent 503`, `unknown 504`, or `none` where no outcome was entered; by `newClientOrderId`. */
  readonly outcomes: Readonly<Record<string, string>>;
  /** As `countersign status` counts them. */
  readonly unknown: number;
  readonly refusals: readonly string[];
}

interface EntryText {
  readonly intentId?: string;
  readonly params?: readonly (readonly [string, string])[];
  readonly result?: string;
  readonly status?: number;
  readonly refusal?: string;
}

/** Stops the server and reads; the house cannot be used afterwards except to be closed. */
export async function readRecord(house: House): Promise<RecordRead> {
  await house.server.close();
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const clock = { wallMs: () => 0, monotonicMs: () => 0 };
  const store = await openStore({ path: join(house.dataDir, "countersign.db"), clock, log });
  try {
    const entries = await store.entries({ afterSeq: 0, max: 1000 });
    const texts = entries.map(({ kind, text }) => ({ kind, ...(JSON.parse(text) as EntryText) }));
    const outcomes: Record<string, string> = {};
    for (const { kind, intentId, params } of texts) {
      if (kind !== "intent") continue;
      const id = params?.find(([name]) => name === "newClientOrderId")?.[1] ?? "";
      const outcome = texts.find((each) => each.kind === "outcome" && each.intentId === intentId);
      outcomes[id] = outcome === undefined ? "none" : `${outcome.result} ${outcome.status}`;
    }
    const { unknown } = await store.facts();
    const refusals = texts.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal]));
    return { outcomes, unknown, refusals };
  } finally {
    await store.close();
  }
}
