/**
 * What each refusal must look like on the wire, written down a second time: status, code and text are taken from
 * Binance's errors.md and rest-api.md, not from the product's own table, so that the two can disagree.
 */
import type { RefusalName } from "@countersign/contract";
import { expect } from "vitest";
import type { RawAnswer } from "./raw-client.ts";

const badKey = "Invalid API-key, IP, or permissions for action.";
const overloaded = "Server is currently overloaded with other requests. Please try again in a few minutes.";
const outside = "Timestamp for this request is outside of the recvWindow.";
const malformed = "Illegal characters found in a parameter.";

const written = {
  "http-malformed": [400, -1130, "Data sent for parameter '%s' is not valid."],
  "http-target-characters": [400, -1100, malformed],
  "http-headers-too-large": [431, -1130, "Data sent for parameter 'headers' is not valid."],
  "http-body-too-large": [413, -1130, "Data sent for parameter 'body' is not valid."],
  "http-too-slow": [408, -1130, "Data sent for parameter 'request' is not valid."],
  "too-many-requests": [429, -1003, "Too many requests queued."],
  "endpoint-unknown": [404, -1099, "Not found, unauthenticated, or unauthorized."],
  "endpoint-not-served": [400, -1020, "This operation is not supported. Countersign does not serve %s."],
  "time-unit-unknown": [
    400,
    -1194,
    "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.",
  ],
  "sbe-not-served": [400, -1155, "SBE is not enabled."],
  "body-not-form": [400, -1130, "Data sent for parameter 'body' is not valid."],
  "body-on-get": [400, -1101, "Too many parameters; expected '%s' and received '%s'."],
  "parameter-characters": [400, -1100, "Illegal characters found in parameter '%s'; legal range is '%s'."],
  "parameters-malformed": [400, -1100, malformed],
  "parameter-twice": [400, -1101, "Duplicate values for a parameter detected."],
  "parameters-too-many": [400, -1101, "Too many parameters; expected '%s' and received '%s'."],
  "parameter-missing": [400, -1102, "Mandatory parameter '%s' was not sent, was empty/null, or malformed."],
  "parameter-unknown": [
    400,
    -1104,
    "Not all sent parameters were read; read '%s' parameter(s) but was sent '%s'.",
  ],
  "parameter-empty": [400, -1105, "Parameter '%s' was empty."],
  "parameter-value": [400, -1130, "Data sent for parameter '%s' is not valid."],
  "time-in-force-unknown": [400, -1115, "Invalid timeInForce."],
  "order-type-not-served": [400, -1116, "Invalid orderType."],
  "side-unknown": [400, -1117, "Invalid side."],
  "interval-unknown": [400, -1120, "Invalid interval."],
  "recv-window-too-large": [400, -1131, "'recvWindow' must be less than 60000."],
  "key-format": [401, -2014, "API-key format invalid."],
  "key-refused": [401, -2015, badKey],
  "signature-wrong": [400, -1022, "Signature for this request is not valid."],
  "timestamp-ahead": [400, -1021, "Timestamp for this request was 1000ms ahead of the server's time."],
  "timestamp-outside": [400, -1021, outside],
  "timestamp-before-start": [400, -1021, outside],
  "payload-used": [
    400,
    -1021,
    "Timestamp for this request was already used by %s; sign again with a new timestamp.",
  ],
  "order-twice": [400, -2010, "Duplicate order sent."],
  "guard-full": [503, -1008, overloaded],
  "permission-missing": [401, -2015, badKey],
  "symbol-not-allowed": [400, -2010, "Symbol not whitelisted for API key."],
  "venue-busy": [503, -1008, overloaded],
  "venue-rate-limited": [429, -1003, "Too many requests; the exchange asked to wait until %s."],
  "venue-banned": [
    418,
    -1003,
    "Way too much request weight used; IP banned until %s. Please use WebSocket Streams for live updates to avoid bans.",
  ],
  "clock-unsteady": [503, -1008, overloaded],
  "journal-unavailable": [503, -1008, overloaded],
  "venue-unreachable": [503, -1008, overloaded],
  "execution-unknown": [
    504,
    -1007,
    "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
  ],
  "venue-answer-unusable": [
    502,
    -1006,
    "An unexpected response was received from the message bus. Execution status unknown.",
  ],
  "venue-key-unusable": [401, -1002, "You are not authorized to execute this request."],
  "under-maintenance": [503, -1016, "System is under maintenance."],
  "internal-fault": [500, -1000, "An unknown error occurred while processing the request."],
} as const satisfies Record<RefusalName, readonly [status: number, code: number, msg: string]>;

/** An answer, as far as a rule says what it must be. */
export interface Shown {
  readonly status: number;
  readonly type: string | undefined;
  readonly refusal: string | undefined;
  readonly body: string;
}

export function shown({ status, headers, body }: RawAnswer): Shown {
  return { status, type: headers.get("content-type"), refusal: headers.get("x-countersign-refusal"), body };
}

/** How the refusal must look; `facts` fill the gaps of its text in order. */
export function refused(name: RefusalName, ...facts: readonly (string | number)[]): Shown {
  const [status, code, text] = written[name];
  const gaps = text.split("%s");
  if (gaps.length !== facts.length + 1) throw new RangeError(`${name} has ${gaps.length - 1} gaps`);
  const msg = gaps.map((part, at) => part + String(facts[at] ?? "")).join("");
  return {
    status,
    type: "application/json;charset=UTF-8",
    refusal: name,
    body: JSON.stringify({ code, msg }),
  };
}

/** The answer is this refusal to the byte, and says which request it was. */
export function expectRefused(
  answer: RawAnswer,
  name: RefusalName,
  ...facts: readonly (string | number)[]
): void {
  expect(shown(answer)).toEqual(refused(name, ...facts));
  expect(answer.headers.get("x-countersign-request-id")).toMatch(/^[0-9a-f]{24}$/);
}
