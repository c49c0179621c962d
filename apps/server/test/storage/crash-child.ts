/**
 * A process for the crash tests: writes intents (and an outcome each) as fast as it can, and prints a line for each
 * acknowledgement, after it. It ends when it is killed. Arguments: database path, prefix of names, failpoint.
 */
import { writeSync } from "node:fs";
import { argv } from "node:process";
import { parseFailpointName } from "../../src/base/failpoint.ts";
import { createLog } from "../../src/base/log.ts";
import { openStore } from "../../src/storage/open.ts";
import { burstIntent, burstOutcome } from "./burst.ts";

const [, , path = "", prefix = "", failpoint] = argv;
const callers = 32;

const store = await openStore({
  path,
  clock: { wallMs: () => 0, monotonicMs: () => 0 },
  log: createLog("silent"),
  failpoint: failpoint === undefined ? undefined : parseFailpointName(failpoint),
});

async function callForEver(caller: number): Promise<void> {
  for (let count = 0; ; count += 1) {
    const name = `${prefix}-${caller}-${count}`;
    await store.journal.recordIntent(burstIntent(name));
    writeSync(1, `intent ${name}\n`);
    await store.journal.recordOutcome(burstOutcome(name));
    writeSync(1, `outcome ${name}\n`);
  }
}

await Promise.all(Array.from({ length: callers }, (_, caller) => callForEver(caller)));
