/** Entries, keys and places for the storage tests. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ActEntry, RefusalEntry } from "../../src/audit/entry.ts";
import type { Intent, Outcome } from "../../src/audit/journal.ts";
import type { Clock } from "../../src/base/clock.ts";
import type { Log, LogFields } from "../../src/base/log.ts";
import type { StoredClientKey } from "../../src/keys/client-key.ts";
import type { StoredVenueKey } from "../../src/keys/venue-key.ts";
import type { Schedule } from "../../src/storage/group-commit.ts";

export const atMs = Date.UTC(2026, 10, 23, 12, 0, 0);
export const frozenClock: Clock = { wallMs: () => atMs, monotonicMs: () => 0 };

/** A private folder that goes when the test does. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface HeardLog extends Log {
  readonly lines: { level: string; message: string; fields: LogFields | undefined }[];
}

export function heardLog(): HeardLog {
  const lines: HeardLog["lines"] = [];
  const hear = (level: string) => (message: string, fields?: LogFields) => {
    lines.push({ level, message, fields });
  };
  return { lines, info: hear("info"), warn: hear("warn"), error: hear("error"), debug: hear("debug") };
}

export interface HandSchedule {
  readonly schedule: Schedule;
  /** Delays of the tasks that wait. */
  delays(): number[];
  /** Runs what waits. */
  run(): void;
}

/** Time that passes when the test says so. */
export function handSchedule(): HandSchedule {
  let tasks: { task: () => void; delayMs: number }[] = [];
  return {
    schedule(task, delayMs) {
      const entry = { task, delayMs };
      tasks.push(entry);
      return () => {
        tasks = tasks.filter((each) => each !== entry);
      };
    },
    delays: () => tasks.map((each) => each.delayMs),
    run() {
      const due = tasks;
      tasks = [];
      for (const { task } of due) task();
    },
  };
}

export function sampleIntent(
  name: string,
  change: { expiresMs?: number; repeatable?: boolean } = {},
): Intent {
  const { expiresMs = atMs + 6000, repeatable = true } = change;
  return {
    entry: {
      kind: "intent",
      atMs,
      intentId: `intent-${name}`,
      clientKeyId: "CSKSexample",
      generation: 1,
      venueKeyId: "vk_example",
      endpoint: "POST /api/v3/order",
      params: [
        ["symbol", "BTCUSDT"],
        ["side", "BUY"],
      ],
      payloadDigest: `digest-${name}`,
    },
    expiresMs,
    repeatable,
  };
}

export function sampleOutcome(name: string, result: "answered" | "unsent" | "unknown" = "answered"): Outcome {
  return {
    entry: {
      kind: "outcome",
      atMs: atMs + 5,
      intentId: `intent-${name}`,
      result,
      status: 200,
      bodyDigest: "00",
    },
    answer:
      result === "unknown"
        ? undefined
        : {
            status: 200,
            headers: [["Content-Type", "application/json;charset=UTF-8"]],
            body: `{"name":"${name}"}`,
          },
  };
}

export function sampleRefusal(name: string, suppressed = 0): RefusalEntry {
  return {
    kind: "refusal",
    atMs,
    clientKeyId: "CSKSexample",
    endpoint: "POST /api/v3/order",
    refusal: name,
    address: "127.0.0.1",
    suppressed,
  };
}

export function sampleAct(subject: string): ActEntry {
  return { kind: "act", atMs, act: "client-key.issue", by: "local", subject, detail: { label: "sample" } };
}

export function sampleClientKey(id: string, generations = 1): StoredClientKey {
  return {
    key: {
      id,
      label: "grid bot",
      algorithm: "HMAC",
      publicKeyPem: undefined,
      state: "active",
      generation: generations,
      grant: {
        permissions: ["enableReading", "enableSpotAndMarginTrading"],
        addresses: ["203.0.113.7", "2001:db8::/48"],
        symbols: "any",
        venueKeyId: "vk_example",
      },
      createdMs: atMs,
      revokedMs: undefined,
    },
    generations: Array.from({ length: generations }, (_, index) => ({
      generation: index + 1,
      rootVersion: 1,
      salt: randomBytes(32),
    })),
    rowVersion: 1,
    rowMac: randomBytes(36),
  };
}

export function sampleVenueKey(id: string): StoredVenueKey {
  return {
    key: {
      id,
      label: "main account",
      venue: "sandbox",
      accountUid: "1001",
      algorithm: "ED25519",
      apiKey: "a".repeat(64),
      publicKeyPem: "-----BEGIN PUBLIC KEY-----\nMCo\n-----END PUBLIC KEY-----\n",
      createdMs: atMs,
    },
    sealed: randomBytes(200),
    rowVersion: 1,
    rowMac: randomBytes(36),
  };
}
