/** What `countersign.yaml` may say: every wrong thing is refused at its own line and column, all at once. */
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  checkConfig,
  configBytesMax,
  ConfigError,
  configFileName,
  configText,
  isLoopbackAddress,
  parseConfig,
  readConfig,
  writeConfig,
} from "../../src/base/config.ts";
import type { Config } from "../../src/base/config.ts";

function refusal(text: string): ConfigError {
  try {
    parseConfig(text);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("this text was taken");
}

const places = (text: string) => refusal(text).message.split("\n");

describe("what is taken", () => {
  test("the smallest file, with defaults on loopback", () => {
    expect(parseConfig("venue: binance")).toEqual({
      venue: "binance",
      listen: { host: "127.0.0.1", port: 8080 },
      control: { host: "127.0.0.1", port: 8081 },
      logLevel: "info",
    });
  });

  test("everything at once", () => {
    const text = `venue: sandbox
venueUrl: http://[::1]:9090/
listen: { host: 0.0.0.0, port: 0, tls: { certFile: a.pem, keyFile: /etc/k.pem } }
control: { host: ::1, port: 65535 }
logLevel: silent
`;
    expect(parseConfig(text)).toEqual({
      venue: "sandbox",
      venueUrl: "http://[::1]:9090",
      listen: { host: "0.0.0.0", port: 0, tls: { certFile: "a.pem", keyFile: "/etc/k.pem" } },
      control: { host: "::1", port: 65_535 },
      logLevel: "silent",
    });
  });

  test("plain HTTP off loopback only under its dangerous name", () => {
    const listen = "venue: demo\nlisten: { host: 10.1.2.3, port: 1";
    expect(places(`${listen} }`)).toEqual([
      expect.stringMatching(/^countersign\.yaml:2:17: listen\.host: 10\.1\.2\.3 is not/),
    ]);
    expect(places(`${listen}, dangerouslyServePlainHttp: false }`)).toHaveLength(1);
    expect(parseConfig(`${listen}, dangerouslyServePlainHttp: true }`).listen.host).toBe("10.1.2.3");
  });
});

const refused: readonly (readonly [name: string, text: string, place: string])[] = [
  ["nothing", "", "1:1: Invalid input: expected object, received null"],
  ["a list", "- venue", "1:1: Invalid input: expected object, received array"],
  ["no venue", "logLevel: info", "1:1: venue: is required"],
  ["a venue that is none", "venue: binanc", '1:8: venue: Invalid option: expected one of "binance"'],
  ["an unknown key", "venue: demo\nvenu: demo", "2:1: venu: unknown key"],
  ["an unknown key with a map below", "venue: demo\nbots:\n  a: 1", "2:1: bots: unknown key"],
  [
    "an unknown key deep down",
    "venue: demo\nlisten:\n  host: 127.0.0.1\n  port: 1\n  tsl: 1",
    "5:3: listen.tsl: unknown key",
  ],
  ["__proto__", "venue: demo\n__proto__: { a: 1 }", "2:1: __proto__: unknown key"],
  [
    "__proto__ deep down",
    "venue: demo\ncontrol: { host: 127.0.0.1, port: 1, __proto__: {} }",
    "2:38: control.__proto__",
  ],
  ["a key twice", "venue: demo\nvenue: binance", "2:1: Map keys must be unique"],
  ["broken YAML", "venue: demo\nlisten: {", "2:10: "],
  ["two documents", "venue: demo\n---\nvenue: binance", "2:1: "],
  ["an alias", "venue: &v demo\nlogLevel: *v", "2:11: anchors and aliases"],
  ["an unknown tag", "venue: !secret demo", "1:8: Unresolved tag"],
  ["the sandbox without its address", "venue: sandbox", "1:1: venueUrl: is required for the sandbox"],
  [
    "an address for a fixed venue",
    "venue: testnet\nvenueUrl: http://127.0.0.1:1",
    "2:11: venueUrl: is only for the sandbox",
  ],
  [
    "a host name to listen on",
    "venue: demo\nlisten: { host: localhost, port: 1 }",
    "2:17: listen.host: must be an IP",
  ],
  [
    "an open listener without TLS",
    'venue: demo\nlisten: { host: "::", port: 1 }',
    "2:17: listen.host: :: is not loopback",
  ],
  [
    "an open control listener",
    "venue: demo\ncontrol:\n  host: 0.0.0.0\n  port: 1",
    "3:9: control.host: must be a loopback",
  ],
  [
    "a port as text",
    'venue: demo\ncontrol: { host: 127.0.0.1, port: "1" }',
    "2:35: control.port: Invalid input: expected number",
  ],
  [
    "a port too high",
    "venue: demo\ncontrol: { host: 127.0.0.1, port: 65536 }",
    "2:35: control.port: Too big",
  ],
  [
    "a port below zero",
    "venue: demo\ncontrol: { host: 127.0.0.1, port: -1 }",
    "2:35: control.port: Too small",
  ],
  [
    "half a port",
    "venue: demo\ncontrol: { host: 127.0.0.1, port: 1.5 }",
    "2:35: control.port: Invalid input",
  ],
  ["no port", "venue: demo\nlisten: { host: 127.0.0.1 }", "2:9: listen.port: is required"],
  [
    "half of tls",
    "venue: demo\nlisten: { host: 127.0.0.1, port: 1, tls: { certFile: a } }",
    "2:42: listen.tls.keyFile: is required",
  ],
  [
    "an empty file name",
    'venue: demo\nlisten: { host: 127.0.0.1, port: 1, tls: { certFile: "", keyFile: b } }',
    "2:54: listen.tls.certFile",
  ],
  ["a level that is none", "venue: demo\nlogLevel: loud", "2:11: logLevel: Invalid option"],
  [
    "a danger that is no truth value",
    'venue: demo\nlisten: { host: 10.0.0.1, port: 1, dangerouslyServePlainHttp: "yes" }',
    "2:63: listen.danger",
  ],
  ["null for a section", "venue: demo\nlisten:", "2:8: listen: Invalid input: expected object"],
];

describe("what is refused, and where", () => {
  test.each(refused)("%s", (_, text, place) => {
    const lines = places(text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`countersign.yaml:${place}`);
  });

  test("all problems come at once, in the file's order", () => {
    const text = "venu: demo\nlisten:\n  host: x\n  port: y\nlogLevel: 1\n";
    expect(places(text).map((line) => line.split(": ").slice(0, 2).join(" "))).toEqual([
      "countersign.yaml:1:1 venue",
      "countersign.yaml:1:1 venu",
      "countersign.yaml:3:9 listen.host",
      "countersign.yaml:4:9 listen.port",
      "countersign.yaml:5:11 logLevel",
    ]);
    expect(refusal(text).problems).toHaveLength(5);
  });

  test.each([
    "http://localhost:9090",
    "http://10.0.0.1:9090",
    "http://127.0.0.1.example.com",
    "http://127.1:9090",
    "http://2130706433",
    "http://127.0.0.1:0",
    "http://127.0.0.1:65536",
    "http://u:p@127.0.0.1:1",
    "http://127.0.0.1:1/x",
    "http://127.0.0.1:1?x",
    "ftp://127.0.0.1",
    "http://127.0.0.256",
    "http://[::ffff:127.0.0.1]:1",
  ])("venueUrl %s", (venueUrl) => {
    expect(places(`venue: sandbox\nvenueUrl: "${venueUrl}"`)[0]).toMatch(/:2:11: venueUrl: must be http/);
  });

  test("text of any kind is taken whole or refused in words, never thrown otherwise", () => {
    const lines = fc.array(
      fc.constantFrom("venue: demo", "listen:", "  host: 1", "a: *b", "- x", "? [k]", "!!map {}", "\t"),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          lines.map((each) => each.join("\n")),
        ),
        (text) => {
          try {
            parseConfig(text);
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
          }
        },
      ),
    );
  });

  test("only addresses of the loopback interface are loopback", () => {
    expect(["127.0.0.1", "127.255.0.9", "::1"].filter(isLoopbackAddress)).toHaveLength(3);
    expect(
      ["localhost", "127.1", "128.0.0.1", "::", "::ffff:127.0.0.1", "127.0.0.1.evil", ""].filter(
        isLoopbackAddress,
      ),
    ).toEqual([]);
  });
});

