/**
 * Where everything meets: builds the server by hand, top to bottom, and takes it apart in the other order.
 * No other file sees every room.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Registry } from "@prometheus-io/client";
import { importSigner } from "@countersign/signing";
import { startControl } from "./admin/control.ts";
import { UnusableSecret, VenueRefusal } from "./admin/rooms.ts";
import type { Identify } from "./admin/rooms.ts";
import { systemClock, verifyingClock } from "./base/clock.ts";
import type { Clock } from "./base/clock.ts";
import { ConfigError, configFileName, readConfig, writeConfig } from "./base/config.ts";
import type { Config } from "./base/config.ts";
import { killAt, noFailpoint, parseFailpointName } from "./base/failpoint.ts";
import type { FailpointName } from "./base/failpoint.ts";
import { createLog, reasonOf } from "./base/log.ts";
import type { Log } from "./base/log.ts";
import { systemRandom } from "./base/random.ts";
import type { Random } from "./base/random.ts";
import { judgeRuntime } from "./base/runtime.ts";
import { acceptedOnce } from "./gateway/accepted-once.ts";
import type { Arrival } from "./gateway/arrival.ts";
import { handle } from "./gateway/handle.ts";
import type { Gateway } from "./gateway/handle.ts";
import { listen } from "./gateway/listen.ts";
import { observer } from "./gateway/observe.ts";
import { refuser } from "./gateway/refuse.ts";
import { openClientKeys } from "./keys/client-keys.ts";
import type { ClientKeys } from "./keys/client-keys.ts";
import { openVenueKeys } from "./keys/venue-keys.ts";
import type { VenueKeys } from "./keys/venue-keys.ts";
import { openStore } from "./storage/open.ts";
import { createKeyring, keyringFileName, openKeyring } from "./vault/keyring.ts";
import { venueOrigin } from "./venue/hosts.ts";
import { identifyAccount, IdentifyError } from "./venue/identify.ts";
import { openVenue } from "./venue/venue.ts";
import type { Venue } from "./venue/venue.ts";

/** Matches package.json; a test keeps it so. */
export const version = "0.1.0";

/** The database's file in the data folder. */
export const databaseFileName = "countersign.db";
/** Names the failpoint at which the process kills itself: for crash tests, never set otherwise. */
export const failpointVariable = "COUNTERSIGN_FAILPOINT";

export interface InitialiseOptions {
  readonly dataDir: string;
  readonly config: Config;
  /** Where the file that unseals the keyring goes; in the data folder unless named. */
  readonly keyFilePath?: string;
  readonly clock?: Clock;
  readonly random?: Random;
}

/**
 * Makes a data folder (0700) with configuration, keyring and database. Overwrites nothing.
 * @throws ConfigError `config-exists` when the folder holds an installation already; VaultError, StoreError.
 */
export async function initialise(options: InitialiseOptions): Promise<void> {
  const { dataDir, config, keyFilePath, clock = systemClock, random = systemRandom } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  for (const name of [configFileName, keyringFileName, databaseFileName]) {
    if (existsSync(join(dataDir, name)))
      throw new ConfigError("config-exists", `${dataDir} holds an installation already (${name})`);
  }
  createKeyring({ dataDir, random, ...(keyFilePath !== undefined && { keyFilePath }) });
  const store = await openStore({ path: join(dataDir, databaseFileName), clock, log: createLog("warn") });
  await store.close();
  // Last: a folder with a configuration is one that is complete.
  await writeConfig(dataDir, config);
}

export interface StartOptions {
  readonly dataDir: string;
  /** Made from the configuration's level unless given. */
  readonly log?: Log;
  readonly clock?: Clock;
  readonly random?: Random;
  /** How long a venue may take to answer, milliseconds. */
  readonly answerMsMax?: number;
  readonly failpoint?: FailpointName | undefined;
}

export interface RunningServer {
  /** The bots' base URL. */
  readonly dataUrl: string;
  readonly controlUrl: string;
  readonly socketPath: string;
  readonly clientKeys: ClientKeys;
  readonly venueKeys: VenueKeys;
  reloadTls(): void;
  /** Lets requests in flight finish, makes their outcomes durable, closes. */
  close(): Promise<void>;
}

