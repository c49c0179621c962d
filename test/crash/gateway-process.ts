/**
 * The gateway as a process of its own, as an operator runs it, on a data folder that outlives it. A test may arm a
 * failpoint, run it under another program, kill it at any moment and start it again.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { adminClient } from "@countersign/contract";
import type { AdminClient } from "@countersign/contract";
import { failpointVariable } from "countersign";
import type { FailpointName } from "../../apps/server/src/base/failpoint.ts";
import { controlTransport } from "../../apps/server/src/cli/control-transport.ts";

const cli = resolve(import.meta.dirname, "../../apps/server/src/cli/countersign.ts");
/** Node's own place for compiled code; dozens of starts of the same sources take half the time with it. */
const compileCacheDir = join(tmpdir(), "node-compile-cache");

export interface StartOptions {
  readonly dataDir: string;
  readonly failpoint?: FailpointName | undefined;
  /** A program and its arguments that run the gateway, e.g. a tracer. */
  readonly under?: readonly string[];
}

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GatewayProcess {
  readonly pid: number;
  readonly dataUrl: string;
  readonly controlUrl: string;
  /** Over the control socket, as the command speaks to it. */
  readonly admin: AdminClient;
  /** Every log line so far, as JSON text. */
  readonly log: readonly string[];
  /** Resolves at the next log line with this message. */
  logged(message: string): Promise<void>;
  /** Resolves when it is gone, for whatever reason. */
  readonly ended: Promise<End>;
  /** `kill -9`, in this very turn. */
  kill(): void;
  /** Asks it to end and waits. */
  stop(): Promise<End>;
}

interface ReadyLine {
  readonly dataUrl: string;
  readonly controlUrl: string;
  readonly socketPath: string;
}

/** Starts it and waits until it serves. @throws Error with its log when it ends before that */
export async function startGateway(options: StartOptions): Promise<GatewayProcess> {
  const { dataDir, failpoint, under = [] } = options;
  // The shell tells its process id and becomes the gateway: a tracer in between keeps that id to itself.
  const shell = ["/bin/sh", "-c", 'echo "$$"; exec "$@"', "sh"];
  const serve = [process.execPath, cli, "serve", "--data-dir", dataDir, "--json"];
  const [program = "", ...args] = [...under, ...shell, ...serve];
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, [failpointVariable]: failpoint ?? "", NODE_COMPILE_CACHE: compileCacheDir },
  });
  const ended = once(child, "close").then(([code, signal]: unknown[]) => ({ code, signal }) as End);
  const log = logKeeper();
  createInterface({ input: child.stderr }).on("line", (line) => log.take(line));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const pid = Number((await lines.next()).value);
  const ready: unknown = (await lines.next()).value;
  if (typeof ready !== "string") {
    throw new Error(`the gateway did not start: ${JSON.stringify(await ended)}\n${log.lines.join("\n")}`);
  }
  const { dataUrl, controlUrl, socketPath } = JSON.parse(ready) as ReadyLine;
  let gone = false;
  const signal = (name: NodeJS.Signals): void => {
    if (!gone) process.kill(pid, name);
  };
  // A test that ran out of time never gets to its own end.
  const kill = (): void => signal("SIGKILL");
  process.once("exit", kill);
  void ended.then(() => {
    gone = true;
    process.off("exit", kill);
  });
  return {
    pid,
    dataUrl,
    controlUrl,
    admin: adminClient(controlTransport(socketPath, dataDir)),
    log: log.lines,
    logged: (message) => log.logged(message),
    ended,
    kill,
    async stop() {
      signal("SIGTERM");
      return await ended;
    },
  };
}

function logKeeper() {
  const lines: string[] = [];
  const waiting: { readonly message: string; readonly tell: () => void }[] = [];
  const says = (line: string, message: string): boolean => line.includes(JSON.stringify(message));
  return {
    lines,
    take(line: string): void {
      lines.push(line);
      for (const each of waiting) if (says(line, each.message)) each.tell();
    },
    logged(message: string): Promise<void> {
      return new Promise((tell) => waiting.push({ message, tell }));
    },
  };
}
