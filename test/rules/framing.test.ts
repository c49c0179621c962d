/** Framing that two HTTP readers could read in two ways is refused, and nothing behind it on the connection is executed. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHouse } from "../house.ts";
import type { House } from "../house.ts";
import { botOf, manualClock, marketOrder, patience, seenBy } from "./bot.ts";
import type { Bot } from "./bot.ts";
import { expectRefused, shown } from "./expected.ts";
import { ask, openLine, speak } from "./raw-client.ts";
import { chunked, formType, requestText } from "./requests.ts";

const clock = manualClock();
const ping = "/api/v3/ping";
let house: House;
let bot: Bot;
let fences = 0;
/** Requests that the exchange holds until it is told to go on. */
const held: (() => void)[] = [];

beforeAll(async () => {
  const after = (_delayMs: number, run: () => void): (() => void) => {
    held.push(run);
    return () => {};
  };
  const scheduler = { after, every: () => () => {} };
  const sandboxClock = { nowMs: () => clock.wallMs() };
  house = await startHouse({ clock, sandbox: { tickMs: undefined, clock: sandboxClock, scheduler } });
  bot = await botOf(house, clock);
});
afterAll(async () => {
  await house.close();
});

const smuggledOrder = (): string => bot.request("POST", "/api/v3/order", marketOrder);
const chunkedPing = (coding: string): string =>
  requestText({ method: "POST", path: ping, headers: [formType, `Transfer-Encoding: ${coding}`] });

/** An honest order afterwards: had the smuggled one been executed, the exchange would have seen it first. */
async function expectOnlyTheFence(): Promise<void> {
  fences += 1;
  const { status } = await bot.call("POST", "/api/v3/order", marketOrder);
  expect(status).toBe(200);
  expect(seenBy(house)).toEqual(["POST /api/v3/order"]);
}

/** The bytes are refused, the connection is closed, and the order behind them is not executed. */
async function expectDeadEnd(
  bytes: string,
  ...refusal: Parameters<typeof expectRefused> extends [unknown, ...infer Rest] ? Rest : never
): Promise<void> {
  house.sandbox.journal.clear();
  const { answers, rest } = await speak(house.url, bytes + smuggledOrder());
  expect(answers).toHaveLength(1);
  expect(rest).toBe("");
  const [answer] = answers;
  if (answer === undefined) throw new Error("no answer came");
  expectRefused(answer, ...refusal);
  expect(answer.headers.get("connection")).toBe("close");
  await expectOnlyTheFence();
}

