/** What the README and `npm start` print, run as it is printed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runCommand } from "../../quickstart/child.ts";
import { ccxtSnippet } from "../../quickstart/snippet.ts";
import { startStack } from "../../quickstart/stack.ts";

const root = resolve(import.meta.dirname, "../..");
const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function temporaryFolder(below = tmpdir()): string {
  const folder = mkdtempSync(join(below, "countersign-quickstart-"));
  folders.push(folder);
  return folder;
}

describe("npm start", () => {
  test("the snippet trades as it is printed, and a kept folder is used again with a new key", async () => {
    const dataDir = temporaryFolder();
    const first = await startStack({ dataDir });
    try {
      // Below node_modules, so that `import ccxt` finds what `npm ci` installed.
      const bot = join(temporaryFolder(join(root, "node_modules")), "bot.mjs");
      writeFileSync(bot, ccxtSnippet(first));
      expect(await runCommand([bot])).toMatch(/^closed 0\.001 BTC\/USDT at \d+/);
    } finally {
      await first.close();
    }
    const second = await startStack({ dataDir });
    try {
      expect(second.apiKey).not.toBe(first.apiKey);
      const { clientKeys } = (await second.cli(["client-key", "list"])) as {
        clientKeys: { id: string; state: string }[];
      };
      expect(Object.fromEntries(clientKeys.map(({ id, state }) => [id, state]))).toEqual({
        [first.apiKey]: "revoked",
        [second.apiKey]: "active",
      });
    } finally {
      await second.close();
    }
  });
});

describe("the README", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");

  test("shows the snippet that npm start prints", () => {
    const shown = ccxtSnippet({ baseUrl: "<base URL>", apiKey: "<API key>", apiSecret: "<API secret>" });
    expect(readme).toContain(`\`\`\`js\n${shown}\`\`\``);
  });

  test("names npm scripts and commands that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    const named = [...readme.matchAll(/npm (?:run )?(start|test|demo|bench)\b/g)].map(
      (match) => match[1] ?? "",
    );
    expect(named.length).toBeGreaterThan(3);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
  });
});
