/**
 * ① Receives requests, those of one connection read one after the other, and sends each its answer. After a refusal
 * at the door nothing that follows on the connection is read: it might be part of what was refused.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { reasonOf } from "../base/log.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Answer } from "./answer.ts";
import type { Arrival } from "./arrival.ts";
import { requestsMax } from "./doorman.ts";
import { arrivalOf, refusalOf, refuseFraming } from "./framing.ts";
import { Refusal, refusalAnswer } from "./refusal.ts";

export interface FrontDeskParts {
  readonly answer: (arrival: Arrival) => Promise<Answer>;
  /** Called when an answer has been handed to the operating system. */
  readonly sent?: (arrival: Arrival) => void;
  readonly random: Random;
  readonly log: Log;
}

export interface FrontDesk {
  /**
   * Reads and answers one request.
   * @param refusal what Node already knows to be wrong with it.
   */
  receive(request: IncomingMessage, response: ServerResponse, refusal?: Refusal): Promise<void>;
  /** Answers where there is no response object to answer with, and gives the connection up. */
  refuseRaw(socket: Duplex, refusal: Refusal): void;
  /** The same for what Node's parser could not read. */
  refuseUnparsed(error: NodeJS.ErrnoException, socket: Duplex): void;
  /** From here on every new request is refused. */
  drain(): void;
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

export function frontDesk({ answer, sent, random, log }: FrontDeskParts): FrontDesk {
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
