/** A secret prints as `[secret]` whatever formats it. */
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { createLog } from "../../src/base/log.ts";
import { Secret } from "../../src/base/secret.ts";

const value = "canary-7f3a";

test("no way of formatting prints a secret", () => {
  const secret = new Secret(value);
  const buried = { deep: [{ secret }], secret };
  const lines: string[] = [];
  const log = createLog("debug", { write: (line: string) => void lines.push(line) });
  log.error(String(secret), { reason: inspect(buried, { depth: 9, showHidden: true }) });
  const texts = [
    String(secret),
    JSON.stringify(buried),
    inspect(buried),
    Object.values(secret).join(),
    ...lines,
  ];
  for (const text of texts) expect(text).not.toContain(value);
  expect(JSON.stringify({ secret })).toBe('{"secret":"[secret]"}');
  expect(secret.reveal()).toBe(value);
});

test("a secret of bytes prints no byte", () => {
  const secret = new Secret(Buffer.from(value));
  expect(inspect({ secret }, { showHidden: true })).toBe("{ secret: [secret] }");
});
