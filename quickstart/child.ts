/** Child processes for the quick start: the real commands, as a person would run them. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** A long-running command that said, with one line of JSON, that it is ready. */
export interface Service<Ready> {
  readonly ready: Ready;
  /** Resolves with its exit code when it ends, for whatever reason. */
  readonly ended: Promise<number | null>;
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>;
}

/**
 * Starts a long-running command and waits for its line.
 * @param logFile where its stderr goes.
 * @throws Error with the end of its stderr when it ends before it is ready.
 */
export async function startService<Ready>(options: {
  name: string;
  command: readonly string[];
  logFile: string;
  parse: (line: string) => Ready;
}): Promise<Service<Ready>> {
  const child = spawnNode(options.command);
  const log = createWriteStream(options.logFile, { flags: "a", mode: 0o600 });
  const tail = tailOf(child.stderr);
  child.stderr.pipe(log);
  child.stdin.end();
  const ended = once(child, "close").then(([code]: (number | null)[]) => code ?? null);
  const line = await Promise.race([firstLine(child.stdout), ended.then(() => undefined)]);
  if (line === undefined) throw new Error(`${options.name} did not start:\n${tail()}`);
  return {
    ready: options.parse(line),
    ended,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
    },
  };
}

/**
 * Runs a command to its end and gives what it printed on stdout.
 * @throws Error with its stderr when it fails.
 */
export async function runCommand(command: readonly string[], input = ""): Promise<string> {
  const child = spawnNode(command);
  const tail = tailOf(child.stderr);
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${command.slice(1).join(" ")} failed:\n${tail()}`);
  return Buffer.concat(chunks).toString("utf8");
}

function spawnNode(
  command: readonly string[],
): ChildProcess & { stdin: NodeJS.WritableStream; stdout: Readable; stderr: Readable } {
  return spawn(process.execPath, [...command], { stdio: ["pipe", "pipe", "pipe"] });
}

async function firstLine(stream: Readable): Promise<string | undefined> {
  for await (const line of createInterface({ input: stream })) {
    stream.resume();
    return line;
  }
  return undefined;
}

const tailChars = 4_000;

function tailOf(stream: Readable): () => string {
  let text = "";
  stream.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString("utf8")).slice(-tailChars);
  });
  return () => text;
}
