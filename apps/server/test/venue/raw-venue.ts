/** A venue that answers with exactly the bytes a test wants, and tells what it got. */
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

export interface RawVenue {
  readonly origin: string;
  /** Every request's bytes, as text, in order. */
  readonly requests: readonly string[];
  readonly connections: () => number;
  close(): Promise<void>;
}

/** @param respond called with each request; writes what it likes. */
export async function rawVenue(respond: (socket: Socket, request: string) => void): Promise<RawVenue> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      requests.push(chunk.toString("latin1"));
      respond(socket, chunk.toString("latin1"));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

/** A whole answer with JSON text. */
export function jsonAnswer(body: string, status = 200): string {
  const length = Buffer.byteLength(body);
  return `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`;
}
