// The socket side: node:http on loopback, bodies read up to a limit, answers delivered or withheld, and the
// parser's own failures answered in Binance's form.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Refusal, refusals } from "../errors.ts";
import type { Journal, JournalEntry } from "../journal.ts";
import { jsonType, refusalAnswer, type Answer } from "./answer.ts";
import { serve, type ServeContext } from "./serve.ts";
import { splitTarget } from "./wire.ts";

export const bodyBytesMax = 64 * 1024;
export const headerBytesMax = 32 * 1024;
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
const keepAliveTimeoutMs = 65_000;

export interface ListenerContext extends ServeContext {
  readonly journal: Journal;
  /** Told of every finished request, for a log; undefined is silence. */
  readonly onAnswered?: ((entry: JournalEntry) => void) | undefined;
}

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts to listen; port 0 lets the kernel choose. */
export async function listen(context: ListenerContext, host: string, port: number): Promise<Listener> {
  const server = createServer({ maxHeaderSize: headerBytesMax, keepAlive: true }, (request, response) => {
    // Whatever goes wrong in a hook of the caller's, the client must not wait for ever.
    handle(context, request, response).catch(() => request.socket.destroy());
  });
  server.headersTimeout = headersTimeoutMs;
  server.requestTimeout = requestTimeoutMs;
  server.keepAliveTimeout = keepAliveTimeoutMs;
  server.on("clientError", (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) =>
    answerParserFailure(context, error, socket as Socket),
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}

async function handle(
  context: ListenerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "", url: target = "" } = request;
  const headers = request.headers as Record<string, string | undefined>;
  const entry = context.journal.open({
    atMs: context.clock.nowMs(),
    method,
    target,
    headers: {
      apiKey: headers["x-mbx-apikey"],
      contentType: headers["content-type"],
      userAgent: headers["user-agent"],
    },
    remotePort: request.socket.remotePort,
  });
  let body: string | undefined;
  try {
    body = await readBody(request);
  } catch {
    // The client went away in the middle of its own request: there is nobody to answer.
    return;
  }
  if (body === undefined) return tooLarge(response, entry);
  entry.body = body;
  const remoteAddress = request.socket.remoteAddress ?? "";
  const arrival = { method, ...splitTarget(target), body, headers, remoteAddress };
  const delivery = await serve(context, arrival, entry);
  context.onAnswered?.(entry);
  switch (delivery.kind) {
    case "answer":
      return send(response, delivery.answer);
    case "half-answer":
      return sendHalf(response, delivery.answer);
    case "hang":
      return;
    case "reset":
      request.socket.resetAndDestroy();
      return;
    default:
      delivery satisfies never;
  }
}

/** The whole body, one character a byte; undefined if it is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("latin1");
}

function tooLarge(response: ServerResponse, entry: JournalEntry): void {
  const refusal = new Refusal(-1000, 413, "Request body is too large.");
  entry.outcome.status = refusal.httpStatus;
  entry.outcome.code = refusal.code;
  send(response, refusalAnswer(refusal, { connection: "close" }));
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    ...answer.headers,
    "content-length": String(Buffer.byteLength(answer.body)),
  });
  response.end(answer.body);
}

function sendHalf(response: ServerResponse, answer: Answer): void {
  const bytes = Buffer.from(answer.body);
  response.writeHead(answer.status, { ...answer.headers, "content-length": String(bytes.length) });
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.socket?.destroy());
}

/** Node refused the bytes before any handler saw them; Binance would still answer JSON. */
function answerParserFailure(
  context: ListenerContext,
  error: NodeJS.ErrnoException & { rawPacket?: Buffer },
  socket: Socket,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const requestLine = error.rawPacket?.toString("latin1").split("\r\n", 1)[0] ?? "";
  const refusal = parserRefusal(error, requestLine);
  const entry = context.journal.open({
    atMs: context.clock.nowMs(),
    method: requestLine.split(" ", 1)[0] ?? "",
    target: requestLine.split(" ").slice(1, -1).join(" "),
    headers: { apiKey: undefined, contentType: undefined, userAgent: undefined },
    remotePort: socket.remotePort,
  });
  entry.outcome.status = refusal.httpStatus;
  entry.outcome.code = refusal.code;
  const body = JSON.stringify({ code: refusal.code, msg: refusal.message });
  socket.end(
    `HTTP/1.1 ${refusal.httpStatus} ${refusal.httpStatus === 431 ? "Request Header Fields Too Large" : "Bad Request"}\r\n` +
      `content-type: ${jsonType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function parserRefusal(error: NodeJS.ErrnoException, requestLine: string): Refusal {
  if (error.code === "HPE_HEADER_OVERFLOW") return new Refusal(-1000, 431, "Request header is too large.");
  // Raw UTF-8 in a signed target: since January 2026 the signature of such a request is never valid.
  if (/[^\0-\x7f]/.test(requestLine) && requestLine.includes("signature=")) return refusals.signature();
  return refusals.illegalCharacters();
}