const anyPort = fc.integer({ min: 0, max: 65_535 });
const anyConfig: fc.Arbitrary<Config> = fc
  .record({
    venue: fc.constantFrom("binance" as const, "testnet" as const, "demo" as const, "sandbox" as const),
    port: anyPort,
    controlPort: anyPort,
    tls: fc.option(
      fc.record({ certFile: fc.string({ minLength: 1 }), keyFile: fc.string({ minLength: 1 }) }),
      { nil: undefined },
    ),
    plain: fc.option(fc.boolean(), { nil: undefined }),
    logLevel: fc.constantFrom("debug" as const, "info" as const, "silent" as const),
  })
  .map(({ venue, port, controlPort, tls, plain, logLevel }) => ({
    venue,
    ...(venue === "sandbox" && { venueUrl: "https://127.0.0.1:9090" }),
    listen: {
      host: "127.0.0.1",
      port,
      ...(tls !== undefined && { tls }),
      ...(plain !== undefined && { dangerouslyServePlainHttp: plain }),
    },
    control: { host: "::1", port: controlPort },
    logLevel,
  }));

test("what is written reads back the same, whatever the paths hold", () => {
  fc.assert(
    fc.property(anyConfig, (config) => {
      expect(parseConfig(configText(config))).toEqual(config);
    }),
  );
});

