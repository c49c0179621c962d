/** Asks a venue whose key this is: one signed `GET /api/v3/account`. A key that the venue refuses is not taken in. */
import { signRest } from "@countersign/signing";
import type { Signer } from "@countersign/signing";
import type { Venue } from "./venue.ts";

/** The venue refused the key, in its own words, or gave no usable answer (`venueCode` undefined). */
export class IdentifyError extends Error {
  override readonly name = "IdentifyError";
  /** E.g. -2015. */
  readonly venueCode: number | undefined;

  constructor(message: string, venueCode?: number) {
    super(message);
    this.venueCode = venueCode;
  }
}

const recvWindowMs = 10_000;

/**
 * The uid of the account that the key belongs to.
 * @throws IdentifyError with the venue's own code and text when it refuses.
 */
export async function identifyAccount(
  venue: Venue,
  candidate: { apiKey: string; signer: Signer },
): Promise<{ accountUid: string }> {
  const params: [string, string][] = [
    ["omitZeroBalances", "true"],
    ["recvWindow", String(recvWindowMs)],
    ["timestamp", String(venue.clock.venueNowMs())],
  ];
  const query = await signRest(params, candidate.signer);
  const headers = { accept: "application/json", "x-mbx-apikey": candidate.apiKey };
  const target = `/api/v3/account?${query}`;
  const reply = await venue.send({ method: "GET", target, headers, body: undefined }, () => {});
  if (reply.kind !== "answered") {
    throw new IdentifyError(`${venue.name} (${venue.origin}) gave no answer`);
  }
  const answer = parseObject(reply.body);
  if (reply.status !== 200) {
    const { code, msg } = answer;
    const text = typeof msg === "string" ? msg : `HTTP status ${reply.status}`;
    throw new IdentifyError(text, typeof code === "number" ? code : reply.status);
  }
  const { uid } = answer;
  if (typeof uid !== "number" && typeof uid !== "string") {
    throw new IdentifyError(`${venue.name} did not say whose key this is`);
  }
  return { accountUid: String(uid) };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
