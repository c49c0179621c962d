/** Runs the command: as its user does, in a process of its own, or in this one with someone to stand in for the user. */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { runCli } from "../../src/cli/program.ts";
import type { Surroundings } from "../../src/cli/surroundings.ts";

export const commandFile = resolve(import.meta.dirname, "../../src/cli/countersign.ts");

export interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function start(
  args: readonly string[],
  { env = {}, file = commandFile }: { env?: Record<string, string>; file?: string } = {},
): ChildProcessWithoutNullStreams {
  const { PATH = "" } = process.env;
  // A home of its own, so that no test can meet a real data folder.
  return spawn(process.execPath, [file, ...args], {
    env: { PATH, HOME: "/nonexistent", NO_COLOR: "1", ...env },
  });
}

/** Everything it says until it ends. */
export async function outcomeOf(child: ChildProcessWithoutNullStreams): Promise<Ran> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const [exitCode] = (await once(child, "close")) as [number | null];
  return {
    exitCode,
    stdout: Buffer.concat(out).toString("utf8"),
    stderr: Buffer.concat(err).toString("utf8"),
  };
}

/** @param stdin what it reads; nothing unless given. */
export async function run(
  args: readonly string[],
  { stdin = "", env = {} }: { stdin?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const child = start(args, { env });
  // A command that refuses before it reads closes its end first.
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  return outcomeOf(child);
}

/** Runs the command in this process; nobody can be asked, unless `over` brings someone. */
export async function runHere(
  args: readonly string[],
  { stdin = "", over = {} }: { stdin?: string; over?: Partial<Surroundings> } = {},
): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  const nobody = () => Promise.reject(new Error("nobody is there to be asked"));
  const exitCode = await runCli(args, {
    stdin: Readable.from([Buffer.from(stdin)]),
    interactive: false,
    out: (text) => void (stdout += text),
    err: (text) => void (stderr += text),
    askHidden: nobody,
    askYes: nobody,
    house: () => Promise.reject(new Error("no server is built here")),
    ...over,
  });
  return { exitCode, stdout, stderr };
}

/** The one document that stands on a stream. */
export function documentIn(text: string): unknown {
  const [line, ...rest] = text.split("\n");
  if (line === undefined || rest.join("") !== "") throw new Error(`not exactly one line: ${text}`);
  return JSON.parse(line);
}
