// The package imports nothing outside its folder, and only the fast path may name a `node:` module.

import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import * as door from "../src/index.ts";

const source = new URL("../src/", import.meta.url);
const files = readdirSync(source);

function importsOf(file: string): string[] {
  const text = readFileSync(new URL(file, source), "utf8");
  return [...text.matchAll(/(?:from|import|import\()\s*"([^"]+)"/g)].map(([, name = ""]) => name);
}

test.each(files)("%s imports only its neighbours", (file) => {
  const strangers = importsOf(file).filter((name) => !/^\.\/[a-z0-9-]+\.ts$/.test(name));
  if (file === "crypto-node.ts") expect(strangers.every((name) => name.startsWith("node:"))).toBe(true);
  else expect(strangers).toEqual(file === "keys.ts" ? ["#crypto"] : []);
});

test("nothing that a browser lacks is used outside the fast path", () => {
  for (const file of files.filter((name) => name !== "crypto-node.ts")) {
    expect(readFileSync(new URL(file, source), "utf8")).not.toMatch(/\b(?:Buffer|process|require)\b[.(]/);
  }
});

test("the door is this and no more", () => {
  expect(Object.keys(door).sort()).toEqual([
    "KeyFormatError",
    "SigningFormatError",
    "checkTiming",
    "formatKey",
    "importSigner",
    "importVerifier",
    "isApiKeyFormat",
    "keyBytesAdvised",
    "keyPattern",
    "keyPrefixes",
    "normalizePublicKey",
    "parseKey",
    "parseWsParams",
    "publicKeyOf",
    "recvWindowDefaultMs",
    "recvWindowMaxMs",
    "serializeParams",
    "signRest",
    "signWs",
    "splitRest",
    "verifyRest",
    "verifyWs",
    "wsParamsMax",
    "wsPayload",
    "wsTextCharsMax",
  ]);
});
