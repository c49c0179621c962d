/**
 * A bot as the crash tests need it: it signs once, keeps the very bytes, and sends them as often as it is told, each
 * time on a fresh connection. Nothing here retries: what arrives twice was sent twice by the test.
 */
import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { importSigner, signRest } from "@countersign/signing";
import type { Signer } from "@countersign/signing";

export type Param = readonly [name: string, value: string];

export interface Wish {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly params: readonly Param[];
}

/** A signed request: the same bytes each time it is sent. */
export interface SignedRequest extends Wish {
  /** All parameters with the signature last; query or form body. */
  readonly text: string;
  readonly apiKey: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Binance's code, where the body is a refusal. */
  readonly code: number | undefined;
  /** Our own name of a refusal; undefined for what the exchange answered. */
  readonly refusal: string | undefined;
}

export interface Bot {
  readonly apiKey: string;
  sign(wish: Wish, timestampMs: number): Promise<SignedRequest>;
}

/** As long as a window may be: the bytes of before a crash must still pass the timing rule after it. */
const recvWindowMs = 60_000;
/** Stamps may be this far ahead of the clock, less one millisecond. */
const aheadMs = 999;

export async function createBot(apiKey: string, apiSecret: string): Promise<Bot> {
  const signer: Signer = await importSigner({ algorithm: "HMAC", secret: apiSecret });
  return {
    apiKey,
    async sign(wish, timestampMs) {
      const timing: Param[] = [
        ["recvWindow", String(recvWindowMs)],
        ["timestamp", String(timestampMs)],
      ];
      return { ...wish, apiKey, text: await signRest([...wish.params, ...timing], signer) };
    },
  };
}

/** How the record names what was signed: SHA-256 over key, generation and payload (entry.ts), computed anew here. */
export function payloadDigestOf({ apiKey, text }: SignedRequest): string {
  const payload = text.replace(/&signature=[0-9a-f]+$/, "");
  return createHash("sha256").update(`${apiKey}:1:${payload}`).digest("hex");
}

/** The answer, or undefined when the connection broke before a whole one was there. */
export async function send(baseUrl: string, signed: SignedRequest): Promise<Answer | undefined> {
  const form = signed.method === "POST";
  const headers = {
    "x-mbx-apikey": signed.apiKey,
    ...(form && { "content-type": "application/x-www-form-urlencoded" }),
  };
  const target = form ? signed.path : `${signed.path}?${signed.text}`;
  try {
    return await exchange(baseUrl, target, {
      method: signed.method,
      headers,
      body: form ? signed.text : undefined,
    });
  } catch (error) {
    if (brokenOff.has((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

const brokenOff: ReadonlySet<string> = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE"]);

/** @throws Error when no answer came */
export async function sendAnswered(baseUrl: string, signed: SignedRequest): Promise<Answer> {
  const answer = await send(baseUrl, signed);
  if (answer === undefined) throw new Error(`${signed.method} ${signed.path}: no answer`);
  return answer;
}

/** An unsigned GET of anything that answers JSON. */
export function get(baseUrl: string, target: string): Promise<Answer> {
  return exchange(baseUrl, target, { method: "GET", headers: {}, body: undefined });
}

/**
 * A timestamp that a mutation may carry right after a start, without waiting: at least a second after the start, and
 * less than a second ahead of the gateway's clock. Milliseconds since the epoch.
 */
export async function stampAfterStart(baseUrl: string): Promise<number> {
  const first = await serverTimeMs(baseUrl);
  let nowMs = first;
  while (nowMs === first) nowMs = await serverTimeMs(baseUrl);
  return nowMs + aheadMs;
}

export async function serverTimeMs(baseUrl: string): Promise<number> {
  const { body } = await get(baseUrl, "/api/v3/time");
  return (JSON.parse(body) as { serverTime: number }).serverTime;
}

function exchange(
  baseUrl: string,
  target: string,
  options: { method: string; headers: Record<string, string>; body: string | undefined },
): Promise<Answer> {
  const { method, headers, body } = options;
  const url = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: url.hostname, port: url.port, path: target, method, headers, agent: false },
      (response) => void readAnswer(response).then(resolve, reject),
    );
    request.once("error", reject);
    request.end(body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString("utf8");
  const code = /^\{"code":(-\d+),"msg"/.exec(body)?.[1];
  const refusal = response.headers["x-countersign-refusal"];
  return {
    status: response.statusCode ?? 0,
    body,
    code: code === undefined ? undefined : Number(code),
    refusal: typeof refusal === "string" ? refusal : undefined,
  };
}
