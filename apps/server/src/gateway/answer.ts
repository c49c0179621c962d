/** What goes back to a bot: status, headers, JSON text. Built from nothing, never copied from a venue wholesale. */
import type { RecordedAnswer } from "../audit/journal.ts";

/** Header names are lower case; the listener adds Content-Type, Content-Length and the request id. */
export type Answer = RecordedAnswer;

/** A Binance-shaped error. */
export function errorAnswer(error: {
  status: number;
  code: number;
  msg: string;
  headers: readonly (readonly [string, string])[];
}): Answer {
  const body = JSON.stringify({ code: error.code, msg: error.msg });
  return { status: error.status, headers: error.headers, body };
}

/** A plain 200 with a JSON body. */
export function okAnswer(value: unknown): Answer {
  return { status: 200, headers: [], body: JSON.stringify(value) };
}
