/** The bounds of the data plane's door, in one place: what is over them is refused or cut off, never queued. */

/** Bounds of the door. */
export const doorLimits = {
  headersMsMax: 5_000,
  requestMsMax: 10_000,
  checkEveryMs: 1_000,
  /** Longer than the usual load balancer's, so that it is not us who closes a connection just as a request comes. */
  keepAliveMs: 75_000,
  /** A peer that neither sends nor reads for so long is gone. */
  silenceMsMax: 120_000,
  headerBytesMax: 16_384,
  headersMax: 64,
  bodyBytesMax: 8_192,
  /** Requests that may still finish when the server stops. */
  drainMsMax: 15_000,
} as const;
