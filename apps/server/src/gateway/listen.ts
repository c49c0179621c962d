/**
 * ① The door of the data plane: takes bytes off the socket within bounds, makes an `Arrival` of them and sends the
 * answer. It reads no parameter and knows no endpoint. Whatever Node's parser makes of a bad request, the answer is
 * Binance-shaped JSON, and after broken framing the connection is closed.
 */
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TlsFiles } from "../base/config.ts";
import { reasonOf } from "../base/log.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Answer } from "./answer.ts";
import type { Arrival } from "./arrival.ts";
import { doorman, requestsMax } from "./doorman.ts";
import { Refusal, refusalAnswer } from "./refusal.ts";
import { loadTls, watchTls } from "./tls-files.ts";

/** Bounds of the door. */
export const doorLimits = {
  headersMsMax: 5_000,
  requestMsMax: 10_000,
  checkEveryMs: 1_000,
  /** Longer than the usual load balancer's, so that it is not us who closes a connection just as a request comes. */
  keepAliveMs: 75_000,
  /** A peer that neither sends nor reads for so long is gone. */
  silenceMsMax: 120_000,
  headerBytesMax: 16_384,
  headersMax: 64,
  bodyBytesMax: 8_192,
  /** Requests that may still finish when the server stops. */
  drainMsMax: 15_000,
} as const;

/** Headers that decide something: sent twice, two readers could obey two different ones. */
const decidingHeaders = new Set([
  "host",
  "x-mbx-apikey",
  "x-mbx-time-unit",
  "x-mbx-sbe",
  "content-type",
  "content-length",
  "content-encoding",
  "transfer-encoding",
]);

export interface ListenOptions {
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  readonly tls: TlsFiles | undefined;
  readonly answer: (arrival: Arrival) => Promise<Answer>;
  /** Called when an answer has been handed to the operating system. */
  readonly sent?: (arrival: Arrival) => void;
  readonly random: Random;
  readonly log: Log;
  /** Other waits than the door's own; for tests that cannot wait so long. */
  readonly waits?: DoorWaits;
}

/** How long a request may take to arrive, and how often that is looked at; in milliseconds. */
export type DoorWaits = Readonly<Record<"headersMsMax" | "requestMsMax" | "checkEveryMs", number>>;

export interface Listener {
  readonly url: string;
  readonly connections: () => number;
  /** Reads the certificate files again; a file that cannot be used leaves the old ones in force. */
  reloadTls(): void;
  /** Takes no more connections, lets requests in flight finish, then closes. */
  close(): Promise<void>;
}

/** Opens the door. @throws when the address cannot be bound or the certificate cannot be read. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { log, tls, waits = doorLimits } = options;
  const door = doorman();
  const desk = frontDesk(options);
  const server = buildServer({ tls, waits }, (request, response) => void desk.receive(request, response));
  server.maxHeadersCount = 0; // Node would silently drop what is over a count; ours is checked on the raw headers.
  server.timeout = doorLimits.silenceMsMax;
  server.keepAliveTimeout = doorLimits.keepAliveMs;
  const unexpected = (request: IncomingMessage, response: ServerResponse): void =>
    void desk.receive(request, response, new Refusal("http-malformed", ["expect"]));
  server.on("checkContinue", unexpected);
  server.on("checkExpectation", unexpected);
  server.on("connect", (_request, socket: Duplex) => desk.refuseRaw(socket, new Refusal("endpoint-unknown")));
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) =>
    desk.refuseUnparsed(error, socket),
  );
  server.on("connection", (socket: Socket) => {
    const leave = door.enter(socket.remoteAddress ?? "");
    if (leave === undefined) socket.destroy();
    else socket.once("close", leave);
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  server.on("error", (error) => log.error("listener failed", { reason: reasonOf(error) }));
  const watching = tls && watchTls(server, tls, log);
  return {
    url: urlOf(server, options),
    connections: () => door.connections(),
    reloadTls: () => watching?.reload(),
    async close() {
      watching?.close();
      desk.drain();
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeIdleConnections();
      const impatience = setTimeout(() => server.closeAllConnections(), doorLimits.drainMsMax);
      await closed;
      clearTimeout(impatience);
    },
  };
}

function buildServer(
  { tls, waits }: { tls: TlsFiles | undefined; waits: DoorWaits },
  listener: RequestListener,
): Server {
  const bounds: ServerOptions = {
    headersTimeout: waits.headersMsMax,
    requestTimeout: waits.requestMsMax,
    connectionsCheckingInterval: waits.checkEveryMs,
    maxHeaderSize: doorLimits.headerBytesMax,
    insecureHTTPParser: false,
    requireHostHeader: false,
    noDelay: true,
  };
  if (tls === undefined) return createServer(bounds, listener);
  return createTlsServer(
    { ...bounds, ...loadTls(tls), minVersion: "TLSv1.2", ALPNProtocols: ["http/1.1"] },
    listener,
  );
}

function urlOf(server: Server, { tls, host }: ListenOptions): string {
  const { port } = server.address() as AddressInfo;
  const shown = host.includes(":") ? `[${host}]` : host;
  return `${tls === undefined ? "http" : "https"}://${shown}:${port}`;
}

/** What the desk knows of one connection. */
interface Line {
  /** One entry a request that is read or answered; running it counts the request out. */
  readonly open: Set<() => void>;
  /** Requests that have begun to arrive and are not read yet; `read` settles when the newest of them is. */
  unread: number;
  read: Promise<void>;
  /** Refused at the door, or gone: nothing that follows on it is read. */
  closing: boolean;
}

