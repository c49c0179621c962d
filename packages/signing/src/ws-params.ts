// Reads the `params` object of a WebSocket frame without losing a number's spelling, which is what was signed:
// JSON.parse turns 10000.0 into 10000. Accepts one flat object and nothing else.

import { SigningFormatError } from "./errors.ts";
import { requireUnambiguous } from "./ws.ts";

/** The most parameters in one frame, the signature included. */
export const wsParamsMax = 64;
/** The longest text that is scanned, in UTF-16 code units. */
export const wsTextCharsMax = 65_536;

const blank = /[ \t\n\r]*/y;
// oxlint-disable-next-line no-control-regex
const stringLiteral = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y;
const bareLiteral = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;

interface Scanner {
  readonly text: string;
  at: number;
}

function malformed(scanner: Scanner): SigningFormatError {
  return new SigningFormatError("json-malformed", `The params are not a JSON object (at ${scanner.at}).`);
}

function take(scanner: Scanner, pattern: RegExp): string | undefined {
  pattern.lastIndex = scanner.at;
  const [match] = pattern.exec(scanner.text) ?? [];
  if (match !== undefined) scanner.at += match.length;
  return match;
}

// The next character that is not blank, consumed only if it is the one asked for.
function takeMark(scanner: Scanner, mark: string): boolean {
  take(scanner, blank);
  if (scanner.text.charAt(scanner.at) !== mark) return false;
  scanner.at += 1;
  return true;
}

function readString(scanner: Scanner): string | undefined {
  const literal = take(scanner, stringLiteral);
  if (literal === undefined) return undefined;
  const value: unknown = JSON.parse(literal);
  return typeof value === "string" ? value : undefined;
}

function readName(scanner: Scanner): string {
  take(scanner, blank);
  const name = readString(scanner);
  if (name === undefined || !takeMark(scanner, ":")) throw malformed(scanner);
  return name;
}

function readValue(scanner: Scanner): string {
  take(scanner, blank);
  const next = scanner.text.charAt(scanner.at);
  if (next === "{" || next === "[") {
    throw new SigningFormatError("json-nested", "A parameter's value is an object or an array.");
  }
  const value = readString(scanner) ?? take(scanner, bareLiteral);
  if (value === undefined) throw malformed(scanner);
  return value;
}

/**
 * Names and values of one flat JSON object, in the order sent. A string's value is its text, a number's the literal
 * as it stands (`10000.0`, `1e-05`), the rest `true`, `false`, `null`.
 * @throws SigningFormatError `text-too-long`, `json-malformed`, `json-nested`, `too-many-params`, `name-empty`,
 * `name-duplicate`, `character-forbidden`, `lone-surrogate`
 */
export function parseWsParams(frameParamsJson: string): Map<string, string> {
  if (frameParamsJson.length > wsTextCharsMax) {
    throw new SigningFormatError("text-too-long", `The params exceed ${wsTextCharsMax} characters.`);
  }
  const scanner: Scanner = { text: frameParamsJson, at: 0 };
  const params = new Map<string, string>();
  if (!takeMark(scanner, "{")) throw malformed(scanner);
  if (!takeMark(scanner, "}")) {
    do {
      const name = readName(scanner);
      const value = readValue(scanner);
      requireUnambiguous(name, value);
      if (params.has(name)) throw new SigningFormatError("name-duplicate", "A parameter occurs twice.");
      if (params.size === wsParamsMax) {
        throw new SigningFormatError("too-many-params", `More than ${wsParamsMax} parameters.`);
      }
      params.set(name, value);
    } while (takeMark(scanner, ","));
    if (!takeMark(scanner, "}")) throw malformed(scanner);
  }
  take(scanner, blank);
  if (scanner.at !== frameParamsJson.length) throw malformed(scanner);
  return params;
}
