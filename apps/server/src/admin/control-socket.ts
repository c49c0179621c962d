/**
 * Takes `<dataDir>/control.sock` for this process: readable and writable by its owner alone. The socket of a dead
 * process is replaced; a live one, and anything there that is no socket of ours, is refused and left alone.
 */
import { chmod, lstat, unlink } from "node:fs/promises";
import type { Server } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { controlSocketName } from "../base/config.ts";
import { ControlError } from "./control-error.ts";

/** What the shortest `sun_path` among the systems we run on holds (macOS: 104 with its end mark). */
export const socketPathBytesMax = 103;

/**
 * Makes `server` listen on the data folder's socket and returns its path.
 * @throws ControlError `socket-path-too-long`, `socket-foreign`, `socket-in-use`, `listen-failed`.
 */
export async function listenOnSocket(server: Server, dataDir: string): Promise<string> {
  const path = join(dataDir, controlSocketName);
  if (Buffer.byteLength(path) > socketPathBytesMax) {
    const message = `${path} is too long for a socket (${socketPathBytesMax} bytes at most): choose a shorter data folder.`;
    throw new ControlError("socket-path-too-long", message);
  }
  await removeStale(path);
  await new Promise<void>((done, fail) => {
    server.once("error", (error) =>
      fail(new ControlError("listen-failed", `Cannot listen on ${path}: ${error.message}`)),
    );
    // Binding happens inside listen(), so the socket never exists with wider rights than these.
    const umaskBefore = process.umask(0o177);
    try {
      server.listen(path, done);
    } finally {
      process.umask(umaskBefore);
    }
  });
  await chmod(path, 0o600);
  return path;
}

async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new ControlError("listen-failed", `Cannot look at ${path}: ${error.message}`);
  });
  if (found === undefined) return;
  if (!found.isSocket() || found.uid !== process.getuid?.()) {
    throw new ControlError(
      "socket-foreign",
      `${path} is there and is no socket of this user; it is left alone.`,
    );
  }
  if (await answers(path)) {
    throw new ControlError("socket-in-use", `Another server already answers at ${path}.`);
  }
  await unlink(path);
}

/** False only where nobody listens any more; whatever is unclear counts as alive. */
async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    return await new Promise<boolean>((done) => {
      socket.once("connect", () => done(true));
      socket.once("error", (error: NodeJS.ErrnoException) => done(error.code !== "ECONNREFUSED"));
    });
  } finally {
    socket.destroy();
  }
}
