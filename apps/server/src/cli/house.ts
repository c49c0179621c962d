/**
 * What the commands need of the server: to make a data folder and to run in it. Loaded only by the commands that do,
 * so that the others start fast and pull in neither database nor network.
 */
import type { Clock } from "../base/clock.ts";
import type { Config } from "../base/config.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";

export interface RunningServer {
  /** The bots' base URL. */
  readonly dataUrl: string;
  readonly controlUrl: string;
  readonly socketPath: string;
  /** Reads the certificate files again; the old ones stay in use where that fails. */
  reloadTls(): void;
  close(): Promise<void>;
}

export interface House {
  /** Makes folder, configuration, keyring and database; overwrites nothing. */
  initialise(parts: {
    dataDir: string;
    config: Config;
    keyFilePath?: string;
    clock: Clock;
    random: Random;
  }): Promise<void>;
  startServer(parts: { dataDir: string; log: Log; clock: Clock; random: Random }): Promise<RunningServer>;
}

/** Loads the one module that builds everything. */
export function loadHouse(): Promise<House> {
  return import("../main.ts");
}
