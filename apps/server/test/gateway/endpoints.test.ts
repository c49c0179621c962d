/** The endpoint table is closed and says the truth about each row. */
import { describe, expect, test } from "vitest";
import { endpoints, findEndpoint } from "../../src/gateway/endpoints.ts";
import { grammars } from "../../src/gateway/grammar.ts";

const served = endpoints.filter(({ service }) => service !== undefined);
const namesWhere = (is: (endpoint: (typeof endpoints)[number]) => boolean): string[] =>
  served.filter(is).map(({ name }) => name);

describe("the endpoint table", () => {
  test("names each method and path once, in plain characters, under the two prefixes", () => {
    expect(new Set(endpoints.map(({ name }) => name)).size).toBe(endpoints.length);
    for (const { name, method, path } of endpoints) {
      expect(name).toBe(`${method} ${path}`);
      expect(path).toMatch(/^\/(api\/v3|sapi\/v1)(\/[A-Za-z0-9]+)+$/);
    }
  });

  test("serves these and no others", () => {
    expect(namesWhere(() => true)).toEqual([
      "GET /api/v3/ping",
      "GET /api/v3/time",
      "GET /api/v3/exchangeInfo",
      "GET /api/v3/depth",
      "GET /api/v3/trades",
      "GET /api/v3/klines",
      "GET /api/v3/ticker/24hr",
      "GET /api/v3/ticker/price",
      "GET /api/v3/ticker/bookTicker",
      "POST /api/v3/order",
      "POST /api/v3/order/test",
      "DELETE /api/v3/order",
      "DELETE /api/v3/openOrders",
      "GET /api/v3/account",
      "GET /api/v3/order",
      "GET /api/v3/openOrders",
      "GET /api/v3/allOrders",
      "GET /api/v3/myTrades",
      "GET /sapi/v1/account/apiRestrictions",
    ]);
  });

  test("what mutates, what opens exposure, and what names an order", () => {
    expect(namesWhere(({ service }) => service?.mutates === true)).toEqual([
      "POST /api/v3/order",
      "DELETE /api/v3/order",
      "DELETE /api/v3/openOrders",
    ]);
    expect(namesWhere(({ service }) => service?.opensExposure === true)).toEqual([
      "POST /api/v3/order",
      "POST /api/v3/order/test",
    ]);
    expect(namesWhere(({ service }) => service?.orderIdParam !== undefined)).toEqual(["POST /api/v3/order"]);
    expect(namesWhere(({ service }) => service?.answeredBy === "countersign")).toEqual([
      "GET /api/v3/time",
      "GET /sapi/v1/account/apiRestrictions",
    ]);
  });

  test("nothing that mutates is public or reads as GET, nothing that trades lacks a symbol", () => {
    expect(namesWhere(({ service, security }) => service?.mutates === true && security !== "TRADE")).toEqual(
      [],
    );
    expect(namesWhere(({ service, method }) => service?.mutates === true && method === "GET")).toEqual([]);
    expect(
      namesWhere(
        ({ security, service }) => security === "TRADE" && service?.params["symbol"]?.required !== true,
      ),
    ).toEqual([]);
    expect(namesWhere(({ method, security }) => method !== "GET" && security !== "TRADE")).toEqual([]);
  });

  test("signed rows demand a time and take a window, public rows take neither; no row lists a signature", () => {
    for (const { security, service, name } of served) {
      const isSigned = security !== "NONE";
      expect(service?.params["timestamp"], name).toEqual(
        isSigned ? { grammar: "integer", required: true } : undefined,
      );
      expect(service?.params["recvWindow"], name).toEqual(
        isSigned ? { grammar: "recvWindow", required: false } : undefined,
      );
      expect(Object.keys(service?.params ?? {})).not.toContain("signature");
    }
  });

  test("every parameter has a grammar that exists, and no row inherits one", () => {
    for (const { service, name } of served) {
      for (const { grammar } of Object.values(service?.params ?? {}))
        expect(Object.keys(grammars), name).toContain(grammar);
      expect(Object.getPrototypeOf(service?.params), name).toBeNull();
      for (const inherited of ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"])
        expect(inherited in (service?.params ?? {}), `${name} ${inherited}`).toBe(false);
    }
  });

  test("look-up is by byte: the table's own spelling and nothing near it", () => {
    for (const endpoint of endpoints) {
      const { method, path } = endpoint;
      expect(findEndpoint(method, path)).toBe(endpoint);
      for (const near of [
        `${path}/`,
        `/${path}`,
        path.toUpperCase(),
        `${path}?`,
        `${path} `,
        path.slice(1),
        `${path}%00`,
        `${path};`,
        path.replace("v3", "v1"),
      ]) {
        const found = findEndpoint(method, near);
        if (near !== path) expect(found, near).toBeUndefined();
      }
      expect(findEndpoint(method.toLowerCase(), path)).toBeUndefined();
      // Method and path are glued with a blank: it must not be possible to move it.
      expect(findEndpoint(`${method} ${path}`, "")).toBeUndefined();
    }
    expect(findEndpoint("constructor", "")).toBeUndefined();
  });
});
