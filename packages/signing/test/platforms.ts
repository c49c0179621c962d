// The two implementations of the package's cryptography, side by side: every suite runs on both.

import { createKeyring } from "../src/keyring.ts";
import type { Keyring } from "../src/keyring.ts";
import { platform as node } from "../src/crypto-node.ts";
import { platform as web } from "../src/crypto-web.ts";
import type { CryptoPlatform } from "../src/crypto.ts";

export interface TestedPlatform {
  readonly name: string;
  readonly platform: CryptoPlatform;
  readonly keyring: Keyring;
}

export const platforms: readonly TestedPlatform[] = [
  { name: "node:crypto", platform: node, keyring: createKeyring(node) },
  { name: "WebCrypto", platform: web, keyring: createKeyring(web) },
];
