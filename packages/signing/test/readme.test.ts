// Every example of the README runs, in a process of its own, and prints what the README says.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../", import.meta.url));
const readme = readFileSync(`${folder}README.md`, "utf8");
const run = promisify(execFile);

const examples = [
  ...readme.matchAll(
    /^## (?<title>[^\n]+)\n(?:(?!^## |^```)[^\n]*\n)*^```ts\n(?<code>[^]*?)^```\n\n^```text\n(?<output>[^]*?)^```$/gm,
  ),
].map(({ groups = {} }) => ({
  title: groups["title"] ?? "",
  code: groups["code"] ?? "",
  output: groups["output"] ?? "",
}));

test("every ts block is one of the examples", () => {
  expect(examples).toHaveLength(readme.match(/^```ts$/gm)?.length ?? 0);
  expect(examples.length).toBeGreaterThan(0);
});

test.each(examples)("$title", async ({ code, output }) => {
  // Run from the package's folder, so that its own name leads to its own door.
  const { stdout } = await run(process.execPath, ["--input-type=module-typescript", "--eval", code], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", FORCE_COLOR: "0" },
  });
  expect(stdout).toBe(output);
});
