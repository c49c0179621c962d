/** The key commands against a real control plane, in this process and as processes: answers, secrets, refusals, exit codes. */
import { generateKeyPairSync } from "node:crypto";
import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { VenueRefusal } from "../../src/admin/rooms.ts";
import type { Identify } from "../../src/admin/rooms.ts";
import { issuedSecret, startFixture, temporaryFolder } from "../admin/control-fixture.ts";
import type { Fixture } from "../admin/control-fixture.ts";
import type { Surroundings } from "../../src/cli/surroundings.ts";
import { documentIn, run, runHere } from "./command-fixture.ts";
import type { Ran } from "./command-fixture.ts";

const apiKey = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
const venueSecret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
const uid = async () => ({ accountUid: "4711" });
let identify: Identify = uid;
let fixture: Fixture;
let files = "";

beforeAll(async () => {
  files = await temporaryFolder();
  fixture = await startFixture({ identify: (candidate) => identify(candidate) });
});
beforeEach(() => {
  identify = uid;
  for (const list of [fixture.rooms.clientKeys, fixture.rooms.venueKeys, fixture.rooms.handedIn])
    list.length = 0;
});
afterAll(async () => {
  await fixture.close();
  await rm(files, { recursive: true });
});

const command = (args: readonly string[], stdin = "", over: Partial<Surroundings> = {}) =>
  runHere([...args, "--data-dir", fixture.dataDir], { stdin, over });
const add = ["venue-key", "add", "--label", "main", "--api-key", apiKey];
const addMain = () => command([...add, "--secret-stdin", "--json"], venueSecret);

