/**
 * A whole house for one test: sandbox exchange, data folder and server in this process, on kernel-chosen ports, over
 * real sockets. The sandbox is the witness: its journal tells what the exchange saw.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Permission } from "@countersign/contract";
import type { Algorithm } from "@countersign/signing";
import { startSandbox } from "countersign-sandbox";
import type { Sandbox, SandboxOptions } from "countersign-sandbox";
import { initialise, startServer } from "countersign";
import type { RunningServer, StartOptions } from "countersign";
import { systemClock } from "../apps/server/src/base/clock.ts";
import type { Clock } from "../apps/server/src/base/clock.ts";
import { Secret } from "../apps/server/src/base/secret.ts";
import type { Log } from "../apps/server/src/base/log.ts";

/** What a test asks of a client key; reading and trading everything from loopback unless said. */
export interface KeyWish {
  readonly label?: string;
  readonly algorithm?: Algorithm;
  readonly publicKeyPem?: string;
  readonly permissions?: readonly Permission[];
  readonly addresses?: readonly string[] | "any";
  readonly symbols?: readonly string[] | "any";
  readonly venueKeyId?: string;
}

export interface House {
  readonly sandbox: Sandbox;
  readonly server: RunningServer;
  readonly dataDir: string;
  /** The bots' base URL. */
  readonly url: string;
  readonly venueKeyId: string;
  /** The sandbox account behind the venue key. */
  readonly uid: number;
  /** Every line that the server logged, as JSON text. */
  readonly logLines: readonly string[];
  issue(wish?: KeyWish): Promise<{ apiKey: string; apiSecret: string }>;
  /** Stops the server and starts it again on the same folder (and a new port). */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface HouseOptions {
  /** One clock for exchange and gateway; the machine's unless given. */
  readonly clock?: Clock;
  readonly sandbox?: SandboxOptions;
  readonly server?: Partial<StartOptions>;
}

/** Builds it. The market stands still unless the sandbox options say otherwise. */
export async function startHouse(options: HouseOptions = {}): Promise<House> {
  const clock = options.clock ?? systemClock;
  const dataDir = mkdtempSync(join(tmpdir(), "countersign-house-"));
  const sandbox = await startSandbox({
    tickMs: undefined,
    clock: { nowMs: () => clock.wallMs() },
    ...options.sandbox,
  });
  const listen = { host: "127.0.0.1", port: 0 };
  const config = {
    venue: "sandbox",
    venueUrl: sandbox.url,
    listen,
    control: listen,
    logLevel: "debug",
  } as const;
  await initialise({ dataDir, config, clock });
  const logLines: string[] = [];
  const start = (): Promise<RunningServer> =>
    startServer({ dataDir, clock, log: keepingLog(logLines), ...options.server });
  let server = await start();

  const account = sandbox.accounts[0];
  const [key] = account?.keys ?? [];
  if (account === undefined || key?.secret === undefined) throw new Error("the sandbox opened no account");
  const venueKey = await server.venueKeys.add({
    label: "sandbox",
    algorithm: "HMAC",
    apiKey: key.apiKey,
    secret: new Secret(key.secret),
    accountUid: String(account.uid),
  });
  sandbox.journal.clear();

  return {
    sandbox,
    get server() {
      return server;
    },
    dataDir,
    get url() {
      return server.dataUrl;
    },
    venueKeyId: venueKey.id,
    uid: account.uid,
    logLines,
    async issue(wish = {}) {
      const issued = await server.clientKeys.issue({
        label: "bot",
        algorithm: "HMAC",
        permissions: ["enableReading", "enableSpotAndMarginTrading"],
        addresses: ["127.0.0.1"],
        symbols: "any",
        venueKeyId: venueKey.id,
        ...wish,
      });
      return { apiKey: issued.key.id, apiSecret: issued.secret?.reveal() ?? "" };
    },
    async restart() {
      await server.close();
      server = await start();
    },
    async close() {
      await server.close();
      await sandbox.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function keepingLog(lines: string[]): Log {
  const keep =
    (level: string) =>
    (message: string, fields?: object): void =>
      void lines.push(JSON.stringify({ level, message, ...fields }));
  return { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
}
