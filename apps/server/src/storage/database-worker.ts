/**
 * The thread that owns the database. It answers questions one at a time, in the order they came,
 * so that nothing on the connection ever overlaps; it decides nothing.
 */
import { parentPort, workerData } from "node:worker_threads";
import { killAt, noFailpoint } from "../base/failpoint.ts";
import { openDatabase } from "./database.ts";
import type { CallMessage, DatabaseHandlers, WorkerMessage, WorkerStart } from "./protocol.ts";
import { plainError } from "./store-error.ts";

const port = parentPort;
if (port === null) throw new Error("the database worker runs in a worker thread only");

const say = (message: WorkerMessage): void => port.postMessage(message);

try {
  const start = workerData as WorkerStart;
  const { handlers } = await openDatabase({
    path: start.path,
    startedAt: start.startedAt,
    failpoint: start.failpoint === undefined ? noFailpoint : killAt(start.failpoint),
    note: (message) => say({ kind: "note", message }),
  });
  let last = Promise.resolve();
  port.on("message", (message: CallMessage) => {
    last = last.then(() => answer(handlers, message));
  });
  say({ kind: "ready" });
} catch (error) {
  say({ kind: "refused", error: plainError(error) });
}

async function answer(handlers: DatabaseHandlers, { id, name, input }: CallMessage): Promise<void> {
  try {
    // The link pairs each name with its input's type; here they arrive as data.
    const handler = handlers[name] as (input: unknown) => Promise<unknown>;
    const output = await handler(input);
    say({ kind: "answer", id, output });
  } catch (error) {
    say({ kind: "failure", id, error: plainError(error) });
  }
  if (name === "close") port?.close();
}
