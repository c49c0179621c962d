// The programmatic door: starting, accounts and keys, ticking by itself, closing.

import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { KeySpecError, startSandbox, type KeySpec, type Scheduler } from "../src/index.ts";
import { onStage, send, uidOf } from "./exchange-client.ts";

const pemOf = (kind: "ed25519" | "rsa"): string =>
  (kind === "rsa"
    ? generateKeyPairSync("rsa", { modulusLength: 2048 })
    : generateKeyPairSync("ed25519")
  ).publicKey.export({
    type: "spki",
    format: "pem",
  });

test("every host that is not loopback is refused", async () => {
  for (const host of ["0.0.0.0", "::", "192.168.0.1", "example.org"])
    await expect(startSandbox({ host: host as "127.0.0.1" })).rejects.toThrow("loopback");
});

test("a port in use is an error, not a silent other port", () =>
  onStage({}, async ({ sandbox }) => {
    await expect(startSandbox({ port: sandbox.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  }));

test("a hook that throws costs its own request the connection and nothing else", () =>
  onStage({ history: false }, async ({ sandbox, call }) => {
    const when = (): boolean => {
      throw new Error("hook");
    };
    sandbox.faults.add({ when, path: "/api/v3/time", action: { kind: "hang" } });
    await expect(call.open("/api/v3/time")).rejects.toMatchObject({ code: "ECONNRESET" });
    expect((await call.open("/api/v3/ping")).status).toBe(200);
  }));

test("after closing nobody answers", async () => {
  const sandbox = await startSandbox({ tickMs: undefined, history: false });
  await sandbox.close();
  await expect(send(sandbox, { path: "/api/v3/ping" })).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("the market moves with the scheduler's beat, and stops when closed", async () => {
  const beats: { periodMs: number; run: () => void }[] = [];
  let stopped = 0;
  const scheduler: Scheduler = {
    after: () => () => undefined,
    every: (periodMs, run) => {
      beats.push({ periodMs, run });
      return () => void (stopped += 1);
    },
  };
  const sandbox = await startSandbox({ scheduler });
  const look = async () => (await send(sandbox, { path: "/api/v3/depth", query: "symbol=BTCUSDT" })).text;
  const before = await look();
  expect(await look()).toBe(before);
  beats[0]?.run();
  expect(await look()).not.toBe(before);
  expect(beats.map((beat) => beat.periodMs)).toEqual([250]);
  await sandbox.close();
  expect(stopped).toBe(1);
});

describe("accounts", () => {
  test("each has its own uid, balances and keys", () =>
    onStage({ accounts: [] }, async ({ sandbox }) => {
      const first = sandbox.addAccount();
      const second = sandbox.addAccount({ balances: { SOL: "3" }, keys: [] });
      expect(second.uid).not.toBe(first.uid);
      expect(second.keys).toEqual([]);
      expect(sandbox.balances(second.uid)).toEqual({ SOL: { free: "3.00000000", locked: "0.00000000" } });
      expect(sandbox.accounts).toEqual([first, second]);
      expect(sandbox.trades(second.uid)).toEqual([]);
    }));

  test("a uid made up here is never one that was given", () =>
    onStage({ accounts: [{ uid: 1_000_001 }, {}, { uid: 1_000_003 }, {}] }, async ({ sandbox }) => {
      expect(sandbox.accounts.map((account) => account.uid)).toEqual([
        1_000_001, 1_000_002, 1_000_003, 1_000_004,
      ]);
    }));

  test("a uid twice, an unknown uid, and an amount that is none", () =>
    onStage({}, async ({ sandbox }) => {
      expect(() => sandbox.addAccount({ uid: uidOf(sandbox) })).toThrow(/exists/);
      expect(() => sandbox.addAccount({ balances: { BTC: "-1" } })).toThrow(RangeError);
      for (const run of [() => sandbox.addKey(99), () => sandbox.balances(99), () => sandbox.orders(99)])
        expect(run).toThrow(/99/);
      expect(sandbox.accounts).toHaveLength(1);
    }));
});

describe("keys", () => {
  const key = "k".repeat(64);

  test.each<[string, KeySpec]>([
    ["too short", { apiKey: "short" }],
    ["of other characters", { apiKey: "-".repeat(64) }],
    ["without its public key", { algorithm: "ED25519" }],
    ["with nonsense for a public key", { algorithm: "RSA", publicKeyPem: "nonsense" }],
    ["with the other kind of public key", { algorithm: "RSA", publicKeyPem: pemOf("ed25519") }],
    ["with an address that is none", { ipList: ["localhost"] }],
    ["with a range that is none", { ipList: ["10.0.0.0/33"] }],
    ["with a range without a length", { ipList: ["10.0.0.0/"] }],
  ])("a key %s is refused", (_, spec) =>
    onStage({ history: false }, async ({ sandbox }) => {
      expect(() => sandbox.addKey(uidOf(sandbox), spec)).toThrow(KeySpecError);
    }),
  );

  test("a key twice is refused", () =>
    onStage({ history: false }, async ({ sandbox }) => {
      expect(sandbox.addKey(uidOf(sandbox), { apiKey: key, secret: "s" })).toEqual({
        algorithm: "HMAC",
        apiKey: key,
        secret: "s",
      });
      expect(() => sandbox.addKey(uidOf(sandbox), { apiKey: key })).toThrow(KeySpecError);
    }));

  test("a public key gives an API key and no secret", () =>
    onStage({ history: false }, async ({ sandbox }) => {
      const issued = sandbox.addKey(uidOf(sandbox), { algorithm: "RSA", publicKeyPem: pemOf("rsa") });
      expect(Object.keys(issued)).toEqual(["algorithm", "apiKey"]);
      expect(issued.apiKey).toMatch(/^[A-Za-z0-9]{64}$/);
    }));

  test("the same seed makes the same keys, another seed others", async () => {
    const keys = (seed: number) => onStage({ seed, history: false }, async ({ sandbox }) => sandbox.accounts);
    expect(await keys(3)).toEqual(await keys(3));
    expect(await keys(3)).not.toEqual(await keys(4));
  });
});
