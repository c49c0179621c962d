// The bytes of a request as parameters: splits query and body without rewriting either, decodes a copy, and cuts
// the signature out of what was signed. Lenient exactly where the real exchange is.

import { refusals } from "../errors.ts";

/** A request as it arrived; target and body one character a byte. */
export interface Arrival {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly remoteAddress: string;
}

export interface Parameters {
  /** Decoded, without `signature`; the query's value where a name is in both places. */
  readonly values: ReadonlyMap<string, string>;
  readonly signature: string | undefined;
  /** What was signed: query and body as sent, without the signature. */
  readonly payload: string;
}

const formType = "application/x-www-form-urlencoded";

/** Cuts a raw target at its first `?`. */
export function splitTarget(target: string): { path: string; query: string } {
  const at = target.indexOf("?");
  return at < 0 ? { path: target, query: "" } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/**
 * Reads the parameters of a request.
 * @throws Refusal -1101 for a name twice in one place, -1100 for broken percent-encoding or UTF-8
 */
export function readParameters(arrival: Arrival): Parameters {
  const query = splitPairs(arrival.query);
  const body = splitPairs(bodyParameters(arrival));
  const values = new Map([...collect(body), ...collect(query)]);
  const signature = rawSignature(query) ?? rawSignature(body);
  values.delete("signature");
  return {
    values,
    // A bare plus in a base64 signature is a plus: some clients do not percent-encode it.
    signature: signature === undefined ? undefined : decode(signature),
    payload: withoutSignature(query) + withoutSignature(body),
  };
}

interface Pair {
  readonly raw: string;
  readonly name: string;
  readonly value: string;
}

function bodyParameters(arrival: Arrival): string {
  const type = arrival.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  return arrival.method === "GET" || type !== formType ? "" : arrival.body;
}

function splitPairs(text: string): Pair[] {
  if (text === "") return [];
  return text.split("&").map((raw) => {
    const at = raw.indexOf("=");
    return at < 0
      ? { raw, name: formDecode(raw), value: "" }
      : { raw, name: formDecode(raw.slice(0, at)), value: raw.slice(at + 1) };
  });
}

function collect(pairs: readonly Pair[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const { raw, name, value } of pairs) {
    if (raw === "") continue;
    if (values.has(name)) throw refusals.duplicateValues(name);
    values.set(name, formDecode(value));
  }
  return values;
}

const rawSignature = (pairs: readonly Pair[]): string | undefined =>
  pairs.find((pair) => pair.name === "signature")?.value;

const withoutSignature = (pairs: readonly Pair[]): string =>
  pairs
    .filter((pair) => pair.name !== "signature")
    .map((pair) => pair.raw)
    .join("&");

const formDecode = (raw: string): string => decode(raw.replaceAll("+", " "));

/** Percent-decodes bytes to UTF-8 text. */
function decode(raw: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(raw)) throw refusals.illegalCharacters();
  const bytes = raw.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(bytes, "latin1"));
  } catch {
    throw refusals.illegalCharacters();
  }
}
