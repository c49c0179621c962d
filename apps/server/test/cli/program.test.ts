/** The command line itself: help, mistakes, a server that is not there, and what must not be spoken to. */
import { rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { parseConfig } from "../../src/base/config.ts";
import type { Config } from "../../src/base/config.ts";
import { secretInArguments } from "../../src/cli/argument-secrets.ts";
import type { House } from "../../src/cli/house.ts";
import { temporaryFolder } from "../admin/control-fixture.ts";
import { commandFile, documentIn, run, runHere } from "./command-fixture.ts";

let dataDir = "";
beforeAll(async () => {
  dataDir = await temporaryFolder();
});
afterAll(() => rm(dataDir, { recursive: true }));

const commands = [
  "init",
  "serve",
  "status",
  "venue-key add",
  "venue-key list",
  "venue-key show",
  "client-key issue",
  "client-key list",
  "client-key show",
  "client-key revoke",
];

describe("help", () => {
  test.each(commands)("%s has examples that call it, and the global options", async (name) => {
    const { exitCode, stdout, stderr } = await runHere([...name.split(" "), "--help"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const examples = stdout
      .split("\n")
      .filter((line) => line.includes("$ ") || line.includes(" | countersign"));
    expect(examples.length).toBeGreaterThanOrEqual(2);
    expect(examples.filter((line) => !line.includes(`countersign ${name}`))).toEqual([]);
    expect(stdout).toContain("--data-dir <folder>");
    expect(stdout).toContain("COUNTERSIGN_DATA_DIR");
  });

  test("says what secrets and rights need", async () => {
    expect((await runHere(["venue-key", "add", "--help"])).stdout).toContain("--secret-file <file>");
    expect((await runHere(["client-key", "issue", "--help"])).stdout).toContain(
      "It may read and nothing else",
    );
    expect((await runHere(["client-key", "revoke", "--help"])).stdout).toContain("at once and for good");
  });

  test("the version is the package's", async () => {
    expect((await runHere(["--version"])).stdout).toBe(`${packageJson.version}\n`);
  });

  test("without a command there is help, on stderr, and exit code 2", async () => {
    const { exitCode, stdout, stderr } = await runHere([]);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("client-key");
  });
});

describe("mistakes", () => {
  test.each([
    [["clint-key", "list"], "Did you mean client-key?"],
    [["client-key", "isue"], "Did you mean issue?"],
    [["client-key", "list", "--jsom"], "Did you mean --json?"],
    [["client-key", "issue"], "required option '--label <text>' not specified"],
    [["client-key", "show"], "missing required argument"],
    [["client-key", "list", "extra"], "too many arguments"],
    [["init", "--venue", "mtgox"], "Allowed choices are binance, testnet, demo, sandbox"],
    [["init"], "required option '--venue <name>'"],
    [["init", "--venue", "demo", "--port", "70000"], "Give 0 to 65535"],
    [["init", "--venue", "demo", "--tls-cert", "c.pem"], "go together"],
  ])("%j", async (args, sentence) => {
    const text = await runHere(args);
    expect([text.exitCode, text.stdout]).toEqual([2, ""]);
    expect(text.stderr).toMatch(/^error: /);
    expect(text.stderr).toContain(sentence);
    const json = await runHere([...args, "--json"]);
    expect(json.exitCode).toBe(2);
    expect(documentIn(json.stderr)).toMatchObject({ error: { code: "usage" } });
  });

  test("any command line ends with an exit code, never with an exception", async () => {
    const words = fc.constantFrom(
      "client-key",
      "venue-key",
      "show",
      "list",
      "--json",
      "--label",
      "--trade",
      "x",
      "--",
      "-",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(words, fc.string()), { maxLength: 5 }), async (args) => {
        expect([0, 1, 2]).toContain((await runHere(["--data-dir", dataDir, ...args])).exitCode);
      }),
    );
  });
});

describe("a server that is not there", () => {
  test.each(commands.slice(2).map((name) => name.split(" ")))(
    "%s %s says how to start it",
    async (...name) => {
      const more = {
        "venue-key add": ["--label", "x", "--api-key", "A".repeat(64), "--secret-stdin"],
        "client-key issue": ["--label", "x"],
        "client-key revoke": ["x", "--yes"],
        "client-key show": ["x"],
        "venue-key show": ["x"],
      }[name.filter((part) => part !== undefined).join(" ")];
      const words = name.filter((part) => part !== undefined);
      const ran = await runHere([...words, ...(more ?? []), "--data-dir", dataDir, "--json"]);
      expect([ran.exitCode, ran.stdout]).toEqual([1, ""]);
      expect(documentIn(ran.stderr)).toEqual({
        error: {
          code: "server-not-running",
          message: `No server answers at ${join(dataDir, "control.sock")}. Start it: countersign serve --data-dir ${dataDir}`,
        },
      });
    },
  );

  test("nor is a secret asked for then", async () => {
    const askHidden = () => Promise.reject(new Error("asked"));
    const args = ["venue-key", "add", "--label", "x", "--api-key", "A".repeat(64), "--data-dir", dataDir];
    expect((await runHere(args, { over: { interactive: true, askHidden } })).stderr).toContain(
      "No server answers",
    );
  });

  test("what is no socket is not spoken to", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "control.sock"), "");
    const ran = await runHere(["status", "--data-dir", folder, "--json"]);
    expect(documentIn(ran.stderr)).toMatchObject({ error: { code: "socket-foreign" } });
    await rm(folder, { recursive: true });
  });

  test("an answer that is none is a failure in words", async () => {
    const folder = await temporaryFolder();
    const server = createServer((socket) =>
      socket.resume().end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"),
    );
    await new Promise<void>((done) => void server.listen(join(folder, "control.sock"), done));
    const ran = await runHere(["status", "--data-dir", folder, "--json"]);
    expect(documentIn(ran.stderr)).toMatchObject({ error: { code: "bad-answer" } });
    await new Promise((done) => void server.close(done));
    await rm(folder, { recursive: true });
  });
});