/** Receives requests, many at once, those of one connection read one after the other, and answers each. */
function frontDesk({ answer, sent, random, log }: ListenOptions) {
  let draining = false;
  let answering = 0;
  const lines = new WeakMap<Duplex, Line>();
  const nextRequestId = (): string => random(12).toString("hex");

  function lineOf(socket: Duplex): Line {
    const known = lines.get(socket);
    if (known !== undefined) return known;
    const line: Line = { open: new Set(), unread: 0, read: Promise.resolve(), closing: false };
    lines.set(socket, line);
    socket.once("close", () => {
      line.closing = true;
    });
    return line;
  }

  function countIn(line: Line, response: ServerResponse): void {
    answering += 1;
    const leave = (): void => {
      if (line.open.delete(leave)) answering -= 1;
    };
    line.open.add(leave);
    response.once("close", leave);
  }

  /** The request, once those before it are read; undefined when the connection was given up meanwhile. */
  async function read(
    request: IncomingMessage,
    line: Line,
    { requestId, refusal }: { requestId: string; refusal: Refusal | undefined },
  ): Promise<Arrival | undefined> {
    const before = line.unread === 0 ? undefined : line.read;
    const done = Promise.withResolvers<void>();
    line.read = done.promise;
    line.unread += 1;
    try {
      // Not even a turn is lost on the first: what its bytes break must find it refused already.
      if (before !== undefined) await before;
      if (line.closing) return undefined;
      if (draining) throw new Refusal("under-maintenance");
      if (answering > requestsMax) throw new Refusal("too-many-requests");
      if (refusal !== undefined) throw refusal;
      refuseFraming(request);
      const arrival = await arrivalOf(request, requestId);
      return line.closing ? undefined : arrival;
    } catch (error) {
      if (line.closing) return undefined;
      line.closing = true;
      throw error;
    } finally {
      line.unread -= 1;
      done.resolve();
    }
  }

  /** @param refusal what Node already knows to be wrong with it. */
  async function receive(
    request: IncomingMessage,
    response: ServerResponse,
    refusal?: Refusal,
  ): Promise<void> {
    const line = lineOf(request.socket);
    countIn(line, response);
    const requestId = nextRequestId();
    try {
      const arrival = await read(request, line, { requestId, refusal });
      if (arrival === undefined) return;
      const given = await answer(arrival);
      if (sent !== undefined) response.once("finish", () => sent(arrival));
      send(response, given, { requestId, close: draining });
    } catch (error) {
      if (!(error instanceof Refusal)) log.warn("request not read", { requestId, reason: reasonOf(error) });
      const refused = error instanceof Refusal ? error : new Refusal("http-malformed", ["request"]);
      send(response, refusalAnswer(refused), { requestId, close: true });
    }
  }

  /** Answers where there is no response object to answer with, and gives the connection up. */
  function refuseRaw(socket: Duplex, refusal: Refusal): void {
    const line = lineOf(socket);
    // Its refusal is on the way and ends the connection.
    if (line.closing) return;
    line.closing = true;
    // With an answer under way, bytes written between would end up inside it.
    const answering = line.open.size > line.unread;
    if (!answering && socket.writable) answerRaw(socket, refusal, nextRequestId());
    else socket.destroy();
  }

  return {
    receive,
    refuseRaw,
    drain() {
      draining = true;
    },
    refuseUnparsed(error: NodeJS.ErrnoException, socket: Duplex) {
      if (error.code === "ECONNRESET") socket.destroy();
      else refuseRaw(socket, refusalOf(error));
    },
  };
}

