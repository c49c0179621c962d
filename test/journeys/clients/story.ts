// What every stock client is asked to do, and the form in which it reports: facts that must be the same against any
// endpoint that speaks Binance, and the shape of the client's own answers. Knows no client and no server.

import { generateKeyPairSync } from "node:crypto";

export type Algorithm = "HMAC" | "ED25519" | "RSA";

/** Where to go and as whom; the only things a story may depend on. */
export type StoryTarget = { readonly baseUrl: string; readonly apiKey: string } & (
  | { readonly algorithm: "HMAC"; readonly apiSecret: string }
  | { readonly algorithm: "ED25519" | "RSA"; readonly privateKeyPem: string }
);

export type Fact = string | number | boolean;

export interface Step {
  readonly step: string;
  /** The same wherever the story is told. */
  readonly facts: Readonly<Record<string, Fact>>;
  /** Names and types in the client's answer. */
  readonly shape: Shape;
}

export interface StoryResult {
  readonly client: string;
  readonly steps: readonly Step[];
}

export type ProbeKind = "wrong-signature" | "stale-clock" | "unknown-key" | "missing-permission";

/** How a client's user meets a refusal. */
export interface ProbeResult {
  readonly probe: ProbeKind;
  /** The class or name of what was thrown. */
  readonly error: string;
  /** Binance's code, read the way a user of this client would. */
  readonly code: number | undefined;
  readonly text: string;
}

export interface StockClient {
  readonly name: string;
  /** Algorithms with which this client can tell the whole story. */
  readonly algorithms: readonly Algorithm[];
  story(target: StoryTarget): Promise<StoryResult>;
  /** `readOnly` is a working key that may not trade. */
  probes(target: StoryTarget, readOnly: StoryTarget): Promise<readonly ProbeResult[]>;
}

export const storySymbol = "BTCUSDT";
export const limitQuantity = 0.001;
export const marketQuantity = 0.002;
/** How far behind the stale clock is; more than any client's recvWindow. */
export const staleMs = 120_000;

/** A price far enough below the market not to trade, near enough to pass the price filters. */
export function quietPrice(bestBid: number): number {
  return Math.floor(bestBid * 0.8);
}

export type Shape = string | readonly Shape[] | { readonly [name: string]: Shape };

/** Types instead of values; an array is told by its first element. */
export function shapeOf(value: unknown): Shape {
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== "object") return typeof value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, shapeOf((value as Record<string, unknown>)[name])]));
}

/** The target with a secret that is not the key's. */
export function withWrongSecret(target: StoryTarget): StoryTarget {
  if (target.algorithm === "HMAC") return { ...target, apiSecret: "0".repeat(64) };
  const { privateKey } =
    target.algorithm === "RSA"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ed25519");
  return { ...target, privateKeyPem: pemOf(privateKey) };
}

/** The target with a well-formed key that nobody has. */
export function withUnknownKey(target: StoryTarget): StoryTarget {
  return { ...target, apiKey: "Z".repeat(64) };
}

/** PKCS#8, without the final newline that makes some clients take Ed25519 for RSA. */
export function pemOf(key: { export(options: { type: "pkcs8"; format: "pem" }): string | Buffer }): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString().trim();
}

/** The secret as most clients take it: the HMAC text or the PEM, in the same place. */
export function secretOf(target: StoryTarget): string {
  return target.algorithm === "HMAC" ? target.apiSecret : target.privateKeyPem;
}

/** Collects steps in the order in which they are told. */
export class Telling {
  readonly #client: string;
  readonly #steps: Step[] = [];

  constructor(client: string) {
    this.#client = client;
  }

  tell(step: string, facts: Readonly<Record<string, Fact>>, answer: unknown): void {
    this.#steps.push({ step, facts, shape: shapeOf(answer) });
  }

  result(): StoryResult {
    return { client: this.#client, steps: this.#steps };
  }
}

/** Runs what must fail and gives what was thrown. @throws Error if nothing was */
export async function failureOf(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run();
  } catch (thrown) {
    return thrown;
  }
  throw new Error("expected a refusal and got none");
}
