/**
 * The request thread's end of the wire to the database worker: a question is a promise. When the worker dies,
 * every question fails, now and from then on; the process lives.
 */
import { Worker } from "node:worker_threads";
import type { Log } from "../base/log.ts";
import type { CallName, DatabaseCalls, WorkerMessage, WorkerStart } from "./protocol.ts";
import { StoreError } from "./store-error.ts";

/** Questions that may wait for the worker; journal batches go one at a time and count as one. */
export const callsWaitingMax = 256;

export interface DatabaseLink {
  /** @throws StoreError with the worker's code, `too-many-waiting`, `store-closed` or `store-failed` */
  call<Name extends CallName>(
    name: Name,
    input: DatabaseCalls[Name]["input"],
  ): Promise<DatabaseCalls[Name]["output"]>;
  /** Called once, when the worker has died without being told to. */
  onDeath(listener: () => void): void;
  /** Closes the database and ends the worker. */
  close(): Promise<void>;
  /** Ends the worker without closing anything, as a crash would. */
  terminate(): Promise<void>;
}

interface Waiting {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: StoreError) => void;
}

/** Starts the worker and waits until its database is open. @throws StoreError why it is not */
export async function startDatabaseWorker(start: WorkerStart, log: Log): Promise<DatabaseLink> {
  const worker = new Worker(new URL("./database-worker.ts", import.meta.url), { workerData: start });
  const waiting = new Map<number, Waiting>();
  const deathListeners: (() => void)[] = [];
  const opened = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<void>();
  let ended: StoreError | undefined;
  let closing = false;
  let nextId = 1;

  const end = (error: StoreError): void => {
    if (ended !== undefined) return;
    ended = error;
    opened.reject(error);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    if (!closing) for (const listener of deathListeners) listener();
  };

  const settle = (id: number): Waiting | undefined => {
    const found = waiting.get(id);
    waiting.delete(id);
    return found;
  };

  worker.on("message", (message: WorkerMessage) => {
    switch (message.kind) {
      case "ready":
        return opened.resolve();
      case "refused":
        return end(new StoreError(message.error.code, message.error.message));
      case "note":
        return log.warn(message.message);
      case "answer":
        return settle(message.id)?.resolve(message.output);
      case "failure":
        return settle(message.id)?.reject(new StoreError(message.error.code, message.error.message));
      default:
        message satisfies never;
    }
  });
  worker.on("error", (error) => {
    log.error("the database worker failed", {
      reason: error instanceof Error ? error.message : String(error),
    });
    end(new StoreError("store-failed", "the database worker failed"));
  });
  worker.on("exit", () => {
    end(
      closing
        ? new StoreError("store-closed", "the store is closed")
        : new StoreError("store-failed", "the database worker ended"),
    );
    exited.resolve();
  });

  const ask = (name: CallName, input: unknown): Promise<unknown> => {
    if (ended !== undefined) return Promise.reject(ended);
    if (waiting.size >= callsWaitingMax) {
      return Promise.reject(new StoreError("too-many-waiting", "too many questions wait for the database"));
    }
    const id = nextId;
    nextId += 1;
    const answered = Promise.withResolvers<unknown>();
    waiting.set(id, answered);
    worker.postMessage({ id, name, input }, []);
    return answered.promise;
  };

  const link: DatabaseLink = {
    call: (name, input) => ask(name, input) as Promise<DatabaseCalls[typeof name]["output"]>,
    onDeath: (listener) => void deathListeners.push(listener),
    async close() {
      if (!closing && ended === undefined) {
        const asked = ask("close", null);
        closing = true;
        await asked;
      }
      await exited.promise;
    },
    async terminate() {
      await worker.terminate();
    },
  };

  try {
    await opened.promise;
    return link;
  } catch (error) {
    await exited.promise;
    throw error;
  }
}
