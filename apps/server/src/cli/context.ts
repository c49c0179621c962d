/** What every command gets: the global options, its surroundings, and a way to answer as text or as one JSON document. */
import { join, resolve } from "node:path";
import { adminClient } from "@countersign/contract";
import type { AdminClient } from "@countersign/contract";
import type { Command } from "commander";
import { controlSocketName } from "../base/config.ts";
import { controlTransport } from "./control-transport.ts";
import type { Surroundings } from "./surroundings.ts";

export interface CliContext {
  readonly dataDir: string;
  readonly json: boolean;
  readonly surroundings: Surroundings;
  /** The running server of this data folder. */
  readonly admin: AdminClient;
  /** Answers once: `value` with --json, else `text`. */
  answer(value: unknown, text: string): void;
}

interface GlobalOptions {
  readonly dataDir: string;
  readonly json?: boolean;
}

export function contextOf(command: Command, surroundings: Surroundings): CliContext {
  const options = command.optsWithGlobals<GlobalOptions>();
  const dataDir = resolve(options.dataDir);
  const json = options.json === true;
  return {
    dataDir,
    json,
    surroundings,
    admin: adminClient(controlTransport(join(dataDir, controlSocketName), dataDir)),
    answer: (value, text) => surroundings.out(`${json ? JSON.stringify(value) : text}\n`),
  };
}
