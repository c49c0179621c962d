// What the sandbox's tests share: a clock that stands still, a sandbox that is always closed, and requests whose
// bytes go out exactly as written.

import { createHmac } from "node:crypto";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { startSandbox, type Clock, type Sandbox, type SandboxOptions } from "../src/index.ts";

export const noonMs = Date.UTC(2026, 5, 1, 12, 0, 0);

export class ManualClock implements Clock {
  #nowMs: number;

  constructor(nowMs: number = noonMs) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
  }
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json(): unknown;
  /** The code of a refusal. */
  readonly code: unknown;
  readonly msg: unknown;
}

export interface Sent {
  readonly method?: string;
  readonly path: string;
  /** As on the wire, without `?`. */
  readonly query?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends exactly these bytes. @throws the socket's error if there is no answer */
export function send(sandbox: Sandbox, sent: Sent): Promise<Reply> {
  const { method = "GET", path, query, body = "" } = sent;
  const bytes = Buffer.from(body);
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: "127.0.0.1",
      port: sandbox.port,
      method,
      path: query === undefined ? path : `${path}?${query}`,
      agent: false,
      headers: {
        ...(bytes.length === 0
          ? {}
          : { "content-type": "application/x-www-form-urlencoded", "content-length": String(bytes.length) }),
        ...sent.headers,
      },
    });
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const json = (): unknown => JSON.parse(text);
        const { code, msg } = refusalOf(text);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json, code, msg });
      });
    });
    request.end(bytes);
  });
}

function refusalOf(text: string): { code?: unknown; msg?: unknown } {
  return text.startsWith('{"code"') ? (JSON.parse(text) as { code?: unknown; msg?: unknown }) : {};
}

export interface Credentials {
  readonly apiKey: string;
  readonly secret: string;
}

/** The first HMAC key of the sandbox's first account. */
export function credentialsOf(sandbox: Sandbox): Credentials {
  const { apiKey = "", secret = "" } = sandbox.accounts[0]?.keys[0] ?? {};
  return { apiKey, secret };
}

export const uidOf = (sandbox: Sandbox): number => sandbox.accounts[0]?.uid ?? 0;

export const hmac = (secret: string, payload: string): string =>
  createHmac("sha256", secret).update(payload, "latin1").digest("hex");

export interface SignedRequest extends Sent {
  readonly timestamp?: number | string;
  readonly as?: Credentials;
}

/** A caller bound to a sandbox and its clock. */
export class Caller {
  readonly #sandbox: Sandbox;
  readonly #clock: Clock;

  constructor(sandbox: Sandbox, clock: Clock) {
    this.#sandbox = sandbox;
    this.#clock = clock;
  }

  open(path: string, query?: string): Promise<Reply> {
    return send(this.#sandbox, query === undefined ? { path } : { path, query });
  }

  /** Signs everything into the query with HMAC. */
  signed(
    method: string,
    path: string,
    query = "",
    options: Omit<SignedRequest, "method" | "path" | "query"> = {},
  ) {
    const { apiKey, secret } = options.as ?? credentialsOf(this.#sandbox);
    const timestamp = options.timestamp ?? this.#clock.nowMs();
    const payload = `${query}${query === "" ? "" : "&"}timestamp=${timestamp}`;
    return send(this.#sandbox, {
      method,
      path,
      query: `${payload}&signature=${hmac(secret, payload)}`,
      headers: { "x-mbx-apikey": apiKey, ...options.headers },
    });
  }

  order(query: string): Promise<Reply> {
    return this.signed("POST", "/api/v3/order", query);
  }
}

export interface Stage {
  readonly sandbox: Sandbox;
  readonly clock: ManualClock;
  readonly call: Caller;
}

/** A sandbox on a standing clock for as long as `run` takes. The market moves only by `tick()`. */
export async function onStage<Result>(
  options: SandboxOptions,
  run: (stage: Stage) => Promise<Result>,
  clock = new ManualClock(),
): Promise<Result> {
  const sandbox = await startSandbox({ clock, tickMs: undefined, ...options });
  try {
    return await run({ sandbox, clock, call: new Caller(sandbox, clock) });
  } finally {
    await sandbox.close();
  }
}

/** Writes raw bytes and gives everything that came back until the other side closed. */
export function raw(sandbox: Sandbox, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(sandbox.port, "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  });
}