describe("two lengths", () => {
  const twoLengths: readonly (readonly [name: string, bytes: () => string])[] = [
    [
      "Content-Length and Transfer-Encoding",
      () =>
        requestText({
          method: "POST",
          path: ping,
          headers: [formType, "Content-Length: 3", "Transfer-Encoding: chunked"],
        }) + chunked("a=1"),
    ],
    [
      "Transfer-Encoding and Content-Length",
      () =>
        requestText({
          method: "POST",
          path: ping,
          headers: [formType, "Transfer-Encoding: chunked", "Content-Length: 3"],
        }) + chunked("a=1"),
    ],
    [
      "Content-Length twice, equal",
      () =>
        requestText({
          method: "POST",
          path: ping,
          headers: [formType, "Content-Length: 3", "Content-Length: 3"],
        }) + "a=1",
    ],
    [
      "Content-Length twice, different",
      () =>
        requestText({
          method: "POST",
          path: ping,
          headers: [formType, "Content-Length: 3", "Content-Length: 0"],
        }) + "a=1",
    ],
    [
      "Content-Length as a list",
      () => requestText({ method: "POST", path: ping, headers: [formType, "Content-Length: 3, 3"] }) + "a=1",
    ],
    [
      "Content-Length with a sign",
      () => requestText({ method: "POST", path: ping, headers: [formType, "Content-Length: +3"] }) + "a=1",
    ],
    [
      "Content-Length in hex",
      () => requestText({ method: "POST", path: ping, headers: [formType, "Content-Length: 0x3"] }) + "a=1",
    ],
    [
      "Transfer-Encoding twice",
      () =>
        requestText({
          method: "POST",
          path: ping,
          headers: [formType, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        }) + chunked("a=1"),
    ],
  ];
  test.each(twoLengths)("%s", async (_name, bytes) => {
    await expectDeadEnd(bytes(), "http-malformed", "request");
  });

  const codings = [
    ",chunked",
    "gzip, chunked",
    "Chunked",
    "CHUNKED",
    "xchunked",
    "chunked;q=1",
    "identity",
    "gzip",
  ];
  test.each(codings)("Transfer-Encoding: %s is not exactly chunked", async (coding) => {
    const bytes = chunkedPing(coding) + chunked("a=1");
    house.sandbox.journal.clear();
    const { answers } = await speak(house.url, bytes + smuggledOrder());
    expect(answers).toHaveLength(1);
    expect(shown(answers[0] ?? expect.fail("no answer"))).toMatchObject({
      status: 400,
      refusal: "http-malformed",
      body: '{"code":-1130,"msg":"Data sent for parameter \'transfer-encoding\' is not valid."}',
    });
    await expectOnlyTheFence();
  });

  test.each(["chunked, chunked", "chunked, identity"])(
    "Transfer-Encoding: %s dies in the parser",
    async (coding) => {
      await expectDeadEnd(chunkedPing(coding) + chunked("a=1"), "http-malformed", "request");
    },
  );

  test("chunked in HTTP/1.0", async () => {
    const head = requestText({
      method: "POST",
      path: ping,
      version: "HTTP/1.0",
      headers: [formType, "Transfer-Encoding: chunked"],
    });
    await expectDeadEnd(head + chunked("a=1"), "http-malformed", "transfer-encoding");
  });
});

describe("broken chunks", () => {
  const broken: readonly (readonly [string, string])[] = [
    ["a size that is no number", "zz\r\na=1\r\n0\r\n\r\n"],
    ["a size with a sign", "+3\r\na=1\r\n0\r\n\r\n"],
    ["a size in 0x", "0x3\r\na=1\r\n0\r\n\r\n"],
    ["bare line feeds", "3\na=1\n0\n\n"],
    ["a chunk longer than its size", "2\r\na=1\r\n0\r\n\r\n"],
    ["a size beyond all numbers", "ffffffffffffffffff\r\na=1\r\n0\r\n\r\n"],
  ];
  test.each(broken)("%s", async (_name, body) => {
    await expectDeadEnd(chunkedPing("chunked") + body, "http-malformed", "request");
  });

  test("trailers", async () => {
    const body = "3\r\na=1\r\n0\r\nX-MBX-APIKEY: other\r\n\r\n";
    await expectDeadEnd(chunkedPing("chunked") + body, "http-malformed", "trailers");
  });

  test("a well-formed chunked body is read like any other", async () => {
    const payload = bot.stamped(marketOrder);
    const head = requestText({
      method: "POST",
      path: "/api/v3/order",
      headers: [bot.keyLine, formType, "Transfer-Encoding: chunked"],
    });
    fences += 1;
    const text = `${payload}&signature=${bot.sign(payload)}`;
    const answer = await ask(house.url, head + chunked(text.slice(0, 7), text.slice(7, 40), text.slice(40)));
    expect(answer.status).toBe(200);
  });
});

describe("lines", () => {
  const lines: readonly (readonly [string, () => string])[] = [
    ["a bare CR in a header", () => `GET ${ping} HTTP/1.1\r\nHost: a\rX: b\r\n\r\n`],
    ["obs-fold", () => `GET ${ping} HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n`],
    ["obs-fold with a tab", () => `GET ${ping} HTTP/1.1\r\nHost: a\r\nX: b\r\n\tc\r\n\r\n`],
    ["a fold before the first header", () => `GET ${ping} HTTP/1.1\r\n Host: a\r\n\r\n`],
    ["a space before the colon", () => `GET ${ping} HTTP/1.1\r\nHost: a\r\nX-MBX-APIKEY : b\r\n\r\n`],
    ["a header without a name", () => `GET ${ping} HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n`],
    ["a header without a colon", () => `GET ${ping} HTTP/1.1\r\nHost: a\r\nX\r\n\r\n`],
    ["a NUL in a header", () => `GET ${ping} HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n`],
    ["a method in lower case", () => `get ${ping} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ["a method nobody knows", () => `FOO ${ping} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ["the preface of HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["bytes behind Connection: close", () => requestText({ path: ping, headers: ["Connection: close"] })],
  ];
  test.each(lines)("%s", async (_name, bytes) => {
    await expectDeadEnd(bytes(), "http-malformed", "request");
  });

  const versions: readonly (readonly [string, () => string])[] = [
    ["HTTP/0.9", () => `GET ${ping}\r\n\r\n`],
    ["HTTP/2.0 as a word", () => requestText({ path: ping, version: "HTTP/2.0" })],
  ];
  test.each(versions)("%s", async (_name, bytes) => {
    await expectDeadEnd(bytes(), "http-malformed", "version");
  });

  const targets: readonly (readonly [string, () => string])[] = [
    ["a raw space in the target", () => requestText({ path: ping, query: "a=b c" })],
    ["raw UTF-8 in the target", () => requestText({ path: ping, query: "a=\xc3\xa9" })],
    ["a bare line feed behind the target", () => `GET ${ping} HTTP/1.1\nHost: a\n\n`],
    ["HTTP/1.2", () => requestText({ path: ping, version: "HTTP/1.2" })],
    ["a version nobody can read", () => requestText({ path: ping, version: "HTTP/x.y" })],
  ];
  test.each(targets)("%s is answered in Binance's shape", async (_name, bytes) => {
    await expectDeadEnd(bytes(), "http-target-characters");
  });
});

describe("headers", () => {
  test("HTTP/1.1 without Host", async () => {
    await expectDeadEnd(requestText({ path: ping, host: [] }), "http-malformed", "host");
  });

  const twice: readonly (readonly [string, string])[] = [
    ["host", "Host: b"],
    ["x-mbx-apikey", "x-mbx-apikey: b"],
    ["x-mbx-time-unit", "X-MBX-TIME-UNIT: MICROSECOND"],
    ["x-mbx-sbe", "X-MBX-SBE: 1:0"],
    ["content-type", formType],
    ["content-encoding", "Content-Encoding: gzip"],
  ];
  test.each(twice)("%s sent twice, also when both are equal", async (name, line) => {
    const headers = [line, line.toUpperCase()];
    await expectDeadEnd(
      requestText({ path: ping, headers, host: name === "host" ? [] : ["Host: a"] }),
      "http-malformed",
      name,
    );
  });

  test("X_MBX_APIKEY is no key header", async () => {
    house.sandbox.journal.clear();
    const query = bot.signed("");
    const headers = [`X_MBX_APIKEY: ${bot.apiKey}`];
    expectRefused(
      await ask(house.url, requestText({ path: "/api/v3/account", query, headers })),
      "key-format",
    );
    expect(seenBy(house)).toEqual([]);
  });

  const filler = (count: number): string[] => Array.from({ length: count }, (_, at) => `X-${at}: 1`);
  test("64 headers pass, 65 do not", async () => {
    expect((await ask(house.url, requestText({ path: ping, headers: filler(63) }))).status).toBe(200);
    await expectDeadEnd(requestText({ path: ping, headers: filler(64) }), "http-headers-too-large");
  });

  test("headers over 16 KiB, and a target over 16 KiB", async () => {
    const long = "a".repeat(16_500);
    await expectDeadEnd(requestText({ path: ping, headers: [`X: ${long}`] }), "http-headers-too-large");
    await expectDeadEnd(requestText({ path: ping, query: long }), "http-headers-too-large");
  });

  test.each(["100-continue", "200-ok", "100-Continue"])("Expect: %s", async (expectation) => {
    const bytes = requestText({
      method: "POST",
      path: ping,
      headers: [`Expect: ${expectation}`],
      body: "a=1",
    });
    await expectDeadEnd(bytes, "http-malformed", "expect");
  });

  test.each(["websocket", "h2c", "TLS/1.0"])("Upgrade: %s", async (protocol) => {
    const headers = ["Connection: Upgrade", `Upgrade: ${protocol}`];
    await expectDeadEnd(requestText({ path: ping, headers }), "http-malformed", "upgrade");
    await expectDeadEnd(
      requestText({ method: "POST", path: ping, headers, body: "a=1" }),
      "http-malformed",
      "upgrade",
    );
  });
});

describe("bodies", () => {
  /** An order padded to so many body bytes by a parameter that nobody knows: refused, but only after it was read. */
  const padded = (bytes: number): string => {
    const start = `${marketOrder}&padding=`;
    return start + "x".repeat(bytes - start.length);
  };
  const chunkedOrder = (body: string): string =>
    requestText({
      method: "POST",
      path: "/api/v3/order",
      headers: [bot.keyLine, formType, "Transfer-Encoding: chunked"],
    }) + chunked(body);

  test("8192 bytes are read, with Content-Length and chunked", async () => {
    const body = padded(8192);
    const headers = [bot.keyLine];
    const whole = requestText({ method: "POST", path: "/api/v3/order", headers, body });
    house.sandbox.journal.clear();
    expectRefused(await ask(house.url, whole), "parameter-unknown", 4, 5);
    expectRefused(await ask(house.url, chunkedOrder(body)), "parameter-unknown", 4, 5);
    expect(seenBy(house)).toEqual([]);
  });

  test("8193 bytes are not, with Content-Length and chunked", async () => {
    const body = padded(8193);
    await expectDeadEnd(
      requestText({ method: "POST", path: "/api/v3/order", headers: [bot.keyLine], body }),
      "http-body-too-large",
    );
    await expectDeadEnd(chunkedOrder(body), "http-body-too-large");
    await expectDeadEnd(chunkedOrder("x".repeat(100_000)), "http-body-too-large");
  });

  test("a length that no body has is refused before any of it came", async () => {
    const head = requestText({
      method: "POST",
      path: "/api/v3/order",
      headers: [bot.keyLine, formType, "Content-Length: 9007199254740993"],
    });
    const { answers } = await speak(house.url, head, 1);
    expectRefused(answers[0] ?? expect.fail("no answer"), "http-body-too-large");
  });

  const notForms: readonly (readonly [string, readonly string[]])[] = [
    ["JSON", ["Content-Type: application/json"]],
    ["multipart", ["Content-Type: multipart/form-data; boundary=a"]],
    ["plain text", ["Content-Type: text/plain"]],
    ["no type at all", ["Content-Type:"]],
    ["a type that only looks like a form's", ["Content-Type: application/x-www-form-urlencoded2"]],
    ["a compressed form", [formType, "Content-Encoding: gzip"]],
    ["a form with an unknown coding", [formType, "Content-Encoding: identity"]],
  ];
  test.each(notForms)("a body that is %s", async (_name, lines) => {
    house.sandbox.journal.clear();
    const body = bot.signed(marketOrder);
    const bytes = requestText({
      method: "POST",
      path: "/api/v3/order",
      headers: [bot.keyLine, ...lines],
      body,
    });
    expectRefused(await ask(house.url, bytes), "body-not-form");
    expect(seenBy(house)).toEqual([]);
  });

  test.each(["application/json", "application/json;charset=utf-8", "text/plain", "multipart/form-data"])(
    "with an empty body Content-Type: %s says nothing",
    async (type) => {
      fences += 1;
      const headers = [bot.keyLine, `Content-Type: ${type}`, "Content-Length: 0"];
      expect((await bot.call("POST", "/api/v3/order", marketOrder, { headers })).status).toBe(200);
    },
  );

  test("a form with parameters of its type, in any case", async () => {
    fences += 1;
    const headers = [bot.keyLine, "content-type: Application/X-WWW-Form-URLEncoded ; charset=UTF-8"];
    const bytes = requestText({
      method: "POST",
      path: "/api/v3/order",
      headers,
      body: bot.signed(marketOrder),
    });
    expect((await ask(house.url, bytes)).status).toBe(200);
  });

  test("GET with a body", async () => {
    house.sandbox.journal.clear();
    const bytes = requestText({ path: "/api/v3/account", headers: [bot.keyLine], body: bot.signed("") });
    expectRefused(await ask(house.url, bytes), "body-on-get", 0, 2);
    expect(seenBy(house)).toEqual([]);
  });
});

describe("several requests on one connection", () => {
  test("pipelined requests are answered in their order", async () => {
    const reads = ["omitZeroBalances=true", "omitZeroBalances=false", ""].map((params) =>
      bot.request("GET", "/api/v3/account", params),
    );
    const time = requestText({ path: "/api/v3/time" });
    const { answers } = await speak(house.url, reads.join(time), 5);
    const kinds = answers.map(({ body }) => (body.startsWith('{"serverTime"') ? "time" : "account"));
    expect(kinds).toEqual(["account", "time", "account", "time", "account"]);
  });

  test("a refusal by a rule leaves the connection open: the next request is served", async () => {
    const { answers } = await speak(
      house.url,
      requestText({ path: "/api/v3/nowhere" }) + requestText({ path: ping }),
      2,
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 200]);
  });

  test("garbage behind a request that is complete: neither is executed, and no second answer comes", async () => {
    house.sandbox.journal.clear();
    const { answers, rest } = await speak(house.url, `${smuggledOrder()}GARBAGE\r\n\r\n`);
    expect(answers).toHaveLength(1);
    expectRefused(answers[0] ?? expect.fail("no answer"), "http-malformed", "request");
    expect(rest).toBe("");
    await expectOnlyTheFence();
  });

  test("garbage while an answer is under way ends the connection without mixing into the answer", async () => {
    const line = await openLine(house.url);
    fences += 1;
    house.sandbox.journal.clear();
    house.sandbox.faults.add({ path: "/api/v3/order", action: { kind: "delay", delayMs: 1 } });
    line.write(smuggledOrder());
    await expect.poll(() => held.length, patience).toBe(1);
    line.write("GARBAGE\r\n\r\n");
    const { answers, rest } = await line.until("closed");
    expect({ answers, rest }).toEqual({ answers: [], rest: "" });
    held[0]?.();
    // What was under way goes on: it had been accepted.
    await expect.poll(() => house.sandbox.journal.entries().at(-1)?.outcome.status, patience).toBe(200);
  });

  test("CONNECT is refused and what follows it is not read", async () => {
    house.sandbox.journal.clear();
    const { answers } = await speak(
      house.url,
      `CONNECT countersign.test:443 HTTP/1.1\r\nHost: a\r\n\r\n${smuggledOrder()}`,
    );
    expect(answers).toHaveLength(1);
    expectRefused(answers[0] ?? expect.fail("no answer"), "endpoint-unknown");
    await expectOnlyTheFence();
  });
});

test("of all the smuggled orders none was executed", () => {
  expect(house.sandbox.orders(house.uid)).toHaveLength(fences);
});
