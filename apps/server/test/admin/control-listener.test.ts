/** The loopback listener, byte by byte: who may call it by what name, and that there is nothing there but two reads. */
import { Counter, Registry } from "@prometheus-io/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { headerBytesMax } from "../../src/admin/doorman.ts";
import type { Health } from "../../src/admin/rooms.ts";
import { rawExchange, rawRequest, startFixture } from "./control-fixture.ts";
import type { Fixture } from "./control-fixture.ts";

let fixture: Fixture;
let health: Health = { journalAvailable: true, clockSteady: true };

beforeAll(async () => {
  const metrics = new Registry();
  new Counter({ name: "countersign_requests_total", help: "Requests.", registers: [metrics] }).inc();
  fixture = await startFixture({ metrics, health: () => health });
});
afterAll(() => fixture.close());

const host = () => `host: 127.0.0.1:${fixture.port()}`;
const ask = (line: string, headers: readonly string[] = [host()], body = "") =>
  rawExchange(fixture.port(), rawRequest(line, headers, body));

function expectRefusal(answer: Awaited<ReturnType<typeof rawExchange>>, status: number, code: string): void {
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toEqual({ error: { code, message: expect.any(String) } });
  expect(answer.headers.get("content-type")).toBe("application/json");
  expectGuarded(answer.headers);
}

function expectGuarded(headers: ReadonlyMap<string, string>): void {
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("cache-control")).toBe("no-store");
  expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
}

describe("health and metrics", () => {
  test("healthz says ok", async () => {
    const answer = await ask("GET /healthz");
    expect([answer.status, answer.body]).toEqual([200, '{"status":"ok"}']);
    expectGuarded(answer.headers);
  });

  test.each([
    [{ journalAvailable: false, clockSteady: true }, ["journal"]],
    [{ journalAvailable: true, clockSteady: false }, ["clock"]],
    [{ journalAvailable: false, clockSteady: false }, ["journal", "clock"]],
  ])("healthz says what is wrong: %j", async (found, problems) => {
    health = found;
    const answer = await ask("GET /healthz");
    health = { journalAvailable: true, clockSteady: true };
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toEqual({ status: "unhealthy", problems });
  });

  test("metrics come from the registry", async () => {
    const answer = await ask("GET /metrics");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toContain("version=0.0.4");
    expect(answer.body).toContain("countersign_requests_total 1");
    expectGuarded(answer.headers);
  });

  test("HEAD is a GET without a body", async () => {
    expect(await ask("HEAD /healthz")).toMatchObject({ status: 200, body: "" });
  });
});

describe("who may call it by what name", () => {
  test.each(["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])("%s with the port", async (name) => {
    expect((await ask("GET /healthz", [`Host: ${name}:${fixture.port()}`])).status).toBe(200);
  });

  test.each([
    "127.0.0.1",
    "localhost",
    "localhost:1",
    "evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.2",
    "localhost.",
    "",
  ])("Host %j is refused", async (name) => {
    expectRefusal(await ask("GET /healthz", [`Host: ${name}`]), 403, "wrong-host");
  });

  test.each(["evil.example", "127.0.0.1.evil.example", "127.0.0.2", "localhost.", "0.0.0.0", "[::]"])(
    "%s with the right port is refused",
    async (name) => {
      expectRefusal(await ask("GET /healthz", [`Host: ${name}:${fixture.port()}`]), 403, "wrong-host");
    },
  );

  test("two Hosts, also two right ones, are refused", async () => {
    expectRefusal(await ask("GET /healthz", [host(), host()]), 403, "wrong-host");
    expectRefusal(await ask("GET /healthz", [host(), "host: evil.example"]), 403, "wrong-host");
  });

  test("no Host is refused, in HTTP/1.1 and 1.0", async () => {
    expectRefusal(await ask("GET /healthz", []), 403, "wrong-host");
    expectRefusal(await rawExchange(fixture.port(), "GET /healthz HTTP/1.0\r\n\r\n"), 403, "wrong-host");
  });

  test.each(["http://evil.example", "null", "", "http://127.0.0.1"])(
    "Origin %j is refused",
    async (origin) => {
      expectRefusal(await ask("GET /healthz", [host(), `Origin: ${origin}`]), 403, "origin-refused");
    },
  );

  test("its own origin is refused too: no page is served here", async () => {
    const origin = `Origin: http://127.0.0.1:${fixture.port()}`;
    expectRefusal(await ask("GET /metrics", [host(), origin]), 403, "origin-refused");
  });

  test("what a browser calls cross-site is refused, what a person types is not", async () => {
    expectRefusal(await ask("GET /metrics", [host(), "sec-fetch-site: cross-site"]), 403, "origin-refused");
    expect((await ask("GET /metrics", [host(), "sec-fetch-site: none"])).status).toBe(200);
  });

  test("a preflight gets no permission", async () => {
    const headers = [host(), "Origin: http://evil.example", "access-control-request-method: GET"];
    expectRefusal(await ask("OPTIONS /healthz", headers), 403, "origin-refused");
    expectRefusal(await ask("OPTIONS /healthz"), 405, "method-not-allowed");
  });
});

