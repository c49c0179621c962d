/**
 * The data folder and the files in it are its owner's alone: made so, and refused when they are wider.
 * Refused, not tightened: who opened them may have had a reason that an operator should hear of.
 */
import { closeSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { StoreError } from "./store-error.ts";

const folderMode = 0o700;
const fileMode = 0o600;
const otherUsersMask = 0o077;

/** Makes the folder 0700 if it is missing. @throws StoreError `folder-mode` */
export function preparePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: folderMode });
  const facts = lstatSync(path);
  if (!facts.isDirectory()) throw new StoreError("folder-mode", `${path} is no folder`);
  if ((facts.mode & otherUsersMask) !== 0) {
    throw new StoreError("folder-mode", `others may enter ${path}: its mode must be 0700 (chmod 700)`);
  }
}

/** Makes an empty file 0600 if it is missing; never opens one that is there. @throws StoreError `file-mode` */
export function createPrivateFile(path: string): void {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts === undefined) {
    closeSync(openSync(path, "wx", fileMode));
    return;
  }
  if (!facts.isFile()) throw new StoreError("file-mode", `${path} is no regular file`);
  if ((facts.mode & otherUsersMask) !== 0) {
    throw new StoreError("file-mode", `others may read ${path}: its mode must be 0600 (chmod 600)`);
  }
}
