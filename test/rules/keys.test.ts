/** Who may come in: key format, record, address, signature, permission, symbol; and that doubts about a key look alike. */
import { createHmac, generateKeyPairSync, sign as signBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startHouse } from "../house.ts";
import type { House } from "../house.ts";
import { botOf, manualClock, marketOrder, seenBy } from "./bot.ts";
import type { Bot } from "./bot.ts";
import { expectRefused, shown } from "./expected.ts";
import { ask } from "./raw-client.ts";
import type { RawAnswer } from "./raw-client.ts";
import { requestText } from "./requests.ts";

const clock = manualClock();
let house: House;
let bot: Bot;

beforeAll(async () => {
  house = await startHouse({ clock });
  bot = await botOf(house, clock);
});
afterAll(async () => {
  await house.close();
});
beforeEach(() => house.sandbox.journal.clear());

const account = (keyLines: readonly string[], query = bot.signed("")): Promise<RawAnswer> =>
  ask(house.url, requestText({ path: "/api/v3/account", query, headers: keyLines }));

describe("the key header", () => {
  const shapes: readonly (readonly [string, readonly string[]])[] = [
    ["missing", []],
    ["empty", ["X-MBX-APIKEY:"]],
    ["one character short", [`X-MBX-APIKEY: ${"A".repeat(63)}`]],
    ["one character long", [`X-MBX-APIKEY: ${"A".repeat(65)}`]],
    ["with a character that no key has", [`X-MBX-APIKEY: ${"A".repeat(63)}-`]],
    ["with a space inside", [`X-MBX-APIKEY: ${"A".repeat(31)} ${"A".repeat(32)}`]],
    ["two keys in one line", [`X-MBX-APIKEY: ${"A".repeat(64)}, ${"B".repeat(64)}`]],
    ["__proto__", ["X-MBX-APIKEY: __proto__"]],
  ];
  test.each(shapes)("%s", async (_name, lines) => {
    expectRefused(await account(lines), "key-format");
    expect(seenBy(house)).toEqual([]);
  });

  test("its name in any case, with any blanks around the value", async () => {
    expect((await account([`x-mbx-apikey:\t${bot.apiKey} `])).status).toBe(200);
  });

  test("a key as a parameter is no key", async () => {
    expectRefused(await account([], bot.signed(`apiKey=${bot.apiKey}`)), "parameter-unknown", 2, 3);
  });
});

describe("all doubts about a key are one answer", () => {
  test("unknown, revoked, wrong address, damaged: equal to the byte, with a right signature and a wrong one", async () => {
    const revoked = await botOf(house, clock, { label: "revoked" });
    await house.server.clientKeys.revoke(revoked.apiKey);
    const elsewhere = await botOf(house, clock, { label: "elsewhere", addresses: ["203.0.113.7"] });
    const damaged = await botOf(house, clock, { label: "damaged" });
    await widen(damaged.apiKey);
    const unknown = { apiKey: "A".repeat(64), sign: () => "0".repeat(64) };
    const looks: object[] = [];
    for (const { apiKey, sign } of [unknown, revoked, elsewhere, damaged]) {
      for (const signature of ["right", "0".repeat(64), "zz"]) {
        clock.advance(1);
        const payload = `timestamp=${clock.wallMs()}`;
        const text = signature === "right" ? sign(payload) : signature;
        const answer = await account([`X-MBX-APIKEY: ${apiKey}`], `${payload}&signature=${text}`);
        expectRefused(answer, "key-refused");
        const varying = ["date", "x-countersign-request-id"];
        looks.push({
          ...shown(answer),
          headers: [...answer.headers].filter(([name]) => !varying.includes(name)),
        });
      }
    }
    expect(new Set(looks.map((look) => JSON.stringify(look))).size).toBe(1);
    expect(seenBy(house)).toEqual([]);
  });

  /** What someone who can write the database would try: another symbol list for a key, behind the server's back. */
  async function widen(apiKey: string): Promise<void> {
    const before = house.server;
    await before.close();
    const db = new DatabaseSync(join(house.dataDir, "countersign.db"));
    const { changes } = db
      .prepare("update client_keys set row_version = row_version + 1 where id = ?")
      .run(apiKey);
    db.close();
    expect(changes).toBe(1);
    await house.restart();
    clock.advance(2_000);
  }

  test("a key that dies between two requests dies at once", async () => {
    const dying = await botOf(house, clock, { label: "dying" });
    expect((await dying.call("GET", "/api/v3/account", "")).status).toBe(200);
    await house.server.clientKeys.revoke(dying.apiKey);
    house.sandbox.journal.clear();
    expectRefused(await dying.call("GET", "/api/v3/account", ""), "key-refused");
    expectRefused(await dying.call("POST", "/api/v3/order", marketOrder), "key-refused");
    expect(seenBy(house)).toEqual([]);
  });

  test.each(["X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.7", "X-Real-IP: 203.0.113.7"])(
    "%s is nobody's address",
    async (line) => {
      const elsewhere = await botOf(house, clock, { label: "elsewhere", addresses: ["203.0.113.7"] });
      const headers = [elsewhere.keyLine, line];
      expectRefused(await elsewhere.call("GET", "/api/v3/account", "", { headers }), "key-refused");
      await house.server.clientKeys.revoke(elsewhere.apiKey);
    },
  );
});

