/**
 * IP addresses as numbers, read strictly: one notation for one address. Whatever some parser somewhere would read
 * differently (leading zeros, octal, zone ids, host names) is no address here.
 */
import { isIPv6 } from "node:net";

export interface IpAddress {
  readonly family: "ipv4" | "ipv6";
  /** 32 or 128 bits, unsigned. */
  readonly value: bigint;
}

export const addressBits = { ipv4: 32, ipv6: 128 } as const;

const ipv4Part = /^(?:0|[1-9][0-9]{0,2})$/;
/** The upper 96 bits of `::ffff:0:0/96` (RFC 4291, 2.5.5.2). */
const mappedPrefix = 0xffffn;
/** `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255` is the longest there is. */
const addressCharsMax = 45;

/** The address, an IPv4-mapped one as its IPv4 self; undefined when the text is none. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const parsed = parseUnmapped(text);
  return parsed?.family === "ipv6" && parsed.value >> 32n === mappedPrefix
    ? { family: "ipv4", value: parsed.value & 0xffff_ffffn }
    : parsed;
}

/** As written: an IPv4-mapped address stays IPv6. */
export function parseUnmapped(text: string): IpAddress | undefined {
  if (text.length > addressCharsMax) return undefined;
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** The one text of an address: dotted IPv4, IPv6 by RFC 5952. */
export function formatIpAddress({ family, value }: IpAddress): string {
  if (family === "ipv4") return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => (value >> BigInt(112 - 16 * index)) & 0xffffn);
  const { start, length } = longestZeroRun(groups);
  const texts = groups.map((group) => group.toString(16));
  if (length < 2) return texts.join(":");
  return `${texts.slice(0, start).join(":")}::${texts.slice(start + length).join(":")}`;
}

function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => ipv4Part.test(part) && Number(part) <= 255))
    return undefined;
  return { family: "ipv4", value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
}

function parseIpv6(text: string): IpAddress | undefined {
  // The platform judges the grammar; a zone id, which it would take, is refused first.
  if (text.includes("%") || !isIPv6(text)) return undefined;
  const [head = "", tail] = withoutDottedTail(text).split("::");
  const headGroups = groupsOf(head);
  const tailGroups = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array.from({ length: 8 - headGroups.length - tailGroups.length }, () => 0n);
  const groups = [...headGroups, ...zeros, ...tailGroups];
  return { family: "ipv6", value: groups.reduce((sum, group) => (sum << 16n) | group, 0n) };
}

function groupsOf(text: string): bigint[] {
  return text === "" ? [] : text.split(":").map((group) => BigInt(`0x${group}`));
}

/** `::ffff:1.2.3.4` as `::ffff:102:304`. */
function withoutDottedTail(text: string): string {
  const start = text.lastIndexOf(":") + 1;
  const tail = text.slice(start);
  if (!tail.includes(".")) return text;
  const value = parseIpv4(tail)?.value ?? 0n;
  return `${text.slice(0, start)}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

function longestZeroRun(groups: readonly bigint[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0n) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
