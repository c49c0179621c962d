/** Keys over the control socket: the typed client there and back, closed schemas, and secrets that pass once. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addVenueKeyRequestSchema,
  AdminError,
  adminClient,
  issueClientKeyRequestSchema,
} from "@countersign/contract";
import { bodyBytesMax } from "../../src/admin/json-body.ts";
import { UnusableSecret, VenueRefusal } from "../../src/admin/rooms.ts";
import type { Identify } from "../../src/admin/rooms.ts";
import { issuedSecret, rawExchange, rawRequest, startFixture } from "./control-fixture.ts";
import type { Fixture } from "./control-fixture.ts";

const venueSecret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
const apiKey = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
let identify: Identify = async () => ({ accountUid: "4711" });
let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture({ identify: (candidate) => identify(candidate) });
});
afterAll(() => fixture.close());

const venueKeyRequest = { label: "main", algorithm: "HMAC", apiKey, secret: venueSecret } as const;
const clientKeyRequest = {
  label: "bot",
  algorithm: "HMAC",
  permissions: ["enableReading"],
  addresses: ["10.0.0.7"],
  symbols: "any",
  venueKeyId: "vk_0",
} as const;
const issueRequest = () => ({
  ...clientKeyRequest,
  permissions: [...clientKeyRequest.permissions],
  addresses: [...clientKeyRequest.addresses],
});

const post = (
  path: string,
  body: string,
  headers: readonly string[] = ["content-type: application/json"],
) => {
  const length = `content-length: ${Buffer.byteLength(body)}`;
  return rawExchange(
    fixture.control.socketPath,
    rawRequest(`POST ${path}`, ["host: localhost", length, ...headers], body),
  );
};
const codeOf = (answer: { body: string }) =>
  (JSON.parse(answer.body) as { error: { code: string } }).error.code;

describe("there and back with the typed client", () => {
  test("a venue key goes in with its secret and comes out without", async () => {
    const asked: unknown[] = [];
    identify = async (candidate) => {
      asked.push([candidate.algorithm, candidate.apiKey, candidate.secret.reveal()]);
      return { accountUid: "4711" };
    };
    const key = await fixture.admin.addVenueKey(venueKeyRequest);
    expect(key).toEqual({
      id: "vk_0",
      label: "main",
      venue: "sandbox",
      state: "signs",
      accountUid: "4711",
      algorithm: "HMAC",
      apiKey,
      createdAt: "2023-11-14T22:13:20.000Z",
    });
    expect(asked).toEqual([["HMAC", apiKey, venueSecret]]);
    expect(fixture.rooms.handedIn[0]?.secret.reveal()).toBe(venueSecret);
    expect(await fixture.admin.venueKeys()).toEqual([key]);
    expect(await fixture.admin.venueKey("vk_0")).toEqual(key);
  });

  test("a client key's secret is answered once, when it is issued", async () => {
    const { key, secret } = await fixture.admin.issueClientKey(issueRequest());
    expect(secret).toBe(issuedSecret);
    expect(key).toMatchObject({ label: "bot", state: "active", addresses: ["10.0.0.7"], symbols: "any" });
    expect(
      JSON.stringify([await fixture.admin.clientKeys(), await fixture.admin.clientKey(key.id)]),
    ).not.toContain(issuedSecret);
    expect(await fixture.admin.clientKeys()).toEqual([key]);
  });

  test("a key of the bot's own has no secret in its answer", async () => {
    const publicKeyPem = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    const answer = await fixture.admin.issueClientKey({
      ...issueRequest(),
      algorithm: "ED25519",
      publicKeyPem,
    });
    expect(Object.keys(answer)).toEqual(["key"]);
    expect(answer.key.publicKeyPem).toBe(publicKeyPem);
  });

  test("a revoked key says since when", async () => {
    const { key } = await fixture.admin.issueClientKey(issueRequest());
    expect(await fixture.admin.revokeClientKey(key.id)).toEqual({
      ...key,
      state: "revoked",
      revokedAt: "2023-11-14T22:13:20.001Z",
    });
  });

  test("status counts the keys and says the rest as it was told", async () => {
    const status = await fixture.admin.status();
    expect(status).toMatchObject({
      controlUrl: fixture.control.controlUrl,
      uptimeMs: 0,
      journal: { entries: 3, intents: 2, unknown: 1 },
      clock: { steady: true, venueOffsetMs: -12 },
      clientKeys: { revoked: 1, damaged: 0 },
      venueKeys: 1,
    });
  });

  test("what is not there is a refusal with the room's code", async () => {
    await expect(fixture.admin.clientKey("nobody")).rejects.toMatchObject({
      code: "unknown-client-key",
      status: 404,
    });
    await expect(fixture.admin.revokeClientKey("nobody")).rejects.toMatchObject({ status: 404 });
    await expect(fixture.admin.venueKey("nobody")).rejects.toMatchObject({ code: "unknown-venue-key" });
    await expect(fixture.admin.issueClientKey({ ...issueRequest(), venueKeyId: "vk_9" })).rejects.toThrow(
      AdminError,
    );
  });

  test("an id cannot climb to another path", async () => {
    const ids = fc.oneof(
      fc.constantFrom("../status", "..", "x/revoke", "%2e%2e", "a?b", "a#b"),
      fc.string({ minLength: 1 }),
    );
    await fc.assert(
      fc.asyncProperty(ids, async (id) => {
        if (fixture.rooms.clientKeys.some((key) => key.id === id) || !id.isWellFormed()) return;
        await expect(fixture.admin.clientKey(id)).rejects.toMatchObject({ name: "AdminError" });
      }),
      { numRuns: 50 },
    );
  });
});

describe("the venue's own no", () => {
  test("refuses the key in the venue's words, and nothing is kept", async () => {
    identify = async () => {
      throw new VenueRefusal(-2015, "Invalid API-key, IP, or permissions for action.");
    };
    const before = fixture.rooms.handedIn.length;
    await expect(fixture.admin.addVenueKey(venueKeyRequest)).rejects.toMatchObject({
      code: "venue-refused",
      status: 422,
      venue: { code: -2015, message: "Invalid API-key, IP, or permissions for action." },
    });
    expect(fixture.rooms.handedIn).toHaveLength(before);
  });

  test("cannot carry the secret or a terminal's escapes back", async () => {
    identify = async ({ secret }) => {
      throw new VenueRefusal(-1, `bad \u001B[2J${secret.reveal()} ${"y".repeat(5_000)}`);
    };
    const answer = await post("/v1/venue-keys", JSON.stringify(venueKeyRequest));
    expect(answer.status).toBe(422);
    expect(answer.body).not.toContain(venueSecret);
    expect(answer.body).not.toMatch(/\\u001b/i);
    expect(answer.body.length).toBeLessThan(1_000);
  });

  test("no answer and a secret that is no key are told apart", async () => {
    identify = async ({ secret }) => {
      throw new Error(`socket hang up while sending ${secret.reveal()}`);
    };
    await expect(fixture.admin.addVenueKey(venueKeyRequest)).rejects.toMatchObject({
      code: "venue-unreachable",
      status: 502,
    });
    identify = async () => {
      throw new UnusableSecret();
    };
    await expect(fixture.admin.addVenueKey(venueKeyRequest)).rejects.toMatchObject({
      code: "unusable-secret",
      field: "secret",
    });
  });
});

describe("closed schemas", () => {
  const serverOnly = [
    "id",
    "state",
    "generation",
    "accountUid",
    "venue",
    "createdAt",
    "by",
    "__proto__",
    "constructor",
  ];

  test.each(serverOnly)("a venue key takes no %s from the body", async (field) => {
    const before = fixture.rooms.handedIn.length;
    const body = `${JSON.stringify(venueKeyRequest).slice(0, -1)},${JSON.stringify(field)}:"1"}`;
    const answer = await post("/v1/venue-keys", body);
    expect([answer.status, codeOf(answer)]).toEqual([400, "invalid-request"]);
    expect(answer.body).toContain(field);
    expect(fixture.rooms.handedIn).toHaveLength(before);
  });

  test.each([...serverOnly, "secret"])("a client key takes no %s from the body", async (field) => {
    const before = fixture.rooms.clientKeys.length;
    const body = `${JSON.stringify(clientKeyRequest).slice(0, -1)},${JSON.stringify(field)}:"1"}`;
    expect((await post("/v1/client-keys", body)).status).toBe(400);
    expect(fixture.rooms.clientKeys).toHaveLength(before);
  });

  test.each(["permissions", "addresses", "symbols", "venueKeyId", "label", "algorithm"])(
    "no %s is a refusal, never a default",
    async (field) => {
      const { [field as "label"]: _, ...rest } = clientKeyRequest;
      const answer = await post("/v1/client-keys", JSON.stringify(rest));
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body)).toMatchObject({ error: { field } });
    },
  );

  test("a revocation takes an empty object only", async () => {
    expect((await post("/v1/client-keys/x/revoke", '{"force":true}')).status).toBe(400);
    expect((await post("/v1/client-keys/x/revoke", "")).status).toBe(400);
    expect((await post("/v1/client-keys/x/revoke", "{}")).status).toBe(404);
  });

  test("any JSON is taken by the schema or refused with 400, never failed upon", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 3 }), async (text) => {
        const value: unknown = JSON.parse(text);
        if (issueClientKeyRequestSchema.safeParse(value).success) return;
        expect(addVenueKeyRequestSchema.safeParse(value).success).toBe(false);
        expect((await post("/v1/client-keys", text)).status).toBe(400);
      }),
      { numRuns: 50 },
    );
  });
});

describe("bodies", () => {
  test.each([
    "content-type: text/plain",
    "content-type: application/x-www-form-urlencoded",
    "content-type: multipart/form-data; boundary=x",
    "content-type: application/json5",
    "content-type: application/json; charset=utf-16",
    "content-type: text/plain, application/json",
    "x-no-type: 1",
  ])("%s is refused", async (header) => {
    const answer = await post("/v1/client-keys", JSON.stringify(clientKeyRequest), [header]);
    expect([answer.status, codeOf(answer)]).toEqual([415, "wrong-content-type"]);
  });

  test("application/json with its charset is taken", async () => {
    const header = "Content-Type: application/json; charset=UTF-8";
    expect((await post("/v1/client-keys", JSON.stringify(issueRequest()), [header])).status).toBe(201);
  });

  test("the largest body is read, one byte more is refused", async () => {
    const largest = JSON.stringify({ label: "" }).replace('""', `"${"x".repeat(bodyBytesMax - 12)}"`);
    expect(Buffer.byteLength(largest)).toBe(bodyBytesMax);
    expect((await post("/v1/client-keys", largest)).status).toBe(400);
    const answer = await post("/v1/client-keys", `${largest} `);
    expect([answer.status, codeOf(answer)]).toEqual([413, "body-too-large"]);
  });

  test("a body without a stated length is counted as it comes", async () => {
    const chunk = `8000\r\n${"x".repeat(0x8000)}\r\n`;
    const headers = ["host: localhost", "content-type: application/json", "transfer-encoding: chunked"];
    const request = rawRequest("POST /v1/client-keys", headers, `${chunk.repeat(3)}0\r\n\r\n`);
    const answer = await rawExchange(fixture.control.socketPath, request);
    expect([answer.status, codeOf(answer)]).toEqual([413, "body-too-large"]);
  });

  test("what is no JSON or no UTF-8 is refused without being quoted", async () => {
    const answer = await post("/v1/venue-keys", `{"secret":"${venueSecret}`);
    expect([answer.status, codeOf(answer)]).toEqual([400, "invalid-request"]);
    expect(answer.body).not.toContain("Nhq");
    const notUtf8 = Buffer.concat([Buffer.from('{"label":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const headers = [
      "host: localhost",
      "content-type: application/json",
      `content-length: ${notUtf8.length}`,
    ];
    const request = Buffer.concat([Buffer.from(rawRequest("POST /v1/client-keys", headers)), notUtf8]);
    const refused = await rawExchange(fixture.control.socketPath, request);
    expect([refused.status, JSON.parse(refused.body)]).toEqual([
      400,
      { error: { code: "invalid-request", message: "The body is not UTF-8." } },
    ]);
  });

  test("deep nesting is refused, not followed", async () => {
    expect((await post("/v1/client-keys", "[".repeat(20_000) + "]".repeat(20_000))).status).toBe(400);
  });
});

describe("routes", () => {
  test.each([
    ["PUT", "/v1/client-keys", "GET, POST"],
    ["DELETE", "/v1/client-keys/x", "GET"],
    ["GET", "/v1/client-keys/x/revoke", "POST"],
    ["POST", "/v1/status", "GET"],
    ["DELETE", "/v1/venue-keys/x", "GET"],
  ])("%s %s is told what the path takes", async (method, path, allow) => {
    const answer = await rawExchange(
      fixture.control.socketPath,
      rawRequest(`${method} ${path}`, ["host: localhost"]),
    );
    expect([answer.status, codeOf(answer), answer.headers.get("allow")]).toEqual([
      405,
      "method-not-allowed",
      allow,
    ]);
  });

  test.each(["/v1", "/v2/status", "/v1/client-keys/x/rotate", "/v1/venue-keys/x/secret", "/V1/status"])(
    "there is no %s",
    async (path) => {
      const answer = await rawExchange(
        fixture.control.socketPath,
        rawRequest(`GET ${path}`, ["host: localhost"]),
      );
      expect([answer.status, codeOf(answer)]).toEqual([404, "not-found"]);
    },
  );
});

test("states that need an operator are shown", async () => {
  const [key] = fixture.rooms.clientKeys;
  const [venueKey] = fixture.rooms.venueKeys;
  if (key === undefined || venueKey === undefined) throw new Error("nothing was issued before");
  fixture.rooms.clientKeys.push({ ...key, id: "half", state: "active", live: false });
  fixture.rooms.clientKeys.push({ ...key, id: "broken", state: "damaged", live: false });
  fixture.rooms.venueKeys.push({ ...venueKey, id: "other", signs: false });
  fixture.rooms.venueKeys.push({ ...venueKey, id: "broken", signs: false, damaged: true });
  expect((await fixture.admin.clientKey("half")).state).toBe("revoking");
  expect((await fixture.admin.clientKey("broken")).state).toBe("damaged");
  expect((await fixture.admin.venueKeys()).map(({ state }) => state)).toEqual([
    "signs",
    "other-venue",
    "damaged",
  ]);
  expect((await fixture.admin.status()).clientKeys.damaged).toBe(1);
});

test("what the disk did not take is said, and the words of the database are not", async () => {
  const answer = await post("/v1/client-keys", JSON.stringify({ ...clientKeyRequest, label: "disk full" }));
  expect([answer.status, codeOf(answer)]).toEqual([503, "not-written"]);
  expect(answer.body).not.toContain("sqlite");
});

test("an unforeseen error says nothing of itself, to the client or the log", async () => {
  const answer = await post("/v1/client-keys", JSON.stringify({ ...clientKeyRequest, label: "explode" }));
  expect([answer.status, codeOf(answer)]).toEqual([500, "internal"]);
  expect(answer.body).not.toContain("boom");
  expect(fixture.logged()).toContain("control request failed");
  expect(fixture.logged()).not.toContain("boom");
});

test("no log line of all this holds a secret", async () => {
  await fixture.admin.issueClientKey(issueRequest());
  const logged = fixture.logged();
  expect(logged).toContain("client key issued");
  expect(logged).toContain("venue key added");
  expect(logged).not.toContain(issuedSecret);
  expect(logged).not.toContain(venueSecret);
  expect(logged).not.toContain(apiKey);
});

describe("the client believes no answer", () => {
  test.each([
    { status: 200, body: undefined },
    { status: 200, body: { clientKeys: [{ id: "x" }] } },
    { status: 200, body: { clientKeys: [], extra: 1 } },
    { status: 500, body: "oops" },
    { status: 302, body: { clientKeys: [] } },
  ])("%j", async (answer) => {
    const client = adminClient(async () => answer);
    await expect(client.clientKeys()).rejects.toMatchObject({ code: "bad-answer", status: answer.status });
  });
});
