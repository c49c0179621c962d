/** The data plane speaks TLS itself: its own certificate files, read again without a restart, and nothing below TLS 1.2. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkConfig, configFileName, configText } from "../../apps/server/src/base/config.ts";
import { startHouse } from "../house.ts";
import type { House } from "../house.ts";
import { botOf, manualClock, marketOrder, seenBy } from "./bot.ts";
import type { Bot } from "./bot.ts";
import { selfSigned } from "./certificate.ts";
import { expectRefused } from "./expected.ts";
import { ask, openLine, speak } from "./raw-client.ts";
import type { Line } from "./raw-client.ts";
import { requestText } from "./requests.ts";

const clock = manualClock();
let house: House;
let bot: Bot;

function putFiles(name: string): void {
  const { cert, key } = selfSigned(name);
  writeFileSync(join(house.dataDir, "tls.crt"), cert);
  writeFileSync(join(house.dataDir, "tls.key"), key, { mode: 0o600 });
}

beforeAll(async () => {
  house = await startHouse({ clock });
  putFiles("first");
  const here = { host: "127.0.0.1", port: 0 };
  const tls = { certFile: "tls.crt", keyFile: "tls.key" };
  const config = checkConfig({
    venue: "sandbox",
    venueUrl: house.sandbox.url,
    listen: { ...here, tls },
    control: here,
  });
  writeFileSync(join(house.dataDir, configFileName), configText(config));
  await house.restart();
  clock.advance(2_000);
  bot = await botOf(house, clock);
});
afterAll(async () => {
  await house.close();
});

function nameOn({ socket }: Line): unknown {
  return socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : undefined;
}

async function certificateNow(): Promise<unknown> {
  const line = await openLine(house.url);
  const name = nameOn(line);
  line.close();
  return name;
}

/** How a handshake with these options ends. */
function handshake(options: {
  maxVersion?: "TLSv1.1" | "TLSv1.2";
  minVersion?: "TLSv1";
  ALPNProtocols?: string[];
}): Promise<string> {
  return new Promise((resolve) => {
    const port = Number(new URL(house.url).port);
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options }, () => {
      resolve(`${socket.getProtocol()} ${socket.alpnProtocol === false ? "-" : socket.alpnProtocol}`);
      socket.destroy();
    });
    socket.once("error", () => resolve("refused"));
  });
}

test("orders and refusals as on plain HTTP", async () => {
  expect(house.url).toMatch(/^https:/);
  house.sandbox.journal.clear();
  expect((await bot.call("POST", "/api/v3/order", marketOrder)).status).toBe(200);
  expectRefused(await bot.call("POST", "/api/v3/order", `${marketOrder}&x=1`), "parameter-unknown", 6, 7);
  expectRefused(
    await ask(house.url, requestText({ path: "/api/v3/ping", query: "a b" })),
    "http-target-characters",
  );
  expect(seenBy(house)).toEqual(["POST /api/v3/order"]);
});

test("TLS 1.2 at least, HTTP/1.1 only", async () => {
  expect(await handshake({ maxVersion: "TLSv1.2" })).toBe("TLSv1.2 -");
  expect(await handshake({ ALPNProtocols: ["h2", "http/1.1"] })).toBe("TLSv1.3 http/1.1");
  expect(await handshake({ ALPNProtocols: ["h2"] })).toBe("refused");
  expect(await handshake({ minVersion: "TLSv1", maxVersion: "TLSv1.1" })).toBe("refused");
});

test("plain HTTP on the TLS port is answered with nothing, no redirect either", async () => {
  house.sandbox.journal.clear();
  const plain = house.url.replace("https:", "http:");
  const { answers } = await speak(plain, bot.request("POST", "/api/v3/order", marketOrder));
  expect(answers).toEqual([]);
  expect(seenBy(house)).toEqual([]);
});

test("a new certificate is for new connections; open ones go on; a broken one leaves the old in force", async () => {
  const old = await openLine(house.url);
  expect(nameOn(old)).toBe("first");
  putFiles("second");
  expect(await certificateNow()).toBe("first");
  house.server.reloadTls();
  expect(await certificateNow()).toBe("second");
  old.write(bot.request("GET", "/api/v3/account", ""));
  expect((await old.until(1)).answers.map(({ status }) => status)).toEqual([200]);
  old.close();

  const notReloaded = (): number =>
    house.logLines.filter((text) => text.includes("certificate not reloaded")).length;
  const { cert } = selfSigned("of another key");
  for (const [at, broken] of ["", "no certificate", cert].entries()) {
    writeFileSync(join(house.dataDir, "tls.crt"), broken);
    house.server.reloadTls();
    expect(await certificateNow()).toBe("second");
    expect(notReloaded()).toBeGreaterThan(at);
  }
  expect(house.logLines.join("\n")).not.toContain("PRIVATE KEY");
  putFiles("third");
  house.server.reloadTls();
  expect(await certificateNow()).toBe("third");
});

test("off loopback plain HTTP is refused by the configuration unless the danger is named", () => {
  const sandbox = { venue: "sandbox", venueUrl: "http://127.0.0.1:9090" };
  const tls = { certFile: "tls.crt", keyFile: "tls.key" };
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "10.0.0.1"]) {
    expect(() => checkConfig({ ...sandbox, listen: { host, port: 0 } })).toThrow("is not loopback");
    expect(() =>
      checkConfig({ ...sandbox, listen: { host, port: 0, dangerouslyServePlainHttp: false } }),
    ).toThrow("is not loopback");
    expect(checkConfig({ ...sandbox, listen: { host, port: 0, tls } }).listen.host).toBe(host);
    expect(
      checkConfig({ ...sandbox, listen: { host, port: 0, dangerouslyServePlainHttp: true } }).listen.host,
    ).toBe(host);
  }
});
