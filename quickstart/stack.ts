/**
 * A whole Countersign on this machine, made by its own commands: the sandbox exchange, a data folder, the server, a
 * venue key and one client key that may trade every sandbox symbol from loopback. `npm start`, the demo and the
 * benchmark stand on it.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { configFileName, readConfig } from "../apps/server/src/base/config.ts";
import { runCommand, startService } from "./child.ts";
import type { Service } from "./child.ts";

const root = resolve(import.meta.dirname, "..");
const countersign = join(root, "apps/server/src/cli/countersign.ts");
const countersignSandbox = join(root, "apps/sandbox/src/cli.ts");
const loopback = ["127.0.0.0/8", "::1"];
const label = "quickstart";

export interface Stack {
  /** What a bot is given. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly controlUrl: string;
  readonly dataDir: string;
  /** The exchange, and the real key that no bot sees. */
  readonly sandbox: SandboxLine;
  /** Runs a `countersign` command against this stack; gives its JSON. */
  cli(args: readonly string[], input?: string): Promise<unknown>;
  /** Resolves when one of the two processes has ended. */
  readonly ended: Promise<{ name: string; code: number | null }>;
  /** Ends both, and removes the data folder if it was a temporary one. */
  close(): Promise<void>;
}

interface SandboxLine {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly apiSecret: string;
}

interface ServeLine {
  readonly dataUrl: string;
  readonly controlUrl: string;
}

/**
 * Brings everything up.
 * @param dataDir a folder to keep; a temporary one unless named. A kept folder is used again, with a new client key,
 * since a secret is shown only once.
 * @throws Error in words when a part does not start; what had started is ended again.
 */
export async function startStack(
  options: { dataDir?: string; progress?: (what: string) => void } = {},
): Promise<Stack> {
  const { progress = () => {} } = options;
  const temporary = options.dataDir === undefined;
  const dataDir = resolve(options.dataDir ?? mkdtempSync(join(tmpdir(), "countersign-")));
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const services: Service<unknown>[] = [];
  const close = async (): Promise<void> => {
    for (const service of services.toReversed()) await service.stop();
    if (temporary) rmSync(dataDir, { recursive: true, force: true });
  };
  const cli = async (args: readonly string[], input?: string): Promise<unknown> =>
    JSON.parse(await runCommand([countersign, ...args, "--data-dir", dataDir, "--json"], input));

  try {
    progress("starting the sandbox exchange");
    const exists = existsSync(join(dataDir, configFileName));
    const port = exists ? await sandboxPortOf(dataDir) : "0";
    const sandbox = await startService<SandboxLine>({
      name: "countersign-sandbox",
      command: [countersignSandbox, "--json", "--port", port],
      logFile: join(dataDir, "sandbox.log"),
      parse: JSON.parse,
    });
    services.push(sandbox);
    progress("starting the gateway");
    if (!exists) {
      const ports = ["--port", "0", "--control-port", "0"];
      await cli(["init", "--venue", "sandbox", "--venue-url", sandbox.ready.baseUrl, ...ports]);
    }
    const server = await startService<ServeLine>({
      name: "countersign serve",
      command: [countersign, "serve", "--data-dir", dataDir, "--json"],
      logFile: join(dataDir, "server.log"),
      parse: JSON.parse,
    });
    services.push(server);
    progress("issuing a client key");
    const { apiKey, apiSecret } = await issueKey(cli, sandbox.ready);
    const { dataUrl: baseUrl, controlUrl } = server.ready;
    const ended = Promise.race([
      sandbox.ended.then((code) => ({ name: "the sandbox", code })),
      server.ended.then((code) => ({ name: "the gateway", code })),
    ]);
    return { baseUrl, apiKey, apiSecret, controlUrl, dataDir, sandbox: sandbox.ready, cli, ended, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function sandboxPortOf(dataDir: string): Promise<string> {
  const { venue, venueUrl } = await readConfig(dataDir);
  if (venue !== "sandbox" || venueUrl === undefined) {
    throw new Error(
      `${dataDir} is set up for ${venue}: npm start serves the sandbox only. Use: countersign serve`,
    );
  }
  return new URL(venueUrl).port;
}

/** The JSON of the commands used here, as far as it is used. */
interface KeyLine {
  readonly id: string;
  readonly label: string;
  readonly state: string;
  readonly apiKey: string;
}

async function issueKey(
  cli: Stack["cli"],
  sandbox: SandboxLine,
): Promise<{ apiKey: string; apiSecret: string }> {
  const venueKeys = (await cli(["venue-key", "list"])) as { venueKeys: KeyLine[] };
  const known = venueKeys.venueKeys.find(({ apiKey }) => apiKey === sandbox.apiKey);
  const venueKey =
    known ??
    ((await cli(
      ["venue-key", "add", "--label", "sandbox", "--api-key", sandbox.apiKey, "--secret-stdin"],
      sandbox.apiSecret,
    )) as KeyLine);
  const earlier = (await cli(["client-key", "list"])) as { clientKeys: KeyLine[] };
  for (const key of earlier.clientKeys) {
    if (key.label === label && key.state === "active") await cli(["client-key", "revoke", key.id, "--yes"]);
  }
  const issued = (await cli([
    "client-key",
    "issue",
    "--label",
    label,
    "--venue-key",
    venueKey.id,
    "--trade",
    "--any-symbol",
    "--address",
    ...loopback,
  ])) as { key: KeyLine; secret: string };
  return { apiKey: issued.key.id, apiSecret: issued.secret };
}
