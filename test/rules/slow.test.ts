/** Who is slow is let go. The waits are shortened here; that the door's own are what DESIGN says is a test of its own. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemRandom } from "../../apps/server/src/base/random.ts";
import { doorLimits } from "../../apps/server/src/gateway/door-limits.ts";
import { listen } from "../../apps/server/src/gateway/listen.ts";
import type { Listener } from "../../apps/server/src/gateway/listen.ts";
import { expectRefused } from "./expected.ts";
import { openLine } from "./raw-client.ts";
import type { Conversation } from "./raw-client.ts";
import { formType, requestText } from "./requests.ts";

let listener: Listener;
const arrived: string[] = [];

beforeAll(async () => {
  const silent = (): void => {};
  listener = await listen({
    host: "127.0.0.1",
    port: 0,
    tls: undefined,
    answer(arrival) {
      arrived.push(arrival.target);
      return Promise.resolve({ status: 200, headers: [], body: "{}" });
    },
    random: systemRandom,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    waits: { headersMsMax: 200, requestMsMax: 400, checkEveryMs: 20 },
  });
});
afterAll(async () => {
  await listener.close();
});

/** Writes one byte every few milliseconds, for ever: never silent, never done. */
async function drip(start: string, byte: string): Promise<Conversation> {
  const line = await openLine(listener.url);
  line.write(start);
  const timer = setInterval(() => line.write(byte), 15);
  try {
    return await line.until("closed");
  } finally {
    clearInterval(timer);
    line.close();
  }
}

const head = (framing: string): string =>
  requestText({ method: "POST", path: "/slow", headers: [formType, framing] });
const slow: readonly (readonly [string, string, string])[] = [
  ["a header that never ends", "GET /slow HTTP/1.1\r\nHost: a\r\nX: ", "x"],
  ["headers that never end", "GET /slow HTTP/1.1\r\n", "X: y\r\n"],
  ["headers that never come", "GET /slow HTTP/1.1\r\n", ""],
  ["a body that drips", head("Content-Length: 5000"), "x"],
  ["a body that never comes", head("Content-Length: 5"), ""],
  ["a chunk that drips", `${head("Transfer-Encoding: chunked")}1000\r\n`, "x"],
  ["chunks that never end", head("Transfer-Encoding: chunked"), "1\r\nx\r\n"],
];
test.each(slow)("%s is answered 408, and reaches nobody", async (_name, start, byte) => {
  const { answers, rest } = await drip(start, byte);
  expect(answers).toHaveLength(1);
  expectRefused(answers[0] ?? expect.fail("no answer"), "http-too-slow");
  expect(rest).toBe("");
  expect(arrived).toEqual([]);
});

test("the door's own waits and bounds", () => {
  expect(doorLimits).toMatchObject({
    headersMsMax: 5_000,
    requestMsMax: 10_000,
    checkEveryMs: 1_000,
    headerBytesMax: 16_384,
    headersMax: 64,
    bodyBytesMax: 8_192,
  });
});
