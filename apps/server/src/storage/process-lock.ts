/**
 * One process a database: an exclusive transaction held on a small database beside it. The kernel lets go of it
 * however the process ends. Nothing else may open the lock file: closing any descriptor on it would drop the lock.
 */
import { DatabaseSync } from "node:sqlite";
import { createPrivateFile } from "./private-path.ts";
import { StoreError } from "./store-error.ts";

/** Takes the lock and gives the function that lets it go. @throws StoreError `store-in-use`, `file-mode` */
export function takeProcessLock(databasePath: string): () => void {
  const path = `${databasePath}.lock`;
  createPrivateFile(path);
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch {
    lock.close();
    throw new StoreError("store-in-use", `another process has ${databasePath} open`);
  }
  return () => lock.close();
}
