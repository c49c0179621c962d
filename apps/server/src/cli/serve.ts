/** `countersign serve`: runs the server of a data folder until SIGINT or SIGTERM; SIGHUP reads certificates again. */
import type { Command } from "commander";
import { systemClock } from "../base/clock.ts";
import { readConfig } from "../base/config.ts";
import { createLog, reasonOf } from "../base/log.ts";
import type { Log } from "../base/log.ts";
import { systemRandom } from "../base/random.ts";
import { contextOf } from "./context.ts";
import type { RunningServer } from "./house.ts";
import type { Surroundings } from "./surroundings.ts";

export function addServe(program: Command, surroundings: Surroundings): void {
  program
    .command("serve")
    .summary("run the server")
    .description("Runs the server until SIGINT or SIGTERM. SIGHUP reads the certificate files again.")
    .addHelpText("after", examples)
    .action(async (_options: object, command: Command) => {
      const context = contextOf(command, surroundings);
      const { logLevel } = await readConfig(context.dataDir);
      const log = createLog(logLevel);
      // Listened to before the start, so that an early signal ends the server instead of breaking it off.
      const ended = endSignal();
      const house = await surroundings.house();
      const parts = { dataDir: context.dataDir, log, clock: systemClock, random: systemRandom };
      const server = await house.startServer(parts);
      const reload = () => reloadTls(server, log);
      process.on("SIGHUP", reload);
      const { dataUrl, controlUrl, socketPath } = server;
      context.answer(
        { dataUrl, controlUrl, socketPath },
        `Countersign is ready: bots connect to ${dataUrl}, health is at ${controlUrl}/healthz.`,
      );
      log.info("ending", { signal: await ended });
      await server.close();
      process.off("SIGHUP", reload);
    });
}

const examples = `
Examples:
  $ countersign serve
  $ countersign serve --data-dir /var/lib/countersign --json`;

/** Resolves at the first signal; a second one finds no handler and ends the process at once. */
function endSignal(): Promise<string> {
  return new Promise((done) => {
    const signals = ["SIGINT", "SIGTERM"] as const;
    const end = (signal: NodeJS.Signals) => {
      for (const each of signals) process.off(each, end);
      done(signal);
    };
    for (const each of signals) process.on(each, end);
  });
}

function reloadTls(server: RunningServer, log: Log): void {
  try {
    server.reloadTls();
    log.info("certificate files were read again");
  } catch (error) {
    log.error("certificate files could not be read; the old ones stay in use", { reason: reasonOf(error) });
  }
}