describe("what looks like a secret in the arguments", () => {
  const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".split("");
  const secret = fc.string({ unit: fc.constantFrom(...base62), minLength: 40, maxLength: 90 });

  test("is found wherever it stands, and never quoted", () => {
    const around = fc.array(fc.constantFrom("client-key", "list", "--json", "--label", "x"), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(around, secret, around, (before, text, after) => {
        const found = secretInArguments([...before, text, ...after]);
        expect(found?.exitCode).toBe(2);
        expect(found?.message).not.toContain(text);
      }),
    );
  });

  test("is let through where a public id belongs", () => {
    fc.assert(
      fc.property(secret, (text) => {
        expect(secretInArguments(["venue-key", "add", "--api-key", text])).toBeUndefined();
        expect(secretInArguments(["client-key", "revoke", text, "--yes"])).toBeUndefined();
      }),
    );
  });

  test("is not seen in paths, labels and addresses", () => {
    const plain = [
      "--data-dir",
      "/var/lib/countersign/a-rather-long-folder-name/and-another-one-below",
      "--label",
      "grid bot",
    ];
    expect(
      secretInArguments([...plain, "--address", "2001:db8:1234:5678:9abc:def0:1234:5678/64"]),
    ).toBeUndefined();
    expect(secretInArguments(["--secret-stdin", "--secret-file", "/run/secrets/binance"])).toBeUndefined();
  });
});

describe("init", () => {
  interface Asked {
    readonly dataDir: string;
    readonly config: Config;
    readonly keyFilePath?: string;
  }
  function houseThatKeeps(asked: Asked[]): () => Promise<House> {
    return async () => ({
      initialise: async (parts) => void asked.push(parts),
      startServer: () => Promise.reject(new Error("not asked for")),
    });
  }

  test("turns options into a configuration that is checked as a file is", async () => {
    const asked: Asked[] = [];
    const over = { house: houseThatKeeps(asked) };
    const args = [
      "init",
      "--venue",
      "sandbox",
      "--venue-url",
      "http://127.0.0.1:9090",
      "--port",
      "0",
      "--json",
    ];
    const ran = await runHere([...args, "--data-dir", dataDir], { over });
    expect(documentIn(ran.stdout)).toEqual({
      dataDir,
      configFile: join(dataDir, "countersign.yaml"),
      venue: "sandbox",
    });
    expect(asked).toMatchObject([
      {
        dataDir,
        config: { ...parseConfig("venue: sandbox\nvenueUrl: http://127.0.0.1:9090"), listen: { port: 0 } },
      },
    ]);
    expect(asked[0]).not.toHaveProperty("keyFilePath");
  });

  test("says what comes next", async () => {
    const args = ["init", "--venue", "testnet", "--seal-key-file", "/k/seal.key", "--data-dir", dataDir];
    const asked: Asked[] = [];
    const ran = await runHere(args, { over: { house: houseThatKeeps(asked) } });
    expect(ran.stdout).toContain(`countersign serve --data-dir ${dataDir}`);
    expect(asked[0]?.keyFilePath).toBe("/k/seal.key");
  });

  test("makes nothing from a configuration that would be refused", async () => {
    const asked: Asked[] = [];
    const args = ["init", "--venue", "testnet", "--host", "0.0.0.0", "--data-dir", dataDir, "--json"];
    const ran = await runHere(args, { over: { house: houseThatKeeps(asked) } });
    expect(ran.exitCode).toBe(1);
    expect(documentIn(ran.stderr)).toMatchObject({ error: { code: "config-invalid" } });
    expect(ran.stderr).toContain("0.0.0.0 is not loopback");
    expect(asked).toEqual([]);
  });
});

test("the command's file can be run as it is", async () => {
  expect((await stat(commandFile)).mode & 0o111).toBe(0o111);
  const ran = await run(["status", "--json"], { env: { COUNTERSIGN_DATA_DIR: dataDir } });
  expect([ran.exitCode, ran.stdout]).toEqual([1, ""]);
  expect(documentIn(ran.stderr)).toMatchObject({ error: { code: "server-not-running" } });
});
