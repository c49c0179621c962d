/**
 * The doorman of both control listeners: what a web page could make a browser send here is turned away before any
 * route sees it (DNS rebinding, cross-site requests), and paths are matched as they arrived, never normalised.
 */
import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Log } from "../base/log.ts";
import { AdminProblem, traceOf } from "./problem.ts";

export const headersMsMax = 5_000;
export const requestMsMax = 10_000;
export const keepAliveMs = 5_000;
export const headerBytesMax = 8_192;
export const headerCountMax = 50;
export const connectionsMax = 32;
export const requestsPerConnectionMax = 100;
const targetCharsMax = 300;

/** No dot, no percent, no query: what is routed is what arrived. */
const target = /^(?:\/[A-Za-z0-9_-]+)+$/;

/** The options that bound every connection to a control listener. */
export const boundedServer: ServerOptions = {
  headersTimeout: headersMsMax,
  requestTimeout: requestMsMax,
  keepAliveTimeout: keepAliveMs,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: headerBytesMax,
  // The doorman says it in JSON, and to HTTP/1.0 too.
  requireHostHeader: false,
};

/** Sets the bounds that are not options, and answers what Node's parser refuses in the same shape as all else. */
export function boundServer(server: Server): void {
  server.maxConnections = connectionsMax;
  server.maxHeadersCount = headerCountMax;
  server.maxRequestsPerSocket = requestsPerConnectionMax;
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => answerParserError(error, socket));
}

/** What stands behind the doorman. */
export type InnerListener = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/** `hosts`: the only values of Host that are let in, in lower case. */
export function doorman(
  parts: { hosts: () => readonly string[]; log: Log },
  next: InnerListener,
): RequestListener {
  return (incoming, outgoing) => {
    for (const [name, value] of answerHeaders) outgoing.setHeader(name, value);
    const problem = judge(incoming, parts.hosts());
    if (problem === undefined) {
      next(incoming, outgoing).catch((error: unknown) => {
        parts.log.error("control request failed", traceOf(error));
        outgoing.destroy();
      });
      return;
    }
    parts.log.warn("control request turned away", {
      code: problem.problem.error.code,
      status: problem.status,
    });
    refuse(outgoing, problem);
  };
}

const answerHeaders: readonly (readonly [name: string, value: string])[] = [
  ["x-content-type-options", "nosniff"],
  ["cache-control", "no-store"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["cross-origin-resource-policy", "same-origin"],
];

function judge(incoming: IncomingMessage, hosts: readonly string[]): AdminProblem | undefined {
  const [host, secondHost] = valuesOf(incoming, "host");
  if (host === undefined || secondHost !== undefined || !hosts.includes(host.toLowerCase())) {
    return new AdminProblem("wrong-host", `Host must be one of: ${hosts.join(", ")}.`);
  }
  if (
    valuesOf(incoming, "origin").length > 0 ||
    valuesOf(incoming, "sec-fetch-site").some((v) => v !== "none")
  ) {
    return new AdminProblem("origin-refused", "Web pages may not speak to this listener.");
  }
  const url = incoming.url ?? "";
  if (url.includes("?")) return new AdminProblem("invalid-request", "No path here takes a query.");
  if (url.length > targetCharsMax || !target.test(url))
    return new AdminProblem("not-found", "There is no such path.");
  const hasBody =
    valuesOf(incoming, "transfer-encoding").length > 0 ||
    valuesOf(incoming, "content-length").some((v) => v !== "0");
  if (hasBody && incoming.method !== "POST")
    return new AdminProblem("invalid-request", "Only POST takes a body.");
  return undefined;
}

/** Every value of a header as it arrived: Node keeps only the first of a repeated Host. */
function valuesOf(incoming: IncomingMessage, wanted: string): readonly string[] {
  const { rawHeaders } = incoming;
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === wanted);
}

function refuse(outgoing: ServerResponse, { status, problem }: AdminProblem): void {
  outgoing.setHeader("content-type", "application/json");
  // Whatever body follows is not read as a next request.
  outgoing.setHeader("connection", "close");
  const body = JSON.stringify(problem);
  outgoing.setHeader("content-length", Buffer.byteLength(body));
  outgoing.writeHead(status).end(body);
}

function answerParserError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const { status, problem } = parserProblem(error.code);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${status} Refused`,
    "content-type: application/json",
    ...answerHeaders.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

function parserProblem(code: string | undefined): AdminProblem {
  if (code === "HPE_HEADER_OVERFLOW")
    return new AdminProblem("headers-too-large", "The headers are too large.");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new AdminProblem("request-timeout", "The request took too long.");
  return new AdminProblem("invalid-request", "This is not a well-formed HTTP request.");
}
