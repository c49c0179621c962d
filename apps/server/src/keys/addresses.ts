/**
 * The addresses a client key may call from: what an operator may write, and whether a peer is among them.
 * An entry that could be read two ways is refused; a peer that is no plain address is outside every list.
 */
import { BlockList } from "node:net";
import { addressBits, formatIpAddress, parseIpAddress, parseUnmapped } from "./ip-address.ts";
import type { IpAddress } from "./ip-address.ts";
import { KeyError } from "./key-error.ts";

/** As at Binance, where a key's list takes 30 addresses. */
export const addressesMax = 30;

/** Bits by which `::ffff:0:0/96` is longer than the IPv4 address inside it. */
const mappedBits = 96;
const prefixText = /^(?:0|[1-9][0-9]{0,2})$/;

interface AddressRange {
  readonly network: IpAddress;
  readonly prefix: number;
}

/**
 * The list in its one notation: IPv4 dotted, IPv6 by RFC 5952, single addresses without a prefix.
 * @throws KeyError `addresses-none`, `addresses-too-many`, `address-malformed`, `address-too-wide`, `address-twice`
 */
export function parseAddressList(list: readonly string[] | "any"): readonly string[] | "any" {
  if (list === "any") return "any";
  if (list.length === 0) {
    throw new KeyError("addresses-none", "name the addresses the key may call from, or say any");
  }
  if (list.length > addressesMax) {
    throw new KeyError("addresses-too-many", `a key takes at most ${addressesMax} addresses`);
  }
  const texts = list.map((entry) => formatRange(parseRange(entry)));
  const twice = texts.find((text, index) => texts.indexOf(text) !== index);
  if (twice !== undefined) throw new KeyError("address-twice", `the address ${twice} is in the list twice`);
  return texts;
}

/** Whether a peer's address is in a list that `parseAddressList` made. */
export function addressMatcher(list: readonly string[] | "any"): (peer: string) => boolean {
  if (list === "any") return (peer) => parseIpAddress(peer) !== undefined;
  // One block list a family: in a shared one an IPv4 peer would also be held against the IPv6 ranges.
  const ranges = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const entry of list) {
    const { network, prefix } = parseRange(entry);
    ranges[network.family].addSubnet(formatIpAddress(network), prefix, network.family);
  }
  return (peer) => {
    const address = parseIpAddress(peer);
    return address !== undefined && ranges[address.family].check(formatIpAddress(address), address.family);
  };
}

function parseRange(entry: string): AddressRange {
  const [addressText = "", suffix, ...rest] = entry.split("/");
  const written = parseUnmapped(addressText);
  if (written === undefined || rest.length > 0 || (suffix !== undefined && !prefixText.test(suffix))) {
    throw malformed(entry, "write 203.0.113.7, 203.0.113.0/24, 2001:db8::7 or 2001:db8::/48");
  }
  const writtenPrefix = suffix === undefined ? addressBits[written.family] : Number(suffix);
  if (writtenPrefix > addressBits[written.family]) throw malformed(entry, "its prefix is too long");
  const network = parseIpAddress(addressText) ?? written;
  const prefix = network.family === written.family ? writtenPrefix : writtenPrefix - mappedBits;
  if (prefix <= 0) {
    throw new KeyError("address-too-wide", `${entry} is every address: say any if that is meant`);
  }
  const hostBits = BigInt(addressBits[network.family] - prefix);
  const first = (network.value >> hostBits) << hostBits;
  if (first !== network.value) {
    const meant = formatRange({ network: { ...network, value: first }, prefix });
    throw malformed(entry, `the network is written ${meant}`);
  }
  return { network, prefix };
}

function formatRange({ network, prefix }: AddressRange): string {
  const text = formatIpAddress(network);
  return prefix === addressBits[network.family] ? text : `${text}/${prefix}`;
}

function malformed(entry: string, hint: string): KeyError {
  // An operator's slip may be long or unprintable; the sentence stays short and plain.
  const shown = entry.replaceAll(/[^\x21-\x7e]/g, "?").slice(0, 60);
  return new KeyError(
    "address-malformed",
    `${shown} is no address or range as this list takes them: ${hint}`,
  );
}
