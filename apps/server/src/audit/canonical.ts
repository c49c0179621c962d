/**
 * Canonical JSON (RFC 8785) for the values that entries use: one value, one text, so that a hash means one thing.
 * Strings, safe integers, booleans, null, arrays and plain objects; anything else is refused.
 */

export type CanonicalValue =
  | string
  | number
  | boolean
  | null
  | readonly CanonicalValue[]
  | { readonly [name: string]: CanonicalValue };

/**
 * The canonical text of `value`: names sorted by UTF-16 code unit, no spaces.
 * @throws TypeError for a number that is not a safe integer and for a lone surrogate.
 */
export function canonicalJson(value: CanonicalValue): string {
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new TypeError("canonical JSON takes no lone surrogate");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new TypeError("canonical JSON takes safe integers only");
    return String(value);
  }
  if (value === null || typeof value === "boolean") return String(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const names = Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
  const members = names.map((name) => {
    const member = value[name];
    if (member === undefined) throw new TypeError(`canonical JSON takes no undefined (${name})`);
    return `${canonicalJson(name)}:${canonicalJson(member)}`;
  });
  return `{${members.join(",")}}`;
}

function isList(value: CanonicalValue): value is readonly CanonicalValue[] {
  return Array.isArray(value);
}
