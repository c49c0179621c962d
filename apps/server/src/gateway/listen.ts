/**
 * ① The door of the data plane: opens the listener within its bounds and closes it again. Whatever Node's parser makes
 * of a bad request, the answer is Binance-shaped JSON, and after broken framing the connection is closed.
 */
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TlsFiles } from "../base/config.ts";
import { reasonOf } from "../base/log.ts";
import { doorLimits } from "./door-limits.ts";
import { doorman } from "./doorman.ts";
import { frontDesk } from "./front-desk.ts";
import type { FrontDeskParts } from "./front-desk.ts";
import { Refusal } from "./refusal.ts";
import { loadTls, watchTls } from "./tls-files.ts";

export interface ListenOptions extends FrontDeskParts {
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  readonly tls: TlsFiles | undefined;
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
