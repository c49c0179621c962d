/** Who owns `control.sock`: modes, a dead process's socket, a live one, and things that are no socket at all. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { socketPathBytesMax } from "../../src/admin/control-socket.ts";
import { rawExchange, rawRequest, startFixture, temporaryFolder } from "./control-fixture.ts";
import type { Fixture } from "./control-fixture.ts";

const running: Fixture[] = [];
afterEach(async () => {
  for (const fixture of running.splice(0)) await fixture.close();
});

async function started(dataDir?: string): Promise<Fixture> {
  const fixture = await startFixture(dataDir === undefined ? {} : { dataDir });
  running.push(fixture);
  return fixture;
}

/** Leaves a socket behind as a process does that is killed. */
async function deadSocket(path: string): Promise<void> {
  const script =
    'require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))';
  const child = spawn(process.execPath, ["-e", script, path], { stdio: "ignore" });
  await once(child, "exit");
}

describe("the socket", () => {
  test("is its owner's alone, also where the umask would give it away", async () => {
    const umaskBefore = process.umask(0);
    const fixture = await started().finally(() => process.umask(umaskBefore));
    const { mode } = await lstat(fixture.control.socketPath);
    expect((mode & 0o777).toString(8)).toBe("600");
    expect(process.umask()).toBe(umaskBefore);
  });

  test("of a dead process is replaced", async () => {
    const dataDir = await temporaryFolder();
    const path = join(dataDir, "control.sock");
    await deadSocket(path);
    expect((await lstat(path)).isSocket()).toBe(true);
    const { admin } = await started(dataDir);
    expect(await admin.clientKeys()).toEqual([]);
  });

  test("of a live process is refused, and goes on answering", async () => {
    const first = await started();
    await expect(startFixture({ dataDir: first.dataDir })).rejects.toMatchObject({ code: "socket-in-use" });
    expect((await first.admin.status()).version).toBe("0.1.0");
  });

  test.each([
    ["a file", (path: string) => writeFile(path, "mine")],
    ["a folder", (path: string) => mkdir(path)],
    ["a link", (path: string) => symlink("/dev/null", path)],
  ])("is not made over %s", async (_, make) => {
    const dataDir = await temporaryFolder();
    const path = join(dataDir, "control.sock");
    await make(path);
    const before = await lstat(path);
    await expect(startFixture({ dataDir })).rejects.toMatchObject({ code: "socket-foreign" });
    expect((await lstat(path)).ino).toBe(before.ino);
    if (before.isFile()) expect(await readFile(path, "utf8")).toBe("mine");
    await rm(dataDir, { recursive: true });
  });

  test("with too long a path is refused in words", async () => {
    const dataDir = await temporaryFolder();
    const deep = join(dataDir, "d".repeat(socketPathBytesMax));
    await mkdir(deep);
    await expect(startFixture({ dataDir: deep })).rejects.toMatchObject({ code: "socket-path-too-long" });
    await rm(dataDir, { recursive: true });
  });

  test("is gone after close, and the folder can be served again", async () => {
    const first = await startFixture();
    await first.control.close();
    await expect(lstat(first.control.socketPath)).rejects.toMatchObject({ code: "ENOENT" });
    const second = await started(first.dataDir);
    expect(await second.admin.venueKeys()).toEqual([]);
  });

  test("answers to localhost only, and to no web page", async () => {
    const { control } = await started();
    const ask = (...headers: string[]) =>
      rawExchange(control.socketPath, rawRequest("GET /v1/status", headers));
    expect((await ask("host: localhost")).status).toBe(200);
    expect((await ask("host: evil.example")).status).toBe(403);
    expect((await ask("host: localhost", "origin: http://evil.example")).status).toBe(403);
  });

  test("has no health and no metrics, as the listener has no keys", async () => {
    const { control } = await started();
    for (const path of ["/healthz", "/metrics"]) {
      const answer = await rawExchange(control.socketPath, rawRequest(`GET ${path}`, ["host: localhost"]));
      expect(answer.status).toBe(404);
    }
  });
});
