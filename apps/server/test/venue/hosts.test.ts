/** Where we connect is fixed: nothing a client, the configuration or the database says chooses a host. */
import { describe, expect, test } from "vitest";
import { venueNames } from "../../src/keys/venue-key.ts";
import { venueOrigin } from "../../src/venue/hosts.ts";

describe("a venue's origin", () => {
  test.each([
    ["binance", "https://api.binance.com"],
    ["testnet", "https://testnet.binance.vision"],
    ["demo", "https://demo-api.binance.com"],
  ] as const)("%s is %s, over TLS, and takes no other", (name, origin) => {
    expect(venueOrigin(name, undefined)).toBe(origin);
    expect(() => venueOrigin(name, "http://127.0.0.1:1")).toThrow("fixed host");
  });

  test("the sandbox is where it was said to be", () => {
    expect(venueOrigin("sandbox", "http://127.0.0.1:9090/")).toBe("http://127.0.0.1:9090");
    expect(() => venueOrigin("sandbox", undefined)).toThrow("needs a venueUrl");
  });

  test("every venue has one", () => {
    for (const name of venueNames) {
      expect(venueOrigin(name, name === "sandbox" ? "http://127.0.0.1:1" : undefined)).toMatch(
        /^https?:\/\//,
      );
    }
  });
});
