/**
 * The wire to one venue: keep-alive connections to one fixed origin, bounded waits and answers, no redirect, no retry.
 * It says of each request the one thing that matters after a fault: was it certainly not sent, or can nobody know.
 */
import { Pool } from "undici";
import type { Dispatcher } from "undici";

/** Bounds of the way to a venue. */
export const connectionLimits = {
  connectionsMax: 64,
  /** For cancels alone: they never wait behind requests that hang. */
  cancelConnectionsMax: 8,
  connectMsMax: 5_000,
  /** A venue's engine gives up after ten seconds itself (-1007); we wait a little longer for it to say so. */
  answerMsMax: 12_000,
  headerBytesMax: 16_384,
  /** A whole exchangeInfo of Binance is about 20 MB. */
  answerBytesMax: 64 * 1024 * 1024,
} as const;

/** A request as it goes out: built from nothing but our own table and the judged parameters. */
export interface VenueRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What came of a request. */
export type VenueReply =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: ReadonlyMap<string, string>;
      readonly body: string;
    }
  /** The last look before the socket write said no; nothing was written. */
  | { readonly kind: "stopped"; readonly cause: unknown }
  /** No connection could be had; nothing was written. */
  | { readonly kind: "unsent"; readonly reason: string }
  /** It was written, in part or whole, and no usable answer came back. */
  | { readonly kind: "unanswered"; readonly reason: string };

export interface VenueConnection {
  /**
   * Sends one request, once.
   * @param lastLook called in the same turn as the socket write, after any wait for a connection; throws to prevent it.
   * @param written called when the request has been handed to the operating system.
   */
  send(request: VenueRequest, lastLook: () => void, written?: () => void): Promise<VenueReply>;
  close(): Promise<void>;
}

/** Opens the wire; connections are made when they are needed. */
export function connectVenue(options: { origin: string; answerMsMax?: number }): VenueConnection {
  const { origin, answerMsMax = connectionLimits.answerMsMax } = options;
  const bounds: Pool.Options = {
    pipelining: 1,
    allowH2: false,
    connect: { timeout: connectionLimits.connectMsMax },
    headersTimeout: answerMsMax,
    bodyTimeout: answerMsMax,
    maxHeaderSize: connectionLimits.headerBytesMax,
    maxResponseSize: connectionLimits.answerBytesMax,
  };
  const ordinary = new Pool(origin, { ...bounds, connections: connectionLimits.connectionsMax });
  const cancels = new Pool(origin, { ...bounds, connections: connectionLimits.cancelConnectionsMax });
  return {
    send: (request, lastLook, written) =>
      new Promise((resolve) => {
        const pool = request.method === "DELETE" ? cancels : ordinary;
        pool.dispatch(
          {
            method: request.method,
            path: request.target,
            headers: request.headers,
            body: request.body ?? null,
            idempotent: false,
          },
          new Exchange({ resolve, lastLook, written, answerMsMax }),
        );
      }),
    close: async () => void (await Promise.all([ordinary.destroy(), cancels.destroy()])),
  };
}

interface ExchangeParts {
  readonly resolve: (reply: VenueReply) => void;
  readonly lastLook: () => void;
  readonly written: (() => void) | undefined;
  readonly answerMsMax: number;
}

/** One request on one socket, as undici tells of it. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #parts: ExchangeParts;
  readonly #chunks: Buffer[] = [];
  #begun = false;
  #stoppedBy: { cause: unknown } | undefined;
  #status = 0;
  #headers = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
  }

  /** undici calls this in the turn in which it writes the request; aborting here writes nothing. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#begun) {
      // A second start would be a retry: one request is sent once.
      controller.abort(new Error("not sent twice"));
      return;
    }
    try {
      this.#parts.lastLook();
    } catch (cause) {
      this.#stoppedBy = { cause };
      controller.abort(new Error("stopped before the write"));
      return;
    }
    this.#begun = true;
    // The write follows in this very call: a later turn could come after the answer.
    if (this.#parts.written !== undefined) queueMicrotask(this.#parts.written);
    // The pool's own time-outs start anew with every byte: a slow drip needs one clock over the whole answer.
    this.#timer = setTimeout(() => controller.abort(new Error("no answer in time")), this.#parts.answerMsMax);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    for (const [name, value] of Object.entries(headers)) {
      if (typeof value === "string") this.#headers.set(name.toLowerCase(), value);
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.#timer);
    const body = Buffer.concat(this.#chunks).toString("utf8");
    this.#parts.resolve({ kind: "answered", status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#timer);
    if (this.#stoppedBy !== undefined) this.#parts.resolve({ kind: "stopped", cause: this.#stoppedBy.cause });
    else this.#parts.resolve({ kind: this.#begun ? "unanswered" : "unsent", reason: error.message });
  }
}