describe("the signature", () => {
  const spoilt: readonly (readonly [string, (hex: string) => string])[] = [
    ["of 63 digits", (hex) => hex.slice(1)],
    ["of 65 digits", (hex) => `${hex}0`],
    ["of another secret", (hex) => createHmac("sha256", "other").update(hex).digest("hex")],
    ["with one digit changed", (hex) => hex.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"))],
    ["with a letter that is no digit", (hex) => hex.replace(/.$/, "g")],
    ["right as far as hex goes, then more", (hex) => `${hex}zz`],
    ["in base64", (hex) => encodeURIComponent(Buffer.from(hex, "hex").toString("base64"))],
    ["with an encoded blank behind", (hex) => `${hex}%20`],
    ["with an encoded line feed behind", (hex) => `${hex}%0A`],
    [
      "in full-width digits",
      (hex) =>
        encodeURIComponent(hex.replaceAll(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))),
    ],
  ];
  test.each(spoilt)("%s", async (name, spoil) => {
    const payload = bot.stamped(marketOrder);
    const body = `${payload}&signature=${spoil(bot.sign(payload))}`;
    const answer = await ask(
      house.url,
      requestText({ method: "POST", path: "/api/v3/order", headers: [bot.keyLine], body }),
    );
    // A signature that is not even ASCII is not one.
    if (name.includes("full-width")) expectRefused(answer, "parameter-missing", "signature");
    else expectRefused(answer, "signature-wrong");
    expect(seenBy(house)).toEqual([]);
  });

  test.each(["", "&signature", "&signature=", "&signature=%", "&signature=%zz"])(
    "'%s' is none",
    async (tail) => {
      expectRefused(await account([bot.keyLine], bot.stamped("") + tail), "parameter-missing", "signature");
    },
  );

  test("over other bytes: order, spelling and case of what was signed all count", async () => {
    const signed = (payload: string, sent: string): string => `${sent}&signature=${bot.sign(payload)}`;
    for (const change of [
      (text: string) => text.split("&").toReversed().join("&"),
      (text: string) => text.replace("BTCUSDT", "BTC%55SDT"),
      (text: string) => text.replace("0.001", "0.0010"),
      (text: string) => text.replace("0.001", "0.002"),
      (text: string) => text.replace("BUY", "SELL"),
    ]) {
      const payload = bot.stamped(marketOrder);
      const body = signed(payload, change(payload));
      const bytes = requestText({ method: "POST", path: "/api/v3/order", headers: [bot.keyLine], body });
      expectRefused(await ask(house.url, bytes), "signature-wrong");
    }
    expect(seenBy(house)).toEqual([]);
  });

  test("another key's", async () => {
    const other = await botOf(house, clock, { label: "other" });
    expectRefused(await account([bot.keyLine], other.signed("")), "signature-wrong");
  });

  test("the algorithm is the key record's: no HMAC made from a public key, no cross-over", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const pem = publicKey.export({ format: "pem", type: "spki" });
    const { apiKey } = await house.issue({ label: "ed", algorithm: "ED25519", publicKeyPem: pem });
    const raw = publicKey.export({ format: "der", type: "spki" });
    const secrets = [
      pem,
      pem.trim(),
      raw,
      raw.subarray(-32),
      raw.toString("base64"),
      raw.subarray(-32).toString("base64"),
      apiKey,
      "",
    ];
    for (const secret of secrets) {
      const payload = bot.stamped("");
      const mac = createHmac("sha256", secret).update(payload).digest();
      for (const text of [
        mac.toString("hex"),
        mac.toString("base64"),
        Buffer.concat([mac, mac]).toString("base64"),
      ]) {
        const answer = await account(
          [`X-MBX-APIKEY: ${apiKey}`],
          `${payload}&signature=${encodeURIComponent(text)}`,
        );
        expectRefused(answer, "signature-wrong");
      }
    }
    const payload = bot.stamped("");
    const genuine = signBytes(null, Buffer.from(payload), privateKey);
    const line = [`X-MBX-APIKEY: ${apiKey}`];
    expectRefused(await account(line, `${payload}&signature=${genuine.toString("hex")}`), "signature-wrong");
    expectRefused(
      await account([bot.keyLine], `${payload}&signature=${encodeURIComponent(genuine.toString("base64"))}`),
      "signature-wrong",
    );
    expect(seenBy(house)).toEqual([]);
    expect(
      (await account(line, `${payload}&signature=${encodeURIComponent(genuine.toString("base64"))}`)).status,
    ).toBe(200);
  });

  test("a wrong signature is told before a wrong time, and uses nothing up", async () => {
    const payload = `symbol=BTCUSDT&timestamp=${clock.wallMs() - 3_600_000}`;
    expectRefused(await account([bot.keyLine], `timestamp=1&signature=${"0".repeat(64)}`), "signature-wrong");
    const late = requestText({
      method: "DELETE",
      path: "/api/v3/openOrders",
      query: `${payload}&signature=${"0".repeat(64)}`,
      headers: [bot.keyLine],
    });
    expectRefused(await ask(house.url, late), "signature-wrong");
  });
});

