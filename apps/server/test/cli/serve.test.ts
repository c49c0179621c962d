/** `countersign serve` as a process: one line when it is ready, certificates on SIGHUP, a clean end on a signal. */
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../admin/control-fixture.ts";
import { documentIn, outcomeOf, runHere, start } from "./command-fixture.ts";

const file = resolve(import.meta.dirname, "serve-process.ts");
let dataDir = "";
beforeAll(async () => {
  dataDir = await temporaryFolder();
  await writeFile(join(dataDir, "countersign.yaml"), "venue: testnet\n", { mode: 0o600 });
});
afterAll(() => rm(dataDir, { recursive: true }));

/** Resolves once `stream` has said `words`. */
async function said(
  child: ChildProcessWithoutNullStreams,
  stream: "stdout" | "stderr",
  words: string,
): Promise<void> {
  let text = "";
  for (;;) {
    const [chunk] = (await once(child[stream], "data")) as [Buffer];
    text += chunk.toString("utf8");
    if (text.includes(words)) return;
  }
}

describe("serve", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "says when it is ready and ends cleanly on %s",
    async (signal) => {
      const child = start(["serve", "--data-dir", dataDir], { file });
      const outcome = outcomeOf(child);
      await said(child, "stdout", "\n");
      child.kill(signal);
      const { exitCode, stdout, stderr } = await outcome;
      expect([exitCode, stdout]).toEqual([
        0,
        "Countersign is ready: bots connect to http://127.0.0.1:1, health is at http://127.0.0.1:2/healthz.\n",
      ]);
      expect(stderr).toContain("closed");
      expect(stderr).toContain(`"signal":"${signal}"`);
    },
  );

  test("with --json says exactly one line, and reads certificates again on SIGHUP", async () => {
    const child = start(["serve", "--data-dir", dataDir, "--json"], { file });
    const outcome = outcomeOf(child);
    await said(child, "stdout", "\n");
    child.kill("SIGHUP");
    await said(child, "stderr", "certificate files were read again");
    child.kill("SIGHUP");
    await said(child, "stderr", "the old ones stay in use");
    child.kill("SIGTERM");
    const { exitCode, stdout } = await outcome;
    expect(exitCode).toBe(0);
    expect(documentIn(stdout)).toEqual({
      dataUrl: "http://127.0.0.1:1",
      controlUrl: "http://127.0.0.1:2",
      socketPath: "/s",
    });
  });

  test("without a configuration says how to make one, before anything is built", async () => {
    const folder = await temporaryFolder();
    const ran = await runHere(["serve", "--data-dir", folder, "--json"]);
    expect(ran.exitCode).toBe(1);
    expect(documentIn(ran.stderr)).toMatchObject({ error: { code: "config-missing" } });
    expect(ran.stderr).toContain("countersign init");
    await rm(folder, { recursive: true });
  });
});
