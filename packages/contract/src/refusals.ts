/**
 * Every way a request can be answered by us instead of the venue: one row each, with Binance's own code, status and
 * text where Binance has one. A row's name stands in the `X-Countersign-Refusal` header, in the log and in
 * `docs/errors/<name>.md`. `%s` is filled, in order, from public facts only: never with internal text.
 * Sources: errors.md and rest-api.md of binance-spot-api-docs.
 */

/** Whose doing it was: the caller's, the rules' owner's, or ours. */
export type RefusalOwner = "client" | "owner" | "countersign";

export interface RefusalRow {
  readonly owner: RefusalOwner;
  /** HTTP status. */
  readonly status: number;
  /** Binance's error code. */
  readonly code: number;
  readonly msg: string;
}

const badData = "Data sent for parameter '%s' is not valid.";
const badKey = "Invalid API-key, IP, or permissions for action.";
const outside = "Timestamp for this request is outside of the recvWindow.";
const overloaded = "Server is currently overloaded with other requests. Please try again in a few minutes.";

export const refusals = {
  // ① listen
  "http-malformed": { owner: "client", status: 400, code: -1130, msg: badData },
  "http-target-characters": {
    owner: "client",
    status: 400,
    code: -1100,
    msg: "Illegal characters found in a parameter.",
  },
  "http-headers-too-large": { owner: "client", status: 431, code: -1130, msg: badData },
  "http-body-too-large": { owner: "client", status: 413, code: -1130, msg: badData },
  "http-too-slow": { owner: "client", status: 408, code: -1130, msg: badData },
  "too-many-requests": { owner: "client", status: 429, code: -1003, msg: "Too many requests queued." },

  // ② parse
  "endpoint-unknown": {
    owner: "client",
    status: 404,
    code: -1099,
    msg: "Not found, unauthenticated, or unauthorized.",
  },
  "endpoint-not-served": {
    owner: "countersign",
    status: 400,
    code: -1020,
    msg: "This operation is not supported. Countersign does not serve %s.",
  },
  "time-unit-unknown": {
    owner: "client",
    status: 400,
    code: -1194,
    msg: "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.",
  },
  "sbe-not-served": { owner: "countersign", status: 400, code: -1155, msg: "SBE is not enabled." },
  "body-not-form": { owner: "client", status: 400, code: -1130, msg: badData },
  "body-on-get": {
    owner: "client",
    status: 400,
    code: -1101,
    msg: "Too many parameters; expected '%s' and received '%s'.",
  },
  "parameter-characters": {
    owner: "client",
    status: 400,
    code: -1100,
    msg: "Illegal characters found in parameter '%s'; legal range is '%s'.",
  },
  "parameters-malformed": {
    owner: "client",
    status: 400,
    code: -1100,
    msg: "Illegal characters found in a parameter.",
  },
  "parameter-twice": {
    owner: "client",
    status: 400,
    code: -1101,
    msg: "Duplicate values for a parameter detected.",
  },
  "parameters-too-many": {
    owner: "client",
    status: 400,
    code: -1101,
    msg: "Too many parameters; expected '%s' and received '%s'.",
  },
  "parameter-missing": {
    owner: "client",
    status: 400,
    code: -1102,
    msg: "Mandatory parameter '%s' was not sent, was empty/null, or malformed.",
  },
  "parameter-unknown": {
    owner: "client",
    status: 400,
    code: -1104,
    msg: "Not all sent parameters were read; read '%s' parameter(s) but was sent '%s'.",
  },
  "parameter-empty": { owner: "client", status: 400, code: -1105, msg: "Parameter '%s' was empty." },
  "parameter-value": { owner: "client", status: 400, code: -1130, msg: badData },
  "time-in-force-unknown": { owner: "client", status: 400, code: -1115, msg: "Invalid timeInForce." },
  "order-type-not-served": { owner: "client", status: 400, code: -1116, msg: "Invalid orderType." },
  "side-unknown": { owner: "client", status: 400, code: -1117, msg: "Invalid side." },
  "interval-unknown": { owner: "client", status: 400, code: -1120, msg: "Invalid interval." },
  "recv-window-too-large": {
    owner: "client",
    status: 400,
    code: -1131,
    msg: "'recvWindow' must be less than 60000.",
  },

  // ③ authenticate
  "key-format": { owner: "client", status: 401, code: -2014, msg: "API-key format invalid." },
  "key-refused": { owner: "client", status: 401, code: -2015, msg: badKey },
  "signature-wrong": {
    owner: "client",
    status: 400,
    code: -1022,
    msg: "Signature for this request is not valid.",
  },
  "timestamp-ahead": {
    owner: "client",
    status: 400,
    code: -1021,
    msg: "Timestamp for this request was 1000ms ahead of the server's time.",
  },
  "timestamp-outside": { owner: "client", status: 400, code: -1021, msg: outside },
  "timestamp-before-start": { owner: "countersign", status: 400, code: -1021, msg: outside },
  "payload-used": {
    owner: "client",
    status: 400,
    code: -1021,
    msg: "Timestamp for this request was already used by %s; sign again with a new timestamp.",
  },
  "order-twice": { owner: "client", status: 400, code: -2010, msg: "Duplicate order sent." },
  "guard-full": { owner: "countersign", status: 503, code: -1008, msg: overloaded },

  // ④ authorize
  "permission-missing": { owner: "owner", status: 401, code: -2015, msg: badKey },
  "symbol-not-allowed": {
    owner: "owner",
    status: 400,
    code: -2010,
    msg: "Symbol not whitelisted for API key.",
  },

  // ⑤ limit
  "venue-busy": { owner: "countersign", status: 503, code: -1008, msg: overloaded },
  "venue-rate-limited": {
    owner: "countersign",
    status: 429,
    code: -1003,
    msg: "Too many requests; the exchange asked to wait until %s.",
  },
  "venue-banned": {
    owner: "countersign",
    status: 418,
    code: -1003,
    msg: "Way too much request weight used; IP banned until %s. Please use WebSocket Streams for live updates to avoid bans.",
  },

  // ⑥ countersign
  "venue-key-unusable": {
    owner: "owner",
    status: 401,
    code: -1002,
    msg: "You are not authorized to execute this request.",
  },

  // record and ⑦ forward
  "clock-unsteady": { owner: "countersign", status: 503, code: -1008, msg: overloaded },
  "journal-unavailable": { owner: "countersign", status: 503, code: -1008, msg: overloaded },
  "venue-unreachable": { owner: "countersign", status: 503, code: -1008, msg: overloaded },
  "execution-unknown": {
    owner: "countersign",
    status: 504,
    code: -1007,
    msg: "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
  },
  "venue-answer-unusable": {
    owner: "countersign",
    status: 502,
    code: -1006,
    msg: "An unexpected response was received from the message bus. Execution status unknown.",
  },
  "under-maintenance": {
    owner: "countersign",
    status: 503,
    code: -1016,
    msg: "System is under maintenance.",
  },
  "internal-fault": {
    owner: "countersign",
    status: 500,
    code: -1000,
    msg: "An unknown error occurred while processing the request.",
  },
} as const satisfies Record<string, RefusalRow>;

export type RefusalName = keyof typeof refusals;

/**
 * The public sentence of a refusal, its `%s` filled in order.
 * @throws RangeError when the number of facts is not the number of gaps: a half-filled sentence helps nobody.
 */
export function refusalMessage(name: RefusalName, facts: readonly (string | number)[] = []): string {
  const parts = refusals[name].msg.split("%s");
  if (parts.length !== facts.length + 1) throw new RangeError(`${name} takes ${parts.length - 1} facts`);
  return parts.map((part, i) => part + String(facts[i] ?? "")).join("");
}
