/** What a command sees of the world: streams, environment, and a person to ask. Passed in, so that tests can stand in. */
import { homedir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { cancel, confirm, password } from "@clack/prompts";
import { CliError } from "./failure.ts";
import { loadHouse } from "./house.ts";
import type { House } from "./house.ts";

export interface Surroundings {
  readonly stdin: Readable;
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  /** Writes to stdout: what the command answers. */
  out(text: string): void;
  /** Writes to stderr: everything else. */
  err(text: string): void;
  /** Asks without showing what is typed. @throws CliError `cancelled`. */
  askHidden(question: string): Promise<string>;
  /** @throws CliError `cancelled`. */
  askYes(question: string): Promise<boolean>;
  house(): Promise<House>;
}

/** `~/.countersign`, unless an option or `COUNTERSIGN_DATA_DIR` says otherwise. */
export function defaultDataDir(): string {
  return join(homedir(), ".countersign");
}

/** This process's own. Questions go to stderr, so that stdout carries answers only. */
export const processSurroundings: Surroundings = {
  stdin: process.stdin,
  interactive: process.stdin.isTTY && process.stderr.isTTY,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  askHidden: async (message) => answerOf<string>(await password({ message, output: process.stderr })),
  askYes: async (message) =>
    answerOf<boolean>(await confirm({ message, initialValue: false, output: process.stderr })),
  house: loadHouse,
};

function answerOf<T extends string | boolean>(answer: T | symbol): T {
  if (typeof answer !== "symbol") return answer;
  cancel("Nothing was changed.", { output: process.stderr });
  throw new CliError("cancelled", "Cancelled.");
}