test("a configuration from elsewhere is checked alike, without places", () => {
  expect(() => checkConfig({ venue: "demo", extra: 1 })).toThrow("configuration: extra: unknown key");
});

describe("the file", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "countersign-config-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function fresh(text?: string, mode = 0o600): Promise<string> {
    const dataDir = await mkdtemp(join(folder, "data-"));
    if (text !== undefined) {
      await writeFile(join(dataDir, configFileName), text);
      await chmod(join(dataDir, configFileName), mode);
    }
    return dataDir;
  }

  test("is written for its owner alone, and never over another", async () => {
    const dataDir = await fresh();
    const config = parseConfig("venue: testnet");
    await writeConfig(dataDir, config);
    expect((await stat(join(dataDir, configFileName))).mode & 0o777).toBe(0o600);
    expect(await readConfig(dataDir)).toEqual(config);
    const before = await readFile(join(dataDir, configFileName), "utf8");
    await expect(writeConfig(dataDir, { ...config, venue: "binance" })).rejects.toMatchObject({
      code: "config-exists",
    });
    expect(await readFile(join(dataDir, configFileName), "utf8")).toBe(before);
  });

  test("relative certificate paths start at the data folder", async () => {
    const dataDir = await fresh(
      "venue: demo\nlisten: { host: 0.0.0.0, port: 1, tls: { certFile: a.pem, keyFile: /k.pem } }",
    );
    expect((await readConfig(dataDir)).listen.tls).toEqual({
      certFile: join(dataDir, "a.pem"),
      keyFile: "/k.pem",
    });
  });

  test("that is not there, others may write, or is far too long is refused", async () => {
    await expect(readConfig(await fresh())).rejects.toMatchObject({ code: "config-missing" });
    await expect(readConfig(await fresh("venue: demo", 0o620))).rejects.toMatchObject({
      code: "config-unsafe",
    });
    await expect(readConfig(await fresh("venue: demo", 0o602))).rejects.toMatchObject({
      code: "config-unsafe",
    });
    await expect(readConfig(await fresh("#".repeat(configBytesMax + 1)))).rejects.toMatchObject({
      code: "config-invalid",
    });
  });

  test("its problems name the whole path", async () => {
    const dataDir = await fresh("venue: demo\nx: 1");
    await expect(readConfig(dataDir)).rejects.toThrow(`${join(dataDir, configFileName)}:2:1: x: unknown key`);
  });
});
