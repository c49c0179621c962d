/**
 * Writes exactly these bytes to a socket and reads what comes back as HTTP/1.1. It repairs nothing, follows nothing and
 * speaks first: what a stock client would never send can be sent with it.
 */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** How long a conversation may last: only so that a hang ends with a name. */
const patienceMs = 20_000;

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names; a header sent twice is joined with ", ". */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface Conversation {
  readonly answers: readonly RawAnswer[];
  /** Bytes that came after the last whole answer. */
  readonly rest: string;
}

/** What to wait for: so many answers, or the other side closing the connection. */
export type Until = number | "closed";

/** An open connection: bytes can be written to it in several turns. */
export interface Line {
  readonly socket: Socket;
  write(bytes: string | Buffer): void;
  /** Resolves when it has happened; a connection that ends too early gives fewer answers. */
  until(until: Until): Promise<Conversation>;
  close(): void;
}

/** Opens a connection to an `http:` or `https:` origin; a certificate is not checked, the test looks at it itself. */
export function openLine(url: string): Promise<Line> {
  const { protocol, hostname, port } = new URL(url);
  const to = { host: hostname.replaceAll(/[[\]]/g, ""), port: Number(port) };
  const secure = protocol === "https:";
  const socket = secure ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once(secure ? "secureConnect" : "connect", () => {
      socket.off("error", reject);
      resolve(lineOver(socket));
    });
  });
}

/** One conversation: connects, writes everything at once, waits, hangs up. */
export async function speak(
  url: string,
  bytes: string | Buffer,
  until: Until = "closed",
): Promise<Conversation> {
  const line = await openLine(url);
  try {
    line.write(bytes);
    return await line.until(until);
  } finally {
    line.close();
  }
}

/** One conversation that must give exactly one answer. */
export async function ask(url: string, bytes: string | Buffer): Promise<RawAnswer> {
  const { answers } = await speak(url, bytes, 1);
  const [answer] = answers;
  if (answer === undefined) throw new Error("no answer came");
  return answer;
}

function lineOver(socket: Socket): Line {
  let received = Buffer.alloc(0);
  let ended = false;
  let wake = (): void => {};
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  // A reset is one way of closing; what had arrived before it counts.
  socket.on("error", () => {});
  socket.on("close", () => {
    ended = true;
    wake();
  });
  return {
    socket,
    write: (bytes) => void socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes),
    until: (until) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`still waiting; so far: ${received.toString("latin1")}`)),
          patienceMs,
        );
        wake = () => {
          const conversation = readAnswers(received);
          const enough = until !== "closed" && conversation.answers.length >= until;
          if (!enough && !ended) return;
          clearTimeout(timer);
          resolve(conversation);
        };
        wake();
      }),
    close: () => void socket.destroy(),
  };
}

function readAnswers(received: Buffer): Conversation {
  const answers: RawAnswer[] = [];
  let at = 0;
  for (;;) {
    const headEnd = received.indexOf("\r\n\r\n", at);
    if (headEnd === -1) break;
    const [statusLine = "", ...lines] = received.toString("latin1", at, headEnd).split("\r\n");
    const status = /^HTTP\/1\.1 ([0-9]{3}) /.exec(statusLine)?.[1];
    if (status === undefined) break;
    const headers = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      const before = headers.get(name);
      headers.set(name, before === undefined ? value : `${before}, ${value}`);
    }
    const bodyEnd = headEnd + 4 + Number(headers.get("content-length") ?? 0);
    if (received.length < bodyEnd) break;
    answers.push({ status: Number(status), headers, body: received.toString("utf8", headEnd + 4, bodyEnd) });
    at = bodyEnd;
  }
  return { answers, rest: received.toString("latin1", at) };
}
