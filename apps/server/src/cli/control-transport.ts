/**
 * Carries the typed client's requests over the control socket of a data folder. It speaks only to a socket that
 * belongs to this user: a stranger's socket would be handed venue secrets.
 */
import { once } from "node:events";
import { lstat } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AdminRequest, AdminResponse, AdminTransport } from "@countersign/contract";
import { CliError } from "./failure.ts";

/** Long enough for the venue to say whose a key is. */
export const answerMsMax = 60_000;
export const answerBytesMax = 16_777_216;

/**
 * Builds the transport.
 * @throws CliError (each request) `server-not-running`, `socket-foreign`, `control-failed`.
 */
export function controlTransport(socketPath: string, dataDir: string): AdminTransport {
  return async (request) => {
    await checkOwner(socketPath, dataDir);
    return exchange(socketPath, request).catch((error: NodeJS.ErrnoException) => {
      if (error instanceof CliError) throw error;
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") throw notRunning(socketPath, dataDir);
      throw new CliError("control-failed", `The server at ${socketPath} did not answer: ${error.message}`);
    });
  };
}

function notRunning(socketPath: string, dataDir: string): CliError {
  const start = `countersign serve --data-dir ${dataDir}`;
  return new CliError("server-not-running", `No server answers at ${socketPath}. Start it: ${start}`);
}

async function checkOwner(socketPath: string, dataDir: string): Promise<void> {
  const found = await lstat(socketPath).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") throw notRunning(socketPath, dataDir);
    throw new CliError("control-failed", `Cannot look at ${socketPath}: ${error.message}`);
  });
  const uid = process.getuid?.();
  if (!found.isSocket() || (found.uid !== uid && uid !== 0)) {
    throw new CliError("socket-foreign", `${socketPath} is no socket of this user; nothing was sent to it.`);
  }
}

async function exchange(socketPath: string, { method, path, body }: AdminRequest): Promise<AdminResponse> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    host: "localhost",
    ...(text !== undefined && {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    }),
  };
  const signal = AbortSignal.timeout(answerMsMax);
  const request = httpRequest({ socketPath, method, path, headers, agent: false, signal });
  const answered = once(request, "response") as Promise<[IncomingMessage]>;
  // A break after the head arrives at the response, which is being read then.
  request.on("error", () => {});
  request.end(text);
  const [response] = await answered;
  return readAnswer(response);
}

async function readAnswer(response: IncomingMessage): Promise<AdminResponse> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    byteCount += chunk.length;
    if (byteCount > answerBytesMax) throw new CliError("control-failed", "The server's answer is too long.");
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString("utf8")) };
}

/** Undefined where the answer is no JSON: the typed client then calls it a bad answer. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
