/**
 * The command line as a whole: its commands, its global options, and how it fails. One answer on stdout, everything
 * else on stderr; exit code 0 done, 1 failed, 2 wrongly called.
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { reasonOf } from "../base/log.ts";
import { secretInArguments } from "./argument-secrets.ts";
import { addClientKeyIssue } from "./client-key-issue.ts";
import { addClientKeyList } from "./client-key-list.ts";
import { addClientKeyRevoke } from "./client-key-revoke.ts";
import { addClientKeyShow } from "./client-key-show.ts";
import { CliError, exitDone, exitFailed, exitUsage } from "./failure.ts";
import { addInit } from "./init.ts";
import { addServe } from "./serve.ts";
import { addStatus } from "./status.ts";
import { defaultDataDir } from "./surroundings.ts";
import type { Surroundings } from "./surroundings.ts";
import { addVenueKeyAdd } from "./venue-key-add.ts";
import { addVenueKeyList } from "./venue-key-list.ts";
import { addVenueKeyShow } from "./venue-key-show.ts";

/**
 * Runs one command and returns its exit code; never throws.
 * @param argv the arguments after the program's name.
 */
export async function runCli(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const json = argv.includes("--json");
  try {
    const secret = secretInArguments(argv);
    if (secret !== undefined) throw secret;
    await buildProgram(surroundings, json).parseAsync(argv, { from: "user" });
    return exitDone;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitDone;
    const { code, message, exitCode } = failureOf(error);
    const text = json ? JSON.stringify({ error: { code, message } }) : `error: ${message}`;
    surroundings.err(`${text}\n`);
    return exitCode;
  }
}

function buildProgram(surroundings: Surroundings, json: boolean): Command {
  const program = new Command("countersign")
    .description("Gives every bot its own Binance-format API key and keeps the real one.")
    .version(version(), "--version", "print the version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.out(text),
      // With --json stderr carries the one error document and no help.
      writeErr: (text) => void (json || surroundings.err(text)),
      // runCli says it, in its own shape.
      outputError: () => {},
    })
    .configureHelp({ showGlobalOptions: true })
    .helpCommand(false)
    .addOption(
      new Option("--data-dir <folder>", "the data folder")
        .env("COUNTERSIGN_DATA_DIR")
        .default(defaultDataDir(), "~/.countersign"),
    )
    .option("--json", "answer with one JSON document")
    .addHelpText("after", examples);
  addInit(program, surroundings);
  addServe(program, surroundings);
  addStatus(program, surroundings);
  const venueKey = program.command("venue-key").description("the keys of the exchange, sealed in the vault");
  addVenueKeyAdd(venueKey, surroundings);
  addVenueKeyList(venueKey, surroundings);
  addVenueKeyShow(venueKey, surroundings);
  const clientKey = program.command("client-key").description("the bots' keys");
  addClientKeyIssue(clientKey, surroundings);
  addClientKeyList(clientKey, surroundings);
  addClientKeyShow(clientKey, surroundings);
  addClientKeyRevoke(clientKey, surroundings);
  return program;
}

const examples = `
Examples:
  $ countersign init --venue testnet
  $ countersign serve
  $ countersign client-key issue --label my-bot`;

function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

function failureOf(error: unknown): { code: string; message: string; exitCode: number } {
  if (error instanceof CommanderError) {
    // Without a subcommand commander prints the help itself and has no sentence of its own.
    const message =
      error.code === "commander.help" ? "say which command" : error.message.replace(/^error: /, "");
    return { code: "usage", message, exitCode: exitUsage };
  }
  if (error instanceof CliError) return error;
  const code =
    error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "failed";
  return { code, message: reasonOf(error), exitCode: exitFailed };
}
