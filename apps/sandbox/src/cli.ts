#!/usr/bin/env node
// The sandbox as a command: starts one exchange, says how to reach it, stops cleanly on SIGINT and SIGTERM. It
// reads public keys from files; it never takes a secret from its arguments.

import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import type { KeySpec } from "./auth/keys.ts";
import type { JournalEntry } from "./journal.ts";
import { startSandbox, type Sandbox } from "./sandbox.ts";

interface CliOptions {
  port: number;
  seed: number;
  json?: boolean;
  verbose?: boolean;
  ed25519Key: string[];
  rsaKey: string[];
}

const wholeNumber =
  (max: number) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value <= max)) throw new InvalidArgumentError(`a whole number from 0 to ${max}`);
    return value;
  };

const collect = (file: string, files: string[]): string[] => [...files, file];

const examples = `
Examples:
  $ countersign-sandbox
  $ countersign-sandbox --port 9090 --seed 7
  $ countersign-sandbox --json | jq -r .apiKey
  $ countersign-sandbox --ed25519-key bot.pub.pem

Nothing here is real: no money, no market, no connection to Binance.`;

function readOptions(): CliOptions {
  return new Command("countersign-sandbox")
    .description("An offline Binance-compatible Spot exchange on loopback, with one funded account.")
    .option("--port <number>", "port to listen on; 0 lets the system choose", wholeNumber(65_535), 0)
    .option("--seed <number>", "what makes this run repeatable", wholeNumber(Number.MAX_SAFE_INTEGER), 1)
    .option("--json", "print exactly one line of JSON when ready")
    .option("--verbose", "print a line for every request")
    .option("--ed25519-key <file>", "add a key with this Ed25519 public key (PEM); repeatable", collect, [])
    .option("--rsa-key <file>", "add a key with this RSA public key (PEM); repeatable", collect, [])
    .addHelpText("after", examples)
    .parse()
    .opts<CliOptions>();
}

function keySpecs(options: CliOptions): KeySpec[] {
  const read =
    (algorithm: "ED25519" | "RSA") =>
    (file: string): KeySpec => ({
      algorithm,
      publicKeyPem: readFileSync(file, "utf8"),
    });
  return [...options.ed25519Key.map(read("ED25519")), ...options.rsaKey.map(read("RSA"))];
}

function announce(sandbox: Sandbox, options: CliOptions): void {
  const account = sandbox.accounts[0];
  const [first, ...others] = account?.keys ?? [];
  const keys = others.map(({ algorithm, apiKey }) => ({ algorithm, apiKey }));
  if (options.json === true) {
    const line = { baseUrl: sandbox.url, apiKey: first?.apiKey, apiSecret: first?.secret, uid: account?.uid };
    console.log(JSON.stringify(keys.length === 0 ? line : { ...line, keys }));
    return;
  }
  console.log(`countersign-sandbox: a pretend Spot exchange. Not Binance, not real money.

  base URL    ${sandbox.url}
  API key     ${first?.apiKey ?? ""}
  API secret  ${first?.secret ?? ""}
  account     ${account?.uid ?? ""} with 10 BTC, 1,000,000 USDT and some of every other asset`);
  for (const key of keys) console.log(`  ${key.algorithm.padEnd(10)}  ${key.apiKey}`);
  console.log("\n  Stop it with Ctrl-C.");
}

// Requests go to stderr, so that --json leaves exactly one line on stdout. The query holds signatures: path only.
function logRequest({ seq, method, target, outcome }: JournalEntry): void {
  const code = outcome.code === undefined ? "" : ` ${outcome.code}`;
  console.error(`${seq} ${method} ${target.split("?", 1)[0]} ${outcome.status ?? "no answer"}${code}`);
}

async function main(): Promise<void> {
  const options = readOptions();
  const sandbox = await startSandbox({
    port: options.port,
    seed: options.seed,
    accounts: [{ keys: [{}, ...keySpecs(options)] }],
    ...(options.verbose === true ? { onAnswered: logRequest } : {}),
  });
  const stop = (): void => void sandbox.close();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  announce(sandbox, options);
}

try {
  await main();
} catch (error) {
  console.error(`countersign-sandbox: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
