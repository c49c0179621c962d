/** Where each venue is. Hosts are fixed: nothing a client or the database says chooses where we connect. */
import type { VenueName } from "../keys/venue-key.ts";

const fixedOrigins = {
  binance: "https://api.binance.com",
  testnet: "https://testnet.binance.vision",
  demo: "https://demo-api.binance.com",
} as const;

/**
 * The origin (scheme, host, port) of a venue.
 * @param sandboxUrl where the sandbox listens; config has made sure that this is a loopback address.
 * @throws Error when the sandbox has no URL, or another venue has one.
 */
export function venueOrigin(venue: VenueName, sandboxUrl: string | undefined): string {
  if (venue !== "sandbox") {
    if (sandboxUrl !== undefined) throw new Error(`venue ${venue} has a fixed host and takes no venueUrl`);
    return fixedOrigins[venue];
  }
  if (sandboxUrl === undefined) throw new Error("venue sandbox needs a venueUrl");
  return new URL(sandboxUrl).origin;
}
