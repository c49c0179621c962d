/**
 * How the control plane says no: one table from code to HTTP status, one shape. A sentence here is ours or the keys
 * room's; the words of an unexpected error never leave the process, for they may hold what a request held.
 */
import type { Problem } from "@countersign/contract";
import { KeyError } from "../keys/key-error.ts";
import type { KeyErrorCode } from "../keys/key-error.ts";

/** Every refusal that the control plane itself makes. */
const statuses = {
  "invalid-request": 400,
  "unusable-secret": 400,
  "wrong-host": 403,
  "origin-refused": 403,
  "not-found": 404,
  "unknown-client-key": 404,
  "unknown-venue-key": 404,
  "method-not-allowed": 405,
  "request-timeout": 408,
  "body-too-large": 413,
  "wrong-content-type": 415,
  "venue-refused": 422,
  "headers-too-large": 431,
  internal: 500,
  "venue-unreachable": 502,
  "not-written": 503,
} as const;

export type AdminProblemCode = keyof typeof statuses;

/** A refusal on its way to the client. */
export class AdminProblem extends Error {
  override readonly name = "AdminProblem";
  readonly status: number;
  readonly problem: Problem;

  constructor(
    code: AdminProblemCode,
    message: string,
    more: Omit<Problem["error"], "code" | "message"> = {},
  ) {
    super(message);
    this.status = statuses[code];
    this.problem = { error: { code, message, ...more } };
  }
}

/** The status and body for anything thrown; undefined for an error that nobody foresaw. */
export function problemOf(error: unknown): { status: number; problem: Problem } | undefined {
  if (error instanceof AdminProblem) return error;
  if (error instanceof KeyError) {
    const { code, message } = error;
    return { status: keyErrorStatuses[code] ?? 400, problem: { error: { code, message } } };
  }
  // Storage is a room that this one may not see; it calls its own errors so.
  if (error instanceof Error && error.name === "StoreError") return notWritten;
  return undefined;
}

/** What the keys room refuses is the request's fault (400), but for these. */
const keyErrorStatuses: { readonly [code in KeyErrorCode]?: number } = {
  "unknown-client-key": 404,
  "unknown-venue-key": 404,
  "public-key-in-use": 409,
  "venue-api-key-twice": 409,
  "client-keys-too-many": 409,
  "venue-keys-too-many": 409,
  "too-many-changes-waiting": 503,
};

const notWritten = new AdminProblem(
  "not-written",
  "This could not be written to disk; the log says why. A revocation holds until a restart: repeat it.",
);

/** Where an unforeseen error came from, for the log: its kind and place, not its words. */
export function traceOf(error: unknown): { error: string; at: string } {
  if (!(error instanceof Error)) return { error: typeof error, at: "" };
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const code = "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  return {
    error: `${error.name}${code}`,
    at: frames
      .slice(0, 4)
      .map((line) => line.trim())
      .join(" < "),
  };
}
