/** Address lists: one notation for one address, and a matcher held against an independent model on whole numbers. */
import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressMatcher, addressesMax, parseAddressList } from "../../src/keys/addresses.ts";
import { parseIpAddress } from "../../src/keys/ip-address.ts";

/** The model knows addresses as numbers from the start; it parses nothing. */
interface Model {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

function dotted(value: bigint): string {
  return [3n, 2n, 1n, 0n].map((byte) => String((value >> (8n * byte)) % 256n)).join(".");
}

/** The long form, which needs no rule about zeros. */
function colons(value: bigint): string {
  const digits = value.toString(16).padStart(32, "0");
  return Array.from({ length: 8 }, (_, index) => digits.slice(4 * index, 4 * index + 4)).join(":");
}

const textOf = ({ bits, value }: Model): string => (bits === 32 ? dotted(value) : colons(value));
const mapped = (value: bigint): bigint => (0xffffn << 32n) | value;

const ipv4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((value): Model => ({ bits: 32, value }));
/** Few distinct groups, so that runs of zeros and shared prefixes are common; never IPv4-mapped. */
const ipv6 = fc
  .oneof(
    fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
    fc
      .array(fc.constantFrom(0n, 0n, 1n, 0xffffn, 0x2001n), { minLength: 8, maxLength: 8 })
      .map((groups) => groups.reduce<bigint>((sum, group) => (sum << 16n) | group, 0n)),
  )
  .filter((value) => value >> 32n !== 0xffffn)
  .map((value): Model => ({ bits: 128, value }));
const address = fc.oneof(ipv4, ipv6);

const range = address.chain((model) =>
  fc.integer({ min: 1, max: model.bits }).map((prefix) => {
    const host = BigInt(model.bits - prefix);
    return { ...model, value: (model.value >> host) << host, prefix };
  }),
);

const inside = (peer: Model, ranges: readonly (Model & { prefix: number })[]): boolean =>
  ranges.some((each) => {
    const host = BigInt(each.bits - each.prefix);
    return each.bits === peer.bits && each.value >> host === peer.value >> host;
  });

describe("against the model", () => {
  test("the matcher says what the model says, however the peer is written", () => {
    const near = fc
      .array(range, { minLength: 1, maxLength: 8 })
      .chain((ranges) =>
        fc
          .tuple(fc.constantFrom(...ranges), fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }))
          .chain(([chosen, noise]) =>
            // A peer at, in or just beside a range; or anywhere.
            fc
              .oneof(
                fc.constant(chosen.value),
                fc.constant(chosen.value | (noise % 2n ** BigInt(chosen.bits - chosen.prefix))),
                fc.constant(chosen.value ^ (1n << BigInt(chosen.bits - chosen.prefix))),
                fc.constant(noise % 2n ** BigInt(chosen.bits)),
              )
              .map((value) => ({ ranges, peer: { bits: chosen.bits, value } })),
          ),
      )
      .filter(({ peer }) => peer.bits === 32 || peer.value >> 32n !== 0xffffn);
    fc.assert(
      fc.property(near, ({ ranges, peer }) => {
        const texts = [...new Set(ranges.map((each) => `${textOf(each)}/${each.prefix}`))];
        const allows = addressMatcher(parseAddressList(texts));
        expect(allows(textOf(peer))).toBe(inside(peer, ranges));
        if (peer.bits === 32) {
          expect(allows(`::ffff:${dotted(peer.value)}`)).toBe(inside(peer, ranges));
          expect(allows(colons(mapped(peer.value)))).toBe(inside(peer, ranges));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("parsing gives the number, and the one notation parses to itself", () => {
    fc.assert(
      fc.property(address, (model) => {
        expect(parseIpAddress(textOf(model))?.value).toBe(model.value);
        const list = parseAddressList([textOf(model)]);
        expect(parseAddressList(list)).toEqual(list);
        expect(isIP(String(list[0]))).toBe(model.bits === 32 ? 4 : 6);
        expect(parseIpAddress(String(list[0]))?.value).toBe(model.value);
      }),
      { numRuns: 500 },
    );
  });

  test("an IPv4-mapped range is the IPv4 range", () => {
    fc.assert(
      fc.property(ipv4, fc.integer({ min: 1, max: 32 }), ({ value }, prefix) => {
        const host = BigInt(32 - prefix);
        const network = (value >> host) << host;
        const plain = parseAddressList([`${dotted(network)}/${prefix}`]);
        expect(parseAddressList([`::ffff:${dotted(network)}/${prefix + 96}`])).toEqual(plain);
        expect(parseAddressList([`${colons(mapped(network))}/${prefix + 96}`])).toEqual(plain);
      }),
    );
  });

  test("a range with host bits set is refused", () => {
    fc.assert(
      fc.property(
        range.filter((each) => each.prefix < each.bits),
        (each) => {
          const text = `${textOf({ ...each, value: each.value | 1n })}/${each.prefix}`;
          expect(() => parseAddressList([text])).toThrow(
            expect.objectContaining({ code: "address-malformed" }),
          );
        },
      ),
    );
  });

  test("no text that the platform takes for no address is an address", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from("0123456789abf:./% x")) }), (text) => {
        if (isIP(text) === 0) expect(parseIpAddress(text)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });
});

describe("one notation", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["203.0.113.7/32", "203.0.113.7"],
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8::/32", "2001:db8::/32"],
    ["2001:0db8::0001/128", "2001:db8::1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
    ["0:0:1:1:0:0:1:1", "::1:1:0:0:1:1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:201", "192.0.2.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ])("%s is %s", (written, canonical) => {
    expect(parseAddressList([written])).toEqual([canonical]);
  });

  test.each([
    "",
    " ",
    "localhost",
    "example.com",
    "any",
    "*",
    "10.0.0.*",
    "10.0.0.1-10.0.0.9",

    "010.0.0.1",
    "10.0.0.01",
    "0x7f.0.0.1",
    "127.1",
    "2130706433",
    "1.2.3.4.5",
    "256.0.0.1",
    "1.2.3.",
    "1..2.3",
    " 10.0.0.1",
    "10.0.0.1 ",
    "10.0.0.1\n",
    "10.0.0.1,10.0.0.2",
    "١٢٧.0.0.1",
    "1.2.3.4/",
    "1.2.3.4/ 32",
    "10.0.0.0/08",
    "10.0.0.0/+8",
    "10.0.0.0/-8",
    "10.0.0.0/8.0",
    "10.0.0.0/8/8",
    "10.0.0.0/33",
    "10.0.0.0/1e1",
    "10.0.0.0/255.0.0.0",
    "10.0.0.1/8",
    "2001:db8::1/32",
    "::1/129",
    "2001:db8::/0032",
    "fe80::1%eth0",
    "fe80::1%25eth0",
    "fe80::%1/64",
    "[::1]",
    "[::1]:443",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    ":::",
    "1::2::3",
    "12345::",
    "::g",
    "::ffff:010.0.0.1",
    "::ffff:1.2.3",
    "::1.2.3.4.5",
    "::ffff:1.2.3.256",
  ])("%j is refused", (text) => {
    expect(() => parseAddressList([text])).toThrow(
      expect.objectContaining({ name: "KeyError", code: "address-malformed" }),
    );
    expect(addressMatcher("any")(text)).toBe(false);
  });

  test.each(["0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96", "::ffff:0:0/96", "::ffff:0:0/90"])(
    "%s is too wide",
    (text) => {
      expect(() => parseAddressList([text])).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^address-(too-wide|malformed)$/) }),
      );
    },
  );

  test("the list itself has bounds", () => {
    const list = Array.from({ length: addressesMax + 1 }, (_, index) => `10.0.0.${index}`);
    expect(parseAddressList(list.slice(1))).toHaveLength(addressesMax);
    expect(() => parseAddressList(list)).toThrow(expect.objectContaining({ code: "addresses-too-many" }));
    expect(() => parseAddressList([])).toThrow(expect.objectContaining({ code: "addresses-none" }));
    expect(() => parseAddressList(["10.0.0.1", "::ffff:10.0.0.1"])).toThrow(
      expect.objectContaining({ code: "address-twice" }),
    );
    expect(parseAddressList("any")).toBe("any");
  });
});

describe("peers", () => {
  const allows = addressMatcher(["127.0.0.1", "2001:db8::/32"]);
  test.each([
    ["127.0.0.1", true],
    ["::ffff:127.0.0.1", true],
    ["::ffff:7f00:1", true],
    ["2001:db8:1::9", true],
    ["127.0.0.2", false],
    ["::127.0.0.1", false],
    ["::1", false],
    ["2001:db9::", false],
    ["2001:db8::1%eth0", false],
    ["", false],
    ["localhost", false],
  ])("%s: %s", (peer, expected) => {
    expect(allows(peer)).toBe(expected);
  });

  test("a wide IPv6 range holds no IPv4 peer", () => {
    expect(addressMatcher(["::/1"])("1.2.3.4")).toBe(false);
    expect(addressMatcher(["::/1"])("::ffff:1.2.3.4")).toBe(false);
    expect(addressMatcher(["::/1"])("::1")).toBe(true);
  });

  test("any is every plain address, and nothing else", () => {
    const any = addressMatcher("any");
    expect(["203.0.113.7", "::ffff:1.2.3.4", "2001:db8::1"].map(any)).toEqual([true, true, true]);
    expect(["fe80::1%eth0", "", "unix"].map(any)).toEqual([false, false, false]);
  });
});
