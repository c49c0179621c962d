/**
 * ① What makes one HTTP request, and no more than one, of the bytes on a connection. Refuses framing that two readers
 * could understand in two ways, and makes an `Arrival` of what is left. It reads no parameter.
 */
import type { IncomingMessage } from "node:http";
import type { Arrival } from "./arrival.ts";
import { doorLimits } from "./door-limits.ts";
import { Refusal } from "./refusal.ts";

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

/** What Node's parser found wrong, as a refusal. */
export function refusalOf({ code }: NodeJS.ErrnoException): Refusal {
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
export function refuseFraming(request: IncomingMessage): void {
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

/** The request as it arrived, its body whole. @throws Refusal */
export async function arrivalOf(request: IncomingMessage, requestId: string): Promise<Arrival> {
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
