// The HTTP side at its edges: bytes that no client library would send, limits, connections.

import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { bodyBytesMax, headerBytesMax } from "../src/http/listener.ts";
import { credentialsOf, hmac, onStage, raw, send } from "./exchange-client.ts";

const bodyOf = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4));
const close = "connection: close\r\nhost: x\r\n\r\n";

describe("bytes the parser refuses are answered as Binance would", () => {
  const illegal = { code: -1100, msg: "Illegal characters found in a parameter." };
  const signature = { code: -1022, msg: "Signature for this request is not valid." };

  test.each<[string, string | Buffer, unknown]>([
    ["a raw space in the target", `GET /api/v3/depth?symbol=A B HTTP/1.1\r\n${close}`, illegal],
    [
      "raw UTF-8 in a public target",
      Buffer.from(`GET /api/v3/depth?symbol=１ HTTP/1.1\r\n${close}`),
      illegal,
    ],
    [
      "raw UTF-8 in a signed target",
      Buffer.from(`POST /api/v3/order?symbol=１&signature=00 HTTP/1.1\r\n${close}`),
      signature,
    ],
    ["no HTTP at all", "hello\r\n\r\n", illegal],
    ["a bad header", `GET /api/v3/ping HTTP/1.1\r\nbad header\r\n${close}`, illegal],
  ])("%s", (_, bytes, expected) =>
    onStage({ history: false }, async ({ sandbox }) => {
      const answer = await raw(sandbox, bytes);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain("content-type: application/json;charset=UTF-8\r\n");
      expect(bodyOf(answer)).toEqual(expected);
      const { length, [length - 1]: entry } = sandbox.journal.entries();
      expect(entry?.outcome).toMatchObject({ status: 400, executed: false });
    }),
  );

  test("too large a header", () =>
    onStage({ history: false }, async ({ sandbox }) => {
      const answer = await raw(sandbox, `GET /${"x".repeat(headerBytesMax + 1)} HTTP/1.1\r\n${close}`);
      expect(answer).toMatch(/^HTTP\/1\.1 431 /);
      expect(bodyOf(answer)).toMatchObject({ code: -1000 });
    }));
});

test("brackets and quotes may stand raw in a target", () =>
  onStage({ history: false }, async ({ sandbox }) => {
    const answer = await raw(
      sandbox,
      `GET /api/v3/ticker/price?symbols=["BTCUSDT","ETHUSDT"] HTTP/1.1\r\n${close}`,
    );
    expect(bodyOf(answer)).toMatchObject([{ symbol: "BTCUSDT" }, { symbol: "ETHUSDT" }]);
  }));

test("a body up to the limit is read, one byte more is refused", () =>
  onStage({ history: false }, async ({ sandbox, clock }) => {
    const { apiKey, secret } = credentialsOf(sandbox);
    const ask = (bytes: number) => {
      const start = `symbol=BTCUSDT&timestamp=${clock.nowMs()}&newClientOrderId=`;
      const query = `signature=${hmac(secret, start + "a".repeat(bytes - start.length))}`;
      const body = start + "a".repeat(bytes - start.length);
      return send(sandbox, {
        method: "POST",
        path: "/api/v3/order",
        query,
        body,
        headers: { "x-mbx-apikey": apiKey },
      });
    };
    expect((await ask(bodyBytesMax)).code).toBe(-1102);
    const refused = await ask(bodyBytesMax + 1);
    expect([refused.status, refused.code]).toEqual([413, -1000]);
  }));

test("connections are kept, and requests on one are answered in order", () =>
  onStage({ history: false }, async ({ sandbox }) => {
    const line = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
    const answer = await raw(
      sandbox,
      `${line("/api/v3/ping")}${line("/nowhere")}GET /api/v3/time HTTP/1.1\r\n${close}`,
    );
    expect([...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual(["200", "404", "200"]);
    expect(new Set(sandbox.journal.entries().map((entry) => entry.remotePort)).size).toBe(1);
  }));

test("a client that leaves in the middle of its body is noted and forgotten", () =>
  onStage({ history: false }, async ({ sandbox, call }) => {
    await new Promise<void>((resolve) => {
      const socket = connect(sandbox.port, "127.0.0.1", () => {
        socket.write("POST /api/v3/order HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nsymbol=");
        const wait = (): void => {
          if (sandbox.journal.entries().length === 0) setImmediate(wait);
          else socket.destroy();
        };
        wait();
      });
      socket.on("close", () => resolve());
    });
    expect((await call.open("/api/v3/ping")).status).toBe(200);
    expect(sandbox.journal.entries()[0]?.outcome).toMatchObject({ status: undefined, executed: false });
  }));
