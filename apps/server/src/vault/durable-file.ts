/**
 * Small secret files that must be whole, private and on disk before anyone relies on them. Nothing is overwritten.
 */
import { closeSync, constants, fsyncSync, linkSync, openSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const privateMode = 0o600;

/** A new file that appears whole or not at all, mode 0600. @throws Error (`EEXIST`) when the path is taken. */
export function writeNewFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.new`;
  const file = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, privateMode);
  try {
    writeSync(file, text);
    fsyncSync(file);
    // A link, unlike a rename, never replaces what is there.
    linkSync(temporary, path);
  } finally {
    closeSync(file);
    unlinkSync(temporary);
  }
  syncFolder(dirname(path));
}

function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
