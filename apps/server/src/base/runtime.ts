/** What this server needs of the Node that runs it, and which builds are known to lack security fixes. */

/** The oldest Node that has what we use (`node:sqlite` with SQLite 3.51.3, type stripping). */
const oldest = [24, 15, 0] as const;
/** The first release of each line with the security fixes of October 2026. */
const patched: Readonly<Record<number, readonly [number, number, number]>> = {
  24: [24, 22, 1],
  26: [26, 12, 1],
};

/** `unfit` must not serve; `unpatched` may, and the log says so. */
export type RuntimeVerdict = "fit" | "unpatched" | "unfit";

/** Judges a version such as `26.10.0`. A line that we know nothing of is called unpatched. */
export function judgeRuntime(version: string): RuntimeVerdict {
  const numbers = version.split(".").map(Number);
  if (numbers.length !== 3 || numbers.some(Number.isNaN) || isOlder(numbers, oldest)) return "unfit";
  const first = patched[numbers[0] ?? 0];
  return first === undefined || isOlder(numbers, first) ? "unpatched" : "fit";
}

function isOlder(version: readonly number[], than: readonly number[]): boolean {
  for (const [i, part] of than.entries()) {
    const own = version[i] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}
