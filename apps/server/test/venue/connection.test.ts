/** The wire to a venue: sent once or certainly not, bounded in time and size, and nothing followed or retried. */
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { selfSigned } from "../../../../test/rules/certificate.ts";
import { connectionLimits, connectVenue } from "../../src/venue/connection.ts";
import type { VenueConnection, VenueReply, VenueRequest } from "../../src/venue/connection.ts";
import { jsonAnswer, rawVenue } from "./raw-venue.ts";
import type { RawVenue } from "./raw-venue.ts";

const order: VenueRequest = {
  method: "POST",
  target: "/api/v3/order",
  headers: { "x-mbx-apikey": "k" },
  body: "symbol=BTCUSDT",
};

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

async function venueThat(respond: (socket: Socket, request: string) => void): Promise<RawVenue> {
  const venue = await rawVenue(respond);
  open.push(venue);
  return venue;
}

function connected(origin: string, answerMsMax?: number): VenueConnection {
  const connection = connectVenue({ origin, ...(answerMsMax !== undefined && { answerMsMax }) });
  open.push(connection);
  return connection;
}

const kindOf = (reply: VenueReply): string => reply.kind;

describe("a request", () => {
  test("goes out once, with our headers and no other, and its answer comes back", async () => {
    const venue = await venueThat((socket) => socket.write(jsonAnswer('{"orderId":1}')));
    const reply = await connected(venue.origin).send(order, () => {});
    expect(reply).toMatchObject({ kind: "answered", status: 200, body: '{"orderId":1}' });
    expect(venue.requests).toEqual([
      `POST /api/v3/order HTTP/1.1\r\nhost: ${venue.origin.slice(7)}\r\nconnection: keep-alive\r\n` +
        `x-mbx-apikey: k\r\ncontent-length: 14\r\n\r\nsymbol=BTCUSDT`,
    ]);
  });

  test("uses connections again", async () => {
    const venue = await venueThat((socket) => socket.write(jsonAnswer("{}")));
    const connection = connected(venue.origin);
    for (let i = 0; i < 10; i += 1) expect(kindOf(await connection.send(order, () => {}))).toBe("answered");
    // The answer is ours a moment before the pool has its connection back, so a second one may be made.
    expect(venue.connections()).toBeLessThanOrEqual(2);
  });

  test("that the last look forbids is not written, also when it waited for a connection", async () => {
    const venue = await venueThat((socket) => socket.write(jsonAnswer("{}")));
    const cause = new Error("revoked");
    const reply = await connected(venue.origin).send(order, () => {
      throw cause;
    });
    expect(reply).toEqual({ kind: "stopped", cause });
    expect(venue.requests).toEqual([]);
  });

  test("whose last look comes after a wait sees what changed while it waited", async () => {
    const held: Socket[] = [];
    const venue = await venueThat((socket) => void held.push(socket));
    const connection = connected(venue.origin);
    const first = Array.from({ length: connectionLimits.connectionsMax }, () =>
      connection.send(order, () => {}),
    );
    let revoked = false;
    const queued = connection.send(order, () => {
      if (revoked) throw new Error("revoked");
    });
    await expect.poll(() => venue.requests.length).toBe(connectionLimits.connectionsMax);
    revoked = true;
    for (const socket of held) socket.write(jsonAnswer("{}"));
    expect((await Promise.all(first)).map(kindOf)).toEqual(first.map(() => "answered"));
    expect(kindOf(await queued)).toBe("stopped");
    expect(venue.requests).toHaveLength(connectionLimits.connectionsMax);
  });
});

test("a cancel does not wait behind requests that hang", async () => {
  const venue = await venueThat((socket, request) => {
    if (request.startsWith("DELETE")) socket.write(jsonAnswer("{}"));
  });
  const connection = connected(venue.origin);
  for (let i = 0; i < connectionLimits.connectionsMax + 5; i += 1) void connection.send(order, () => {});
  const cancel = { ...order, method: "DELETE", body: undefined } as const;
  expect(kindOf(await connection.send(cancel, () => {}))).toBe("answered");
});

describe("certainly not sent", () => {
  test("when nobody listens", async () => {
    const venue = await rawVenue(() => {});
    await venue.close();
    expect(kindOf(await connected(venue.origin).send(order, () => {}))).toBe("unsent");
  });

  test("when the venue's certificate is not trusted", async () => {
    let requests = 0;
    const server = createServer(selfSigned("127.0.0.1"), () => void (requests += 1));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    open.push({ close: () => new Promise((resolve) => void server.close(() => resolve())) });
    const { port } = server.address() as AddressInfo;
    const reply = await connected(`https://127.0.0.1:${port}`).send(order, () => {});
    expect(reply).toMatchObject({ kind: "unsent", reason: expect.stringContaining("self-signed") });
    expect(requests).toBe(0);
  });
});

describe("nobody can know", () => {
  test.each<[string, (socket: Socket) => void]>([
    ["a reset after the request", (socket) => socket.resetAndDestroy()],
    ["a connection closed without an answer", (socket) => socket.end()],
    ["half an answer", (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{")],
    ["an answer that is not HTTP", (socket) => socket.end("SSH-2.0-x\r\n")],
    [
      "two lengths",
      (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}"),
    ],
    ["headers without end", (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(20_000)}\r\n`)],
  ])("after %s, and it is not sent again", async (_name, respond) => {
    const venue = await venueThat(respond);
    expect(kindOf(await connected(venue.origin).send(order, () => {}))).toBe("unanswered");
    expect(venue.requests).toHaveLength(1);
  });

  test("after the whole time is up, however steadily bytes drip", async () => {
    const venue = await venueThat((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n");
      const drip = setInterval(() => socket.write(" "), 10);
      socket.on("close", () => clearInterval(drip));
    });
    expect(kindOf(await connected(venue.origin, 150).send(order, () => {}))).toBe("unanswered");
  });

  test("when a kept connection was closed by the venue in the meantime, the next request gets a new one", async () => {
    const venue = await venueThat((socket) => socket.end(jsonAnswer("{}")));
    const connection = connected(venue.origin);
    for (let i = 0; i < 3; i += 1) expect(kindOf(await connection.send(order, () => {}))).toBe("answered");
    expect(venue.connections()).toBe(3);
  });
});

describe("what a venue says", () => {
  test("a redirect is an answer, and nobody goes there", async () => {
    const elsewhere = await venueThat(() => {});
    const venue = await venueThat((socket) =>
      socket.write(`HTTP/1.1 307 X\r\nlocation: ${elsewhere.origin}/steal\r\ncontent-length: 0\r\n\r\n`),
    );
    expect(await connected(venue.origin).send(order, () => {})).toMatchObject({
      kind: "answered",
      status: 307,
    });
    expect(elsewhere.connections()).toBe(0);
  });

  test("an informational answer is not the answer", async () => {
    const venue = await venueThat((socket) =>
      socket.write(`HTTP/1.1 103 Early Hints\r\n\r\n${jsonAnswer("{}")}`),
    );
    expect(await connected(venue.origin).send(order, () => {})).toMatchObject({
      kind: "answered",
      status: 200,
    });
  });

  test("a second answer on the connection reaches nobody", async () => {
    const venue = await venueThat((socket) =>
      socket.write(jsonAnswer('{"a":1}') + jsonAnswer('{"forged":1}')),
    );
    const connection = connected(venue.origin);
    const bodies = [];
    for (let i = 0; i < 3; i += 1) {
      const reply = await connection.send(order, () => {});
      bodies.push(reply.kind === "answered" ? reply.body : reply.kind);
    }
    expect(bodies).not.toContain('{"forged":1}');
  });
});
