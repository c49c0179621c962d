/** Root keys for tests, held in memory. */
import { Secret } from "../../src/base/secret.ts";
import { createRootKeys } from "../../src/vault/root-keys.ts";
import type { RootKeys } from "../../src/vault/root-keys.ts";

/** Versions 1, 2, … with keys of these bytes repeated. */
export function rootKeysOf(...fills: readonly number[]): RootKeys {
  return createRootKeys(new Map(fills.map((fill, index) => [index + 1, new Secret(Buffer.alloc(32, fill))])));
}
