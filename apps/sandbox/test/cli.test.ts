// The command as a user runs it: one line of JSON, a banner that says it is not real, a clean stop.

import { spawn, type ChildProcess } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const cli = fileURLToPath(new URL("../src/cli.ts", import.meta.url));

interface Running {
  readonly child: ChildProcess;
  /** Resolves when the process has ended and all it wrote is here. */
  readonly closed: Promise<unknown>;
  readonly output: () => string;
  readonly errors: () => string;
}

function run(...args: string[]): Running {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  return { child, closed: once(child, "close"), output: () => output, errors: () => errors };
}

async function firstLine({ child }: Running): Promise<string> {
  if (child.stdout === null) throw new Error("no output");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return line;
}

async function exitOf({ child, closed }: Running): Promise<unknown> {
  await closed;
  return child.exitCode;
}

describe("--json", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "one line, then a clean stop on %s although a connection is open",
    async (signal) => {
      const running = run("--json", "--seed", "5");
      const ready = JSON.parse(await firstLine(running)) as Record<string, unknown>;
      expect(Object.keys(ready)).toEqual(["baseUrl", "apiKey", "apiSecret", "uid"]);
      expect(ready["baseUrl"]).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      const idle = connect(Number(new URL(String(ready["baseUrl"])).port), "127.0.0.1");
      await once(idle, "connect");
      const answer = await fetch(`${String(ready["baseUrl"])}/api/v3/ping`);
      expect(await answer.text()).toBe("{}");
      idle.on("error", () => undefined);
      running.child.kill(signal);
      expect(await exitOf(running)).toBe(0);
      expect(running.output().trimEnd().split("\n")).toHaveLength(1);
    },
  );

  test("public keys from files get API keys that work", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-cli-"));
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const file = join(folder, "bot.pub.pem");
    writeFileSync(file, publicKey.export({ type: "spki", format: "pem" }));
    const running = run("--json", "--verbose", "--ed25519-key", file, "--ed25519-key", file);
    try {
      const ready = JSON.parse(await firstLine(running)) as { baseUrl: string; keys: { apiKey: string }[] };
      expect(ready.keys).toMatchObject([{ algorithm: "ED25519" }, { algorithm: "ED25519" }]);
      const { serverTime } = (await (await fetch(`${ready.baseUrl}/api/v3/time`)).json()) as {
        serverTime: number;
      };
      const payload = `timestamp=${serverTime}`;
      const signature = encodeURIComponent(sign(null, Buffer.from(payload), privateKey).toString("base64"));
      const reply = await fetch(`${ready.baseUrl}/api/v3/account?${payload}&signature=${signature}`, {
        headers: { "x-mbx-apikey": ready.keys[1]?.apiKey ?? "" },
      });
      expect(reply.status).toBe(200);
      // The log names paths, never the signed query.
      while (!running.errors().includes("/api/v3/account"))
        await once(running.child.stderr ?? running.child, "data");
      expect(running.errors()).toContain("2 GET /api/v3/account 200");
      expect(running.errors()).not.toContain("signature");
    } finally {
      running.child.kill("SIGTERM");
      await exitOf(running);
      rmSync(folder, { recursive: true });
    }
  });
});

test("the banner says that nothing is real", async () => {
  const running = run();
  expect(await firstLine(running)).toBe(
    "countersign-sandbox: a pretend Spot exchange. Not Binance, not real money.",
  );
  running.child.kill("SIGTERM");
  expect(await exitOf(running)).toBe(0);
  expect(running.output()).toMatch(/API key {5}[A-Za-z0-9]{64}\n {2}API secret {2}[A-Za-z0-9]{64}\n/);
});

test.each([
  [["--help"], 0, "Examples:"],
  [["--port", "70000"], 1, "whole number"],
  [["--port", "1e3"], 1, "whole number"],
  [["--seed", "x"], 1, "whole number"],
  [["--sed", "1"], 1, "--seed"],
  [["--ed25519-key", "/nonexistent.pem"], 1, "ENOENT"],
])("%j ends with %d and says %j", async (args, code, text) => {
  const running = run(...args);
  expect(await exitOf(running)).toBe(code);
  expect(running.output() + running.errors()).toContain(text);
});