/** Starts the server of a data folder. @throws ConfigError, VaultError, StoreError and listener errors, each in words. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { dataDir, clock = systemClock, random = systemRandom, answerMsMax } = options;
  const config = await readConfig(dataDir);
  const log = options.log ?? createLog(config.logLevel);
  checkRuntime(log);
  const armed = options.failpoint ?? failpointOf(process.env[failpointVariable]);
  if (armed !== undefined) log.warn("a failpoint is armed: this process will kill itself there", { armed });
  const failpoint = armed === undefined ? noFailpoint : killAt(armed);

  const path = join(dataDir, databaseFileName);
  if (!existsSync(path)) throw new Error(`There is no ${path}. Make an installation: countersign init`);
  const rootKeys = openKeyring({ dataDir });
  const store = await openStore({ path, clock, log, failpoint: armed });
  const { journal } = store;
  const verifying = verifyingClock(clock, await journal.newestEntryMs());
  const keyParts = { rootKeys, clock, random, log };
  const realm = config.venue === "sandbox" ? "sandbox" : "live";
  const venueKeys = await openVenueKeys({ ...keyParts, store: store.venueKeys, venue: config.venue });
  const clientKeys = await openClientKeys({ ...keyParts, store: store.clientKeys, venueKeys, realm });

  const origin = venueOrigin(config.venue, config.venueUrl);
  const pace = answerMsMax === undefined ? {} : { answerMsMax };
  const venue = openVenue({ name: config.venue, origin, clock: verifying, log, ...pace });
  await venue.clock.start();

  const gateway: Gateway = {
    clock: verifying,
    clientKeys,
    venueSigner: (venueKeyId) => venueKeys.signerFor(venueKeyId),
    venue,
    journal,
    random,
    failpoint,
    log,
    acceptedOnce: acceptedOnce({
      clock: verifying,
      known: await journal.mutationsExpiringAfter(verifying.nowMs()),
    }),
    refuse: refuser({ journal, clock: verifying, log }),
  };
  const registry = new Registry();
  const observe = observer({
    registry,
    clock,
    log,
    gauges: {
      connections: () => listener.connections(),
      inFlight: () => venue.inFlight(),
      payloadsRemembered: () => gateway.acceptedOnce.size(),
      journalAvailable: () => journal.available(),
      clockSteady: () => verifying.steady(),
    },
  });
  const listener = await listen({
    host: config.listen.host,
    port: config.listen.port,
    tls: config.listen.tls,
    random,
    log,
    async answer(arrival: Arrival) {
      const begunMs = clock.monotonicMs();
      const answer = await handle(arrival, gateway);
      observe.answered(arrival, answer, begunMs);
      return answer;
    },
    sent(arrival) {
      if (arrival.method !== "GET") failpoint("answer-sent");
    },
  });
  const control = await startControl({
    dataDir,
    control: config.control,
    clientKeys,
    venueKeys,
    identify: identifier(venue),
    async facts() {
      const { entries, intents, unknown } = await store.facts();
      return {
        version,
        venue: config.venue,
        venueReachable: venue.reachable() ?? null,
        dataUrl: listener.url,
        journal: { available: journal.available(), entries, intents, unknown },
        clock: { steady: verifying.steady(), venueOffsetMs: venue.clock.offsetMs() ?? null },
      };
    },
    health: () => ({ journalAvailable: journal.available(), clockSteady: verifying.steady() }),
    metrics: registry,
    clock,
    log,
  });
  log.info("serving", { dataUrl: listener.url, controlUrl: control.controlUrl, venue: config.venue, origin });

  return {
    dataUrl: listener.url,
    controlUrl: control.controlUrl,
    socketPath: control.socketPath,
    clientKeys,
    venueKeys,
    reloadTls: () => listener.reloadTls(),
    async close() {
      await listener.close();
      await control.close();
      await venue.close();
      await store.close();
      log.info("stopped");
    },
  };
}

function failpointOf(text: string | undefined): FailpointName | undefined {
  return text === undefined || text === "" ? undefined : parseFailpointName(text);
}

function checkRuntime(log: Log): void {
  const { node } = process.versions;
  const verdict = judgeRuntime(node);
  if (verdict === "unfit") throw new Error(`Node ${node} is too old: Countersign needs 24.15 or newer`);
  if (verdict === "unpatched")
    log.warn("this Node lacks known security fixes: use it for development only", { node });
}

/** The control plane hands a new venue key in; the venue itself says whose it is before the vault takes it. */
function identifier(venue: Venue): Identify {
  return async ({ algorithm, apiKey, secret }) => {
    const text = secret.reveal();
    const material = algorithm === "HMAC" ? { algorithm, secret: text } : { algorithm, privateKeyPem: text };
    const signer = await importSigner(material).catch((error: unknown) => {
      throw new UnusableSecret(reasonOf(error));
    });
    try {
      return await identifyAccount(venue, { apiKey, signer });
    } catch (error) {
      if (error instanceof IdentifyError && error.venueCode !== undefined) {
        throw new VenueRefusal(error.venueCode, error.message);
      }
      throw error;
    }
  };
}