async function file(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(files, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

function expectUsage(ran: Ran, sentence: string): void {
  expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
  expect(ran.stderr).toContain(sentence);
}

const handedIn = () => fixture.rooms.handedIn.map(({ algorithm, secret }) => [algorithm, secret.reveal()]);

describe("venue-key add", () => {
  test("takes an HMAC secret from stdin, without its line end", async () => {
    const ran = await command([...add, "--secret-stdin", "--json"], `${venueSecret}\n`);
    expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
    expect(documentIn(ran.stdout)).toMatchObject({ id: "vk_0", accountUid: "4711", algorithm: "HMAC" });
    expect(handedIn()).toEqual([["HMAC", venueSecret]]);
    expect(ran.stdout).not.toContain(venueSecret);
  });

  test("says for people what it did and what comes next", async () => {
    const ran = await command([...add, "--secret-stdin"], venueSecret);
    expect(ran.stdout).toContain("Venue key main is in the vault: vk_0 (HMAC, account 4711 at sandbox).");
    expect(ran.stdout).toContain("countersign client-key issue --label my-bot --venue-key vk_0");
  });

  test.each([
    ["ed25519", "ED25519", "pkcs8"],
    ["rsa", "RSA", "pkcs8"],
    ["rsa", "RSA", "pkcs1"],
  ] as const)(
    "tells a private key's algorithm from the file: %s → %s (%s)",
    async (type, algorithm, form) => {
      const { privateKey } =
        type === "rsa" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ed25519");
      const pem = privateKey.export({ type: form as "pkcs8", format: "pem" });
      const path = await file("private.pem", pem);
      const ran = await command([...add, "--secret-file", path, "--json"]);
      expect(ran.exitCode).toBe(0);
      expect(handedIn()).toEqual([[algorithm, privateKey.export({ type: "pkcs8", format: "pem" })]]);
      expect(`${ran.stdout}${ran.stderr}`).not.toContain(pem.split("\n")[1]);
    },
  );

  test.each([0o640, 0o604, 0o644, 0o660, 0o610])("refuses a secret file of mode %o", async (mode) => {
    const path = await file("wide", venueSecret, mode);
    const ran = await command([...add, "--secret-file", path, "--json"]);
    expect([ran.exitCode, ran.stdout]).toEqual([1, ""]);
    expect(documentIn(ran.stderr)).toMatchObject({ error: { code: "secret-file-mode" } });
    expect(ran.stderr).toContain(`chmod 600 ${path}`);
    expect(handedIn()).toEqual([]);
  });

  test.each([
    ["nothing", " \n", "bad-key-material"],
    ["white space inside", "abc def", "bad-key-material"],
    ["broken PEM", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "bad-key-material"],
    ["far too much", "x".repeat(20_000), "bad-key-material"],
  ])("refuses %s", async (_, stdin, code) => {
    const ran = await command([...add, "--secret-stdin", "--json"], stdin);
    expect(ran.exitCode).toBe(1);
    expect(documentIn(ran.stderr)).toMatchObject({ error: { code } });
    expect(handedIn()).toEqual([]);
  });

  test("refuses keys of kinds the exchange has not, and encrypted ones", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const ec = await file("ec.pem", privateKey.export({ type: "pkcs8", format: "pem" }));
    expect((await command([...add, "--secret-file", ec])).stderr).toContain("must be Ed25519 or RSA, not ec");
    const { privateKey: locked } = generateKeyPairSync("ed25519", {
      privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const encrypted = await file("locked.pem", locked);
    expect((await command([...add, "--secret-file", encrypted])).stderr).toContain(
      "encrypted with a passphrase",
    );
  });

  test("passes the venue's own words on", async () => {
    identify = async () => {
      throw new VenueRefusal(-2015, "Invalid API-key, IP, or permissions for action.");
    };
    const ran = await addMain();
    expect(ran.exitCode).toBe(1);
    expect(documentIn(ran.stderr)).toEqual({
      error: {
        code: "venue-refused",
        message: "The venue refused this key: -2015 Invalid API-key, IP, or permissions for action.",
      },
    });
  });

  test("asks nobody where nobody can be asked", async () => {
    expectUsage(await command(add), "use --secret-stdin or --secret-file FILE");
  });

  test("asks hidden where somebody is there, before any other use of the secret", async () => {
    const questions: string[] = [];
    const askHidden = async (question: string) => {
      questions.push(question);
      return `  ${venueSecret} `;
    };
    const ran = await command(add, "", { interactive: true, askHidden });
    expect(ran.exitCode).toBe(0);
    expect(questions).toHaveLength(1);
    expect(handedIn()).toEqual([["HMAC", venueSecret]]);
  });

  test("does not read a secret that the terminal would show", async () => {
    expectUsage(
      await command([...add, "--secret-stdin"], venueSecret, { interactive: true }),
      "would show what is typed",
    );
  });

  test("takes one source, not two", async () => {
    const path = await file("one", venueSecret);
    expectUsage(await command([...add, "--secret-stdin", "--secret-file", path]), "cannot be used with");
  });
});

describe("a secret as an argument", () => {
  const pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----";
  test.each([
    ["--secret", [...add, "--secret", venueSecret]],
    ["--secret=", [...add, `--secret=${venueSecret}`]],
    ["--api-secret", [...add, "--api-secret", "short"]],
    ["--secret-key", [...add, "--secret-key", "short"]],
    ["--private-key", [...add, "--private-key", pem]],
    ["--password", [...add, "--password", "hunter2"]],
    ["standing alone", [...add, venueSecret]],
    ["as a label", ["venue-key", "add", "--label", venueSecret, "--api-key", apiKey]],
    ["as a file name", [...add, "--secret-file", venueSecret]],
    ["as PEM", [...add, "--secret-file", pem]],
    ["as base64", [...add, "--secret-file", `${"Zm9v".repeat(11)}Zg==`]],
    ["after another command", ["client-key", "list", venueSecret]],
  ])("%s is refused, and not repeated", async (_, args) => {
    const ran = await command(args, venueSecret);
    expectUsage(ran, "A secret is never taken as an argument");
    expect(ran.stderr).toContain("the shell's history");
    expect(ran.stderr).not.toContain(venueSecret);
    expect(ran.stderr).not.toContain("MC4CAQ");
    expect(handedIn()).toEqual([]);
  });

  test("the public halves are let through", async () => {
    const equals = ["venue-key", "add", "--label", "main", `--api-key=${apiKey}`, "--secret-stdin"];
    expect((await command(equals, venueSecret)).exitCode).toBe(0);
    expect((await command(["client-key", "show", apiKey])).stderr).toContain(
      "There is no client key with this id",
    );
  });
});

describe("client-key issue", () => {
  beforeEach(addMain);
  const issue = ["client-key", "issue", "--label", "bot"];
  const rights = () => fixture.rooms.clientKeys.map((key) => key.grant);

  test("reads and nothing else, unless more is said", async () => {
    const ran = await command([...issue, "--json"]);
    expect(ran.exitCode).toBe(0);
    expect(documentIn(ran.stdout)).toMatchObject({ secret: issuedSecret, baseUrl: "http://127.0.0.1:8080" });
    expect(rights()).toEqual([
      { permissions: ["enableReading"], addresses: "any", symbols: [], venueKeyId: "vk_0" },
    ]);
  });

  test("shows id, secret, warning and what comes next", async () => {
    const { stdout } = await command(issue);
    const [key] = fixture.rooms.clientKeys;
    expect(stdout).toContain(`API key   ${key?.id}`);
    expect(stdout.split(issuedSecret)).toHaveLength(2);
    expect(stdout).toContain("This secret is shown now and never again.");
    expect(stdout).toContain("set the base URL to http://127.0.0.1:8080");
  });

  test("trades from and what it is told", async () => {
    const bounds = ["--trade", "--address", "10.0.0.7", "10.1.0.0/16", "--symbol", "BTCUSDT", "ETHUSDT"];
    expect((await command([...issue, ...bounds])).stdout).toContain("read and trade BTCUSDT ETHUSDT");
    const open = ["--trade", "--any-address", "--any-symbol"];
    expect((await command([...issue, ...open])).exitCode).toBe(0);
    const permissions = ["enableReading", "enableSpotAndMarginTrading"];
    expect(rights()).toEqual([
      {
        permissions,
        addresses: ["10.0.0.7", "10.1.0.0/16"],
        symbols: ["BTCUSDT", "ETHUSDT"],
        venueKeyId: "vk_0",
      },
      { permissions, addresses: "any", symbols: "any", venueKeyId: "vk_0" },
    ]);
  });

  test.each([
    [["--trade"], "--address ADDRESS… or --any-address"],
    [["--trade", "--any-symbol"], "--address ADDRESS… or --any-address"],
    [["--trade", "--any-address"], "--symbol SYMBOL… or --any-symbol"],
    [["--any-address", "--address", "10.0.0.7"], "cannot be used with"],
    [["--any-symbol", "--symbol", "BTCUSDT"], "cannot be used with"],
  ])("%j is not guessed at", async (more, sentence) => {
    expectUsage(await command([...issue, ...more]), sentence);
    expect(rights()).toEqual([]);
  });

  test("takes the bot's public key, and no private one", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const pem = publicKey.export({ type: "spki", format: "pem" });
    const path = await file("agent.pub.pem", pem, 0o644);
    const ran = await command([...issue, "--public-key-file", path]);
    expect(ran.stdout).toContain("The bot signs with its own private key");
    expect(fixture.rooms.clientKeys[0]).toMatchObject({ algorithm: "ED25519", publicKeyPem: pem });
    const secret = await file("agent.pem", privateKey.export({ type: "pkcs8", format: "pem" }));
    const refused = await command([...issue, "--public-key-file", secret]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("holds a private key. Hand over the public half only");
    expect(fixture.rooms.clientKeys).toHaveLength(1);
  });

  test("asks which venue key where there are several, and says how to get one where there is none", async () => {
    await addMain();
    expectUsage(await command(issue), "say which with --venue-key ID");
    expect((await command([...issue, "--venue-key", "vk_1"])).exitCode).toBe(0);
    expect(rights()).toMatchObject([{ venueKeyId: "vk_1" }]);
    fixture.rooms.venueKeys.length = 0;
    const ran = await command([...issue, "--json"]);
    expect(ran.exitCode).toBe(1);
    expect(documentIn(ran.stderr)).toMatchObject({ error: { code: "no-venue-key" } });
    expect(ran.stderr).toContain("countersign venue-key add");
  });
});

describe("lists and single keys", () => {
  test("where there is nothing, the next step is named", async () => {
    const [clients, venues] = await Promise.all([
      command(["client-key", "list"]),
      command(["venue-key", "list"]),
    ]);
    expect(clients.stdout).toBe(
      "No client keys yet. Issue one: countersign client-key issue --label my-bot\n",
    );
    expect(venues.stdout).toContain("No venue keys yet. Add one: countersign venue-key add");
    const json = await Promise.all([
      command(["client-key", "list", "--json"]),
      command(["venue-key", "list", "--json"]),
    ]);
    expect(json.map(({ stdout }) => documentIn(stdout))).toEqual([{ clientKeys: [] }, { venueKeys: [] }]);
  });

  test("tables line up under their header and hold no secret", async () => {
    await addMain();
    for (const label of ["a", "a-longer-name"]) await command(["client-key", "issue", "--label", label]);
    const { stdout } = await command(["client-key", "list"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    const columns = lines.map((line) => line.search(/(STATE|active)/));
    expect(new Set(columns).size).toBe(1);
    expect(stdout).not.toContain(issuedSecret);
    expect((await command(["venue-key", "list"])).stdout).toMatch(
      /^LABEL +STATE +VENUE +ACCOUNT +TYPE +CREATED +ID\n/,
    );
  });

  test("a name cannot move the terminal's cursor", async () => {
    await addMain();
    await command(["client-key", "issue", "--label", "x\u001B[2Jy"]);
    expect((await command(["client-key", "list"])).stdout).not.toContain("\u001B");
  });

  test("show gives one key, as text and as JSON", async () => {
    await addMain();
    await command(["client-key", "issue", "--label", "bot"]);
    const id = fixture.rooms.clientKeys[0]?.id ?? "";
    const [text, json] = await Promise.all([
      command(["client-key", "show", id]),
      command(["client-key", "show", id, "--json"]),
    ]);
    expect(text.stdout).toMatch(/state +active/);
    expect(documentIn(json.stdout)).toMatchObject({ id, state: "active", venueKeyId: "vk_0" });
    expect(`${text.stdout}${json.stdout}`).not.toContain(issuedSecret);
    expect((await command(["venue-key", "show", "vk_0"])).stdout).toMatch(/account +4711/);
    const none = await command(["venue-key", "show", "vk_9", "--json"]);
    expect([none.exitCode, documentIn(none.stderr)]).toEqual([
      1,
      { error: { code: "unknown-venue-key", message: "There is no venue key with this id." } },
    ]);
  });
});

describe("client-key revoke", () => {
  test("needs --yes where nobody can be asked", async () => {
    await addMain();
    await command(["client-key", "issue", "--label", "bot"]);
    const id = fixture.rooms.clientKeys[0]?.id ?? "";
    const refused = await command(["client-key", "revoke", id, "--json"]);
    expect(refused.exitCode).toBe(2);
    expect(documentIn(refused.stderr)).toMatchObject({ error: { code: "confirmation-required" } });
    expect(fixture.rooms.clientKeys[0]?.state).toBe("active");
    const ran = await command(["client-key", "revoke", id, "--yes"]);
    expect([ran.exitCode, ran.stdout]).toEqual([
      0,
      "Client key bot is revoked. What it sends from now on is refused.\n",
    ]);
    expect(fixture.rooms.clientKeys[0]?.state).toBe("revoked");
  });
});

describe("client-key revoke, asked", () => {
  test.each([
    [true, 0, "revoked"],
    [false, 1, "active"],
  ])("answered %s", async (yes, exitCode, state) => {
    await addMain();
    await command(["client-key", "issue", "--label", "bot"]);
    const questions: string[] = [];
    const askYes = async (question: string) => {
      questions.push(question);
      return yes;
    };
    const id = fixture.rooms.clientKeys[0]?.id ?? "";
    expect((await command(["client-key", "revoke", id], "", { interactive: true, askYes })).exitCode).toBe(
      exitCode,
    );
    expect(questions).toEqual(["Revoke client key bot? This cannot be undone."]);
    expect(fixture.rooms.clientKeys[0]?.state).toBe(state);
  });
});

describe("as a process", () => {
  const env = () => ({ COUNTERSIGN_DATA_DIR: fixture.dataDir });

  test("a key's whole life, one JSON document a command", async () => {
    const added = await run([...add, "--secret-stdin", "--json"], { stdin: venueSecret, env: env() });
    expect(documentIn(added.stdout)).toMatchObject({ id: "vk_0" });
    const issued = await run(["--json", "client-key", "issue", "--label", "bot"], { env: env() });
    const { key, secret } = documentIn(issued.stdout) as { key: { id: string }; secret: string };
    expect(secret).toBe(issuedSecret);
    const revoked = await run(["client-key", "revoke", key.id, "--yes", "--json"], { env: env() });
    expect(documentIn(revoked.stdout)).toMatchObject({ id: key.id, state: "revoked" });
    expect([added, issued, revoked].map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([
      [0, ""],
      [0, ""],
      [0, ""],
    ]);
  });

  test("exit codes: 1 for what failed, 2 for what was wrongly called", async () => {
    const path = await file("wide-again", venueSecret, 0o644);
    const [failed, misused, secret] = await Promise.all([
      run([...add, "--secret-file", path], { env: env() }),
      run(["client-key", "revoke", "x"], { env: env() }),
      run([...add, "--secret", venueSecret], { env: env() }),
    ]);
    expect([failed, misused, secret].map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual([
      [1, ""],
      [2, ""],
      [2, ""],
    ]);
    expect(`${failed.stderr}${secret.stderr}`).not.toContain(venueSecret);
  });
});

test("status says it for people and for programs", async () => {
  const [text, json] = await Promise.all([command(["status"]), command(["status", "--json"])]);
  expect(text.stdout).toContain("Countersign 0.1.0 is running.");
  expect(text.stdout).toMatch(/orders +2 recorded, 1 with unknown outcome/);
  expect(text.stdout).toMatch(/clock +steady, venue's is -12 ms off/);
  expect(documentIn(json.stdout)).toMatchObject({ venue: "sandbox", journal: { unknown: 1 } });
});

test("no log line of the server holds what passed", async () => {
  await addMain();
  await command(["client-key", "issue", "--label", "bot"]);
  expect(fixture.logged()).not.toContain(venueSecret);
  expect(fixture.logged()).not.toContain(issuedSecret);
});
