/**
 * ② One parse of the bytes that arrived. Cuts out the signature, keeps the signed payload byte for byte, and reads
 * every parameter through its grammar; all that follows works on what this returns, never on client bytes.
 * Refuses before any cryptography whatever two readers could understand in two ways.
 */
import { splitRest } from "@countersign/signing";
import { headerOf } from "./arrival.ts";
import type { Arrival } from "./arrival.ts";
import { findEndpoint } from "./endpoints.ts";
import type { Endpoint, Service } from "./endpoints.ts";
import { checkValue } from "./grammar.ts";
import { Refusal } from "./refusal.ts";

/** Parameters in one request, the signature included. */
export const paramsMax = 64;

/** What only signed requests carry. */
export interface Signed {
  /** Raw query and raw body without the signature pair: the bytes that were signed. */
  readonly payload: string;
  /** Percent-decoded once; its form depends on the key's algorithm. */
  readonly signature: string;
  /** As sent: milliseconds or microseconds. */
  readonly timestamp: string;
  /** As sent: milliseconds, up to three decimals. */
  readonly recvWindow: string | undefined;
}

/** A request that is well formed, for an endpoint that we serve. Only `parse` makes one. */
class Parsed {
  readonly #step = "parsed";
  readonly arrival: Arrival;
  readonly endpoint: Endpoint;
  readonly service: Service;
  /** Decoded values in the order sent, without timestamp, recvWindow and signature. */
  readonly params: ReadonlyMap<string, string>;
  readonly timeUnit: string | undefined;
  readonly signed: Signed | undefined;

  constructor(fields: Pick<Parsed, "arrival" | "endpoint" | "service" | "params" | "timeUnit" | "signed">) {
    this.arrival = fields.arrival;
    this.endpoint = fields.endpoint;
    this.service = fields.service;
    this.params = fields.params;
    this.timeUnit = fields.timeUnit;
    this.signed = fields.signed;
  }

  get step(): string {
    return this.#step;
  }
}
export type { Parsed };

/** As Binance takes them: both spellings, nothing else. */
const timeUnits = new Set(["MICROSECOND", "microsecond", "MILLISECOND", "millisecond"]);
const visible = /^[\x21-\x7e]*$/;
const paramName = /^[A-Za-z][A-Za-z0-9]{0,31}$/;
// oxlint-disable-next-line eslint/no-control-regex -- control characters are what it looks for
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;

/** @throws Refusal for anything that is not well formed, not known, or not served. */
export function parse(arrival: Arrival): Parsed {
  const cut = arrival.target.indexOf("?");
  const path = cut === -1 ? arrival.target : arrival.target.slice(0, cut);
  const query = cut === -1 ? "" : arrival.target.slice(cut + 1);
  const endpoint = findEndpoint(arrival.method, path);
  if (endpoint === undefined) throw new Refusal("endpoint-unknown");
  if (endpoint.service === undefined) throw new Refusal("endpoint-not-served", [endpoint.name]);
  const timeUnit = readTimeUnit(arrival);
  refuseUnreadableBody(arrival);
  if (!visible.test(query) || query.includes("#") || !visible.test(arrival.body)) {
    throw new Refusal("parameters-malformed");
  }

  const raw = readPairs(query, arrival.body);
  const params = decodeParams(raw, endpoint, endpoint.service);
  const signed = endpoint.security === "NONE" ? undefined : readSigned(query, arrival.body, params);
  requirePresence(params, endpoint.service);
  params.delete("timestamp");
  params.delete("recvWindow");
  return new Parsed({ arrival, endpoint, service: endpoint.service, params, timeUnit, signed });
}

function readTimeUnit(arrival: Arrival): string | undefined {
  if (headerOf(arrival, "x-mbx-sbe") !== undefined) throw new Refusal("sbe-not-served");
  const timeUnit = headerOf(arrival, "x-mbx-time-unit");
  if (timeUnit !== undefined && !timeUnits.has(timeUnit)) throw new Refusal("time-unit-unknown");
  return timeUnit;
}

/** With an empty body the Content-Type says nothing: stock clients send any (CLIENTS 4). */
function refuseUnreadableBody(arrival: Arrival): void {
  if (arrival.body === "") return;
  const [type = ""] = (headerOf(arrival, "content-type") ?? "").split(";");
  if (type.trim().toLowerCase() !== "application/x-www-form-urlencoded") {
    throw new Refusal("body-not-form", ["body"]);
  }
  if (headerOf(arrival, "content-encoding") !== undefined) throw new Refusal("body-not-form", ["body"]);
  if (arrival.method === "GET") throw new Refusal("body-on-get", [0, arrival.body.split("&").length]);
}

/** Names and raw values; every name once, in query and body together. */
function readPairs(query: string, body: string): Map<string, string> {
  const parts = [query, body].filter((part) => part !== "").flatMap((part) => part.split("&"));
  if (parts.length > paramsMax) throw new Refusal("parameters-too-many", [paramsMax, parts.length]);
  const pairs = new Map<string, string>();
  for (const part of parts) {
    const equals = part.indexOf("=");
    const name = equals === -1 ? part : part.slice(0, equals);
    if (!paramName.test(name)) throw new Refusal("parameters-malformed");
    if (pairs.has(name)) throw new Refusal("parameter-twice");
    pairs.set(name, equals === -1 ? "" : part.slice(equals + 1));
  }
  return pairs;
}

function decodeParams(
  raw: ReadonlyMap<string, string>,
  endpoint: Endpoint,
  service: Service,
): Map<string, string> {
  const isKnown = (name: string): boolean =>
    name in service.params || (name === "signature" && endpoint.security !== "NONE");
  const known = [...raw.keys()].filter(isKnown);
  if (known.length !== raw.size) throw new Refusal("parameter-unknown", [known.length, raw.size]);

  const params = new Map<string, string>();
  for (const [name, text] of raw) {
    const param = service.params[name];
    if (param === undefined) continue;
    if (text === "") throw new Refusal(param.required ? "parameter-missing" : "parameter-empty", [name]);
    const value = decodeValue(text);
    checkValue(name, value, param.grammar);
    params.set(name, value);
  }
  return params;
}

/** Percent-decodes once. `+` is refused: it is a plus inside the signature's bytes and a space to a form reader. */
function decodeValue(text: string): string {
  if (text.includes("+")) throw new Refusal("parameters-malformed");
  let value: string;
  try {
    value = decodeURIComponent(text);
  } catch {
    throw new Refusal("parameters-malformed");
  }
  if (control.test(value)) throw new Refusal("parameters-malformed");
  return value;
}

function readSigned(query: string, body: string, params: ReadonlyMap<string, string>): Signed {
  let split: ReturnType<typeof splitRest>;
  try {
    split = splitRest(query, body);
  } catch {
    throw new Refusal("parameter-missing", ["signature"]);
  }
  const { payload, signature } = split;
  if (signature === undefined || signature === "") throw new Refusal("parameter-missing", ["signature"]);
  const timestamp = params.get("timestamp");
  if (timestamp === undefined) throw new Refusal("parameter-missing", ["timestamp"]);
  return { payload, signature, timestamp, recvWindow: params.get("recvWindow") };
}

function requirePresence(params: ReadonlyMap<string, string>, service: Service): void {
  for (const [name, { required }] of Object.entries(service.params)) {
    if (required && !params.has(name)) throw new Refusal("parameter-missing", [name]);
  }
}