describe("what is there", () => {
  test.each(["/v1/status", "/v1/client-keys", "/v1/venue-keys", "/", "/health", "/healthz/x"])(
    "no %s",
    async (path) => expectRefusal(await ask(`GET ${path}`), 404, "not-found"),
  );

  test.each([
    "/healthz/",
    "//healthz",
    "/./healthz",
    "/x/../healthz",
    "/%68ealthz",
    "/healthz;a",
    "/healthz#a",
    "*",
  ])("%s is not made to fit", async (path) => expectRefusal(await ask(`GET ${path}`), 404, "not-found"));

  test("an absolute target is not taken", async () => {
    expectRefusal(await ask(`GET http://127.0.0.1:${fixture.port()}/healthz`), 404, "not-found");
  });

  test("a query is refused", async () => {
    expectRefusal(await ask("GET /healthz?x=1"), 400, "invalid-request");
  });

  test.each(["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])(
    "%s is refused, and says what is taken",
    async (method) => {
      const answer = await ask(`${method} /healthz`);
      expectRefusal(answer, 405, "method-not-allowed");
      expect(answer.headers.get("allow")).toBe("GET");
    },
  );

  test("a body with a GET is refused, and what follows it is not a next request", async () => {
    const smuggled = `GET /metrics HTTP/1.1\r\n${host()}\r\n\r\n`;
    const request = `GET /healthz HTTP/1.1\r\n${host()}\r\ncontent-length: ${smuggled.length}\r\n\r\n${smuggled}`;
    const answer = await rawExchange(fixture.port(), request);
    expectRefusal(answer, 400, "invalid-request");
    expect(answer.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

describe("what Node's parser refuses looks the same", () => {
  test("bytes that are no HTTP", async () => {
    expectRefusal(await rawExchange(fixture.port(), "hello\r\n\r\n"), 400, "invalid-request");
  });

  test("two lengths that disagree", async () => {
    const headers = [host(), "content-length: 1", "transfer-encoding: chunked"];
    expectRefusal(await ask("POST /healthz", headers, "0\r\n\r\n"), 400, "invalid-request");
  });

  test("headers without end", async () => {
    const headers = [host(), `x: ${"a".repeat(headerBytesMax)}`];
    expectRefusal(await ask("GET /healthz", headers), 431, "headers-too-large");
  });
});

test("an address that is not loopback is not listened on", async () => {
  const parts = { control: { host: "0.0.0.0", port: 0 } };
  await expect(startFixture(parts)).rejects.toMatchObject({ code: "not-loopback" });
});

test("a port that is taken is named, and the socket is not left behind", async () => {
  const parts = { control: { host: "127.0.0.1", port: fixture.port() } };
  await expect(startFixture(parts)).rejects.toMatchObject({ code: "address-in-use" });
});
