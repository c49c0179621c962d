/** `countersign init`: makes the data folder with configuration, keyring and database. Overwrites nothing. */
import { join, resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { systemClock } from "../base/clock.ts";
import { checkConfig, configFileName } from "../base/config.ts";
import { systemRandom } from "../base/random.ts";
import { contextOf } from "./context.ts";
import { usageError } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";

interface InitOptions {
  readonly venue: string;
  readonly venueUrl?: string;
  readonly host: string;
  readonly port: number;
  readonly controlPort: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly sealKeyFile?: string;
}

export function addInit(program: Command, surroundings: Surroundings): void {
  program
    .command("init")
    .summary("make the data folder")
    .description("Makes the data folder: configuration, keyring and database. Overwrites nothing.")
    .addOption(
      new Option("--venue <name>", "the exchange behind Countersign")
        .choices(["binance", "testnet", "demo", "sandbox"])
        .makeOptionMandatory(),
    )
    .option("--venue-url <url>", "where the sandbox listens (sandbox only)")
    .option("--host <address>", "where bots connect", "127.0.0.1")
    .option("--port <number>", "the port bots connect to; 0 lets the kernel choose", portNumber, 8080)
    .option("--control-port <number>", "the port of health and metrics", portNumber, 8081)
    .option("--tls-cert <file>", "certificate file; needed where --host is not loopback")
    .option("--tls-key <file>", "its private key's file")
    .option(
      "--seal-key-file <file>",
      "where the key that seals the keyring goes (default: in the data folder)",
    )
    .addHelpText("after", examples)
    .action(async (options: InitOptions, command: Command) => {
      const context = contextOf(command, surroundings);
      const config = checkConfig(configFrom(options));
      const house = await surroundings.house();
      await house.initialise({
        dataDir: context.dataDir,
        config,
        ...(options.sealKeyFile !== undefined && { keyFilePath: resolve(options.sealKeyFile) }),
        clock: systemClock,
        random: systemRandom,
      });
      const configFile = join(context.dataDir, configFileName);
      context.answer(
        { dataDir: context.dataDir, configFile, venue: config.venue },
        [
          `Made ${context.dataDir} for ${config.venue}.`,
          "",
          "Next:",
          `  countersign serve --data-dir ${context.dataDir}`,
          `  countersign venue-key add --data-dir ${context.dataDir} --label main --api-key KEY`,
        ].join("\n"),
      );
    });
}

const examples = `
Examples:
  $ countersign init --venue testnet
  $ countersign init --venue sandbox --venue-url http://127.0.0.1:9090 --port 0
  $ countersign init --venue binance --host 10.0.0.5 --tls-cert cert.pem --tls-key key.pem`;

function configFrom(options: InitOptions): object {
  const { venue, venueUrl, host, port, controlPort, tlsCert, tlsKey } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw usageError("--tls-cert and --tls-key go together.");
  }
  const tls = tlsCert === undefined || tlsKey === undefined ? undefined : filesOf(tlsCert, tlsKey);
  return {
    venue,
    ...(venueUrl !== undefined && { venueUrl }),
    listen: { host, port, ...(tls !== undefined && { tls }) },
    control: { host: "127.0.0.1", port: controlPort },
  };
}

/** What is typed is relative to where one stands; what the file says would be relative to the data folder. */
function filesOf(certFile: string, keyFile: string): object {
  return { certFile: resolve(certFile), keyFile: resolve(keyFile) };
}

function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError("Give 0 to 65535.");
  return Number(text);
}