describe("what the grant says", () => {
  test("a key that may only read", async () => {
    const reader = await botOf(house, clock, { label: "reader", permissions: ["enableReading"] });
    house.sandbox.journal.clear();
    for (const [method, path, params] of [
      ["POST", "/api/v3/order", marketOrder],
      ["POST", "/api/v3/order/test", marketOrder],
      ["DELETE", "/api/v3/order", "symbol=BTCUSDT&orderId=1"],
      ["DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"],
    ] as const)
      expectRefused(await reader.call(method, path, params), "permission-missing");
    expect(seenBy(house)).toEqual([]);
    expect((await reader.call("GET", "/api/v3/account", "")).status).toBe(200);
  });

  test("symbols bind trading, not reading", async () => {
    const narrow = await botOf(house, clock, { label: "narrow", symbols: ["ETHUSDT"] });
    house.sandbox.journal.clear();
    expectRefused(await narrow.call("POST", "/api/v3/order", marketOrder), "symbol-not-allowed");
    expectRefused(await narrow.call("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"), "symbol-not-allowed");
    expect(seenBy(house)).toEqual([]);
    expect((await narrow.call("GET", "/api/v3/openOrders", "symbol=BTCUSDT")).status).toBe(200);
    const allowed = marketOrder.replace("BTC", "ETH").replace("0.001", "0.01");
    expect((await narrow.call("POST", "/api/v3/order", allowed)).status).toBe(200);
  });

  test("a symbol that only looks like one", async () => {
    const lookAlikes = ["ＢＴＣＵＳＤＴ", "１２３４５６", "ВTСUSDT", "BTCUSDТ"];
    house.sandbox.journal.clear();
    for (const symbol of lookAlikes) {
      const answer = await bot.call(
        "POST",
        "/api/v3/order",
        marketOrder.replace("BTCUSDT", encodeURIComponent(symbol)),
      );
      expect([-1100, -2010], symbol).toContain(JSON.parse(answer.body).code);
    }
    expect(seenBy(house)).toEqual([]);
  });

  test("a symbol in another script trades where the owner listed it, byte for byte", async () => {
    const listed = await botOf(house, clock, { label: "listed", symbols: ["１２３４５６"] });
    const order = `symbol=${encodeURIComponent("１２３４５６")}&side=BUY&type=MARKET&quantity=100`;
    house.sandbox.journal.clear();
    await listed.call("POST", "/api/v3/order", order);
    expect(house.sandbox.journal.entries()[0]?.body).toContain(
      `symbol=${encodeURIComponent("１２３４５６")}&`,
    );
    expectRefused(
      await listed.call("POST", "/api/v3/order", order.replace(encodeURIComponent("１２３４５６"), "123456")),
      "symbol-not-allowed",
    );
  });
});
