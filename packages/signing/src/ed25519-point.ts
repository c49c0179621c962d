// Which 32 bytes may be an Ed25519 public key: canonical encodings of curve points outside the small subgroup.
// Arithmetic on public values only, at import only; nothing here is constant-time, and nothing secret may come in.

const p = 2n ** 255n - 19n;

function mod(value: bigint): bigint {
  const rest = value % p;
  return rest < 0n ? rest + p : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

function divide(numerator: bigint, denominator: bigint): bigint {
  return mod(numerator * power(denominator, p - 2n));
}

const d = divide(-121665n, 121666n);
const sqrtOfMinusOne = power(2n, (p - 1n) / 4n);

interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

// RFC 8032 section 5.1.3. A negative zero x passes here: points with x = 0 have order 1 or 2, refused below anyway.
function decode(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 32) return undefined;
  let encoded = 0n;
  for (const byte of bytes.toReversed()) encoded = (encoded << 8n) | BigInt(byte);
  const sign = encoded >> 255n;
  const y = encoded & (2n ** 255n - 1n);
  if (y >= p) return undefined;
  const square = divide(y * y - 1n, d * y * y + 1n);
  let x = power(square, (p + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * sqrtOfMinusOne);
  if (mod(x * x) !== square) return undefined;
  return { x: (x & 1n) === sign ? x : mod(-x), y };
}

// The curve's addition law is complete, so no denominator below can be zero for a point on the curve.
function double({ x, y }: Point): Point {
  const difference = mod(y * y - x * x);
  return { x: divide(2n * x * y, difference), y: divide(x * x + y * y, 2n - difference) };
}

/** Whether the bytes encode, canonically, a point whose order is not 1, 2, 4 or 8 (RFC 8032, section 5.1.3). */
export function isSafeEd25519Point(bytes: Uint8Array): boolean {
  const point = decode(bytes);
  if (point === undefined) return false;
  const eightfold = double(double(double(point)));
  return !(eightfold.x === 0n && eightfold.y === 1n);
}
