/**
 * Starts and ends the control plane: the Unix socket through which keys are managed, and a loopback listener that
 * tells health and metrics. It shares no socket and no router with the data plane.
 */
import { createServer } from "node:http";
import type { Server } from "node:http";
import { isIPv6 } from "node:net";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Registry } from "@prometheus-io/client";
import type { StatusView } from "@countersign/contract";
import type { Clock } from "../base/clock.ts";
import { isLoopbackAddress } from "../base/config.ts";
import type { ControlConfig } from "../base/config.ts";
import type { Log } from "../base/log.ts";
import { controlApp, healthApp } from "./app.ts";
import { ControlError } from "./control-error.ts";
import { listenOnSocket } from "./control-socket.ts";
import { boundedServer, boundServer, doorman } from "./doorman.ts";
import type { ClientKeyDesk, Health, Identify, ServerFacts, VenueKeyDesk } from "./rooms.ts";

/** How long requests that are under way when the control plane ends may take to finish. */
export const drainMsMax = 5_000;

export interface ControlParts {
  readonly dataDir: string;
  /** Where health and metrics listen; loopback, port 0 lets the kernel choose. */
  readonly control: ControlConfig;
  readonly clientKeys: ClientKeyDesk;
  readonly venueKeys: VenueKeyDesk;
  readonly identify: Identify;
  /** What the server as a whole knows; asked for each `GET /v1/status`. */
  readonly facts: () => ServerFacts | Promise<ServerFacts>;
  /** Asked for each `GET /healthz`; must not wait for anything. */
  readonly health: () => Health;
  readonly metrics: Pick<Registry, "metrics" | "contentType">;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningControl {
  /** E.g. `http://127.0.0.1:8081`. */
  readonly controlUrl: string;
  readonly socketPath: string;
  /** Takes no new connections, lets what is under way finish (at most `drainMsMax`), removes the socket. */
  close(): Promise<void>;
}

/**
 * Starts both listeners, or neither.
 * @throws ControlError `not-loopback`, `address-in-use`, `listen-failed`, and the codes of `listenOnSocket`.
 */
export async function startControl(parts: ControlParts): Promise<RunningControl> {
  const { control, log, clock } = parts;
  const startedMs = clock.monotonicMs();
  let healthHosts: readonly string[] = [];
  const healthServer = serverFor(healthApp(parts).fetch, () => healthHosts, log);
  const port = await listenOnLoopback(healthServer, control);
  const urlHost = isIPv6(control.host) ? `[${control.host}]` : control.host;
  const controlUrl = `http://${urlHost}:${port}`;
  healthHosts = allowedHosts(urlHost, port);

  const status = () => statusOf(parts, { controlUrl, uptimeMs: Math.floor(clock.monotonicMs() - startedMs) });
  const socketServer = serverFor(controlApp({ ...parts, status }).fetch, () => ["localhost"], log);
  try {
    const socketPath = await listenOnSocket(socketServer, parts.dataDir);
    log.info("control plane is listening", { controlUrl, socketPath });
    return {
      controlUrl,
      socketPath,
      close: async () => void (await Promise.all([drain(healthServer), drain(socketServer)])),
    };
  } catch (error) {
    await drain(healthServer);
    throw error;
  }
}

/** The names under which a request may call the loopback listener; any other is a rebound name. */
function allowedHosts(urlHost: string, port: number): readonly string[] {
  const names = new Set(["127.0.0.1", "localhost", "[::1]", urlHost]);
  // Clients leave out the port that is HTTP's own.
  return [...names].flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
}

type AppFetch = Parameters<typeof getRequestListener>[0];

function serverFor(fetch: AppFetch, hosts: () => readonly string[], log: Log): Server {
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
  const server = createServer(boundedServer, doorman({ hosts, log }, listener));
  boundServer(server);
  return server;
}

async function listenOnLoopback(server: Server, { host, port }: ControlConfig): Promise<number> {
  if (!isLoopbackAddress(host))
    throw new ControlError("not-loopback", `The control listener is loopback only, not ${host}.`);
  await new Promise<void>((done, fail) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const code = error.code === "EADDRINUSE" ? "address-in-use" : "listen-failed";
      fail(new ControlError(code, `Cannot listen on ${host} port ${port}: ${error.message}`));
    });
    server.listen({ host, port, exclusive: true }, done);
  });
  return (server.address() as AddressInfo).port;
}

async function statusOf(
  parts: ControlParts,
  own: Pick<StatusView, "controlUrl" | "uptimeMs">,
): Promise<StatusView> {
  const facts = await parts.facts();
  const clientKeys = parts.clientKeys.list();
  const countOf = (state: string) => clientKeys.filter((key) => key.state === state).length;
  const counts = { active: countOf("active"), revoked: countOf("revoked"), damaged: countOf("damaged") };
  return { ...facts, ...own, clientKeys: counts, venueKeys: parts.venueKeys.list().length };
}

async function drain(server: Server): Promise<void> {
  const patience = setTimeout(() => server.closeAllConnections(), drainMsMax);
  await new Promise<void>((done) => {
    server.close(() => done());
    server.closeIdleConnections();
  });
  clearTimeout(patience);
}
