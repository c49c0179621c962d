/** ① What arrived: the bytes of one request, untouched. The listener makes it; nothing later goes back to the socket. */
export interface Arrival {
  /** Our own id of this request; every answer and log line carries it. */
  readonly requestId: string;
  readonly method: string;
  /** The request target exactly as it stood on the request line. */
  readonly target: string;
  /** Header names (lower case) and values, in the order sent, duplicates kept. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body as Latin-1 text: one character a byte. */
  readonly body: string;
  /** The peer's address as the socket knows it. */
  readonly address: string;
}

/** The value of a header that may occur once at most; the listener has refused duplicates of those that matter. */
export function headerOf(arrival: Arrival, name: string): string | undefined {
  return arrival.headers.find(([each]) => each === name)?.[1];
}