/** What Node's parser found wrong, as a refusal. */
function refusalOf({ code }: NodeJS.ErrnoException): Refusal {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new Refusal("http-headers-too-large", ["headers"]);
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new Refusal("http-too-slow", ["request"]);
    case "HPE_INVALID_URL":
    case "HPE_INVALID_CONSTANT":
    case "HPE_INVALID_VERSION":
      // A raw space or raw UTF-8 in the target looks like this to the parser (CLIENTS 6.5).
      return new Refusal("http-target-characters");
    default:
      return new Refusal("http-malformed", ["request"]);
  }
}

/** Framing that two HTTP readers could understand in two ways. @throws Refusal */
function refuseFraming(request: IncomingMessage): void {
  const { rawHeaders, headers, httpVersion } = request;
  if (rawHeaders.length / 2 > doorLimits.headersMax) throw new Refusal("http-headers-too-large", ["headers"]);
  if (httpVersion !== "1.1" && httpVersion !== "1.0") throw new Refusal("http-malformed", ["version"]);
  refuseTwiceSentHeaders(rawHeaders);
  if (httpVersion === "1.1" && headers.host === undefined) throw new Refusal("http-malformed", ["host"]);
  // What follows an upgrade is no HTTP any more; nothing here is upgraded.
  if (headers.upgrade !== undefined) throw new Refusal("http-malformed", ["upgrade"]);
  const coding = headers["transfer-encoding"];
  if (coding !== undefined) {
    const length = headers["content-length"];
    if (coding !== "chunked" || httpVersion === "1.0" || length !== undefined) {
      throw new Refusal("http-malformed", ["transfer-encoding"]);
    }
  }
  if (Number(headers["content-length"] ?? 0) > doorLimits.bodyBytesMax) {
    throw new Refusal("http-body-too-large", ["body"]);
  }
}

function refuseTwiceSentHeaders(rawHeaders: readonly string[]): void {
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? "").toLowerCase();
    if (decidingHeaders.has(name) && seen.has(name)) throw new Refusal("http-malformed", [name]);
    seen.add(name);
  }
}

async function arrivalOf(request: IncomingMessage, requestId: string): Promise<Arrival> {
  const body = await bodyOf(request);
  if (request.rawTrailers.length > 0) throw new Refusal("http-malformed", ["trailers"]);
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    headers.push([(request.rawHeaders[i] ?? "").toLowerCase(), request.rawHeaders[i + 1] ?? ""]);
  }
  return {
    requestId,
    method: request.method ?? "",
    target: request.url ?? "",
    headers,
    body,
    address: request.socket.remoteAddress ?? "",
  };
}

/** The body as Latin-1 text. @throws Refusal as soon as it is too large; Error when the peer breaks off. */
function bodyOf(request: IncomingMessage): Promise<string> | string {
  const { headers } = request;
  if ((headers["content-length"] ?? "0") === "0" && headers["transfer-encoding"] === undefined) {
    request.resume();
    return "";
  }
  return new Promise((resolve, reject) => {
    let text = "";
    request.setEncoding("latin1");
    request.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > doorLimits.bodyBytesMax) reject(new Refusal("http-body-too-large", ["body"]));
    });
    request.once("end", () => resolve(text));
    request.once("error", reject);
  });
}

const contentType = "application/json;charset=UTF-8";

function send(
  response: ServerResponse,
  answer: Answer,
  { requestId, close }: { requestId: string; close: boolean },
) {
  if (response.destroyed || response.headersSent) return;
  const body = Buffer.from(answer.body, "utf8");
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.setHeader("content-type", contentType);
  response.setHeader("content-length", body.length);
  response.setHeader("x-countersign-request-id", requestId);
  if (close) response.setHeader("connection", "close");
  response.end(body);
}

/** An answer where there is no response object to write it with. */
function answerRaw(socket: Duplex, refusal: Refusal, requestId: string): void {
  const { status, body, headers } = refusalAnswer(refusal);
  const lines = [
    `HTTP/1.1 ${status} Refused`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `content-type: ${contentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-countersign-request-id: ${requestId}`,
    "connection: close",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
