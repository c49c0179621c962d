/**
 * `npm run bench`: the same requests to the sandbox directly and through Countersign, in turns within one run, so that
 * what is quoted is a ratio and not the speed of a machine. Everything runs as its own process on loopback.
 */
import { parseArgs } from "node:util";
import { importSigner, signRest } from "@countersign/signing";
import type { Signer } from "@countersign/signing";
import { Pool } from "undici";
import { startStack } from "../quickstart/stack.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});
const roundMs = Number(values.seconds) * 1000;
const rounds = Number(values.rounds);

interface Target {
  readonly name: "direct" | "countersign";
  readonly pool: Pool;
  readonly apiKey: string;
  readonly signer: Signer;
}

interface Workload {
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly signed: boolean;
  /** The `n`th request's parameters; `n` makes payloads differ. */
  params(n: number): [string, string][];
}

const workloads: readonly Workload[] = [
  {
    name: "public read",
    method: "GET",
    path: "/api/v3/ticker/price",
    signed: false,
    params: () => [["symbol", "BTCUSDT"]],
  },
  {
    name: "signed read",
    method: "GET",
    path: "/api/v3/openOrders",
    signed: true,
    params: () => [["symbol", "BTCUSDT"]],
  },
  {
    name: "market order",
    method: "POST",
    path: "/api/v3/order",
    signed: true,
    params: (n) => [
      ["symbol", "BTCUSDT"],
      ["side", n % 2 === 0 ? "BUY" : "SELL"],
      ["type", "MARKET"],
      ["quantity", "0.0002"],
      ["newOrderRespType", "RESULT"],
      ["newClientOrderId", `bench-${n}`],
    ],
  },
];
const concurrencies = [1, 32];

let counter = 0;

async function one(target: Target, workload: Workload): Promise<void> {
  counter += 1;
  const params = workload.params(counter);
  let text = new URLSearchParams(params).toString();
  if (workload.signed) {
    text = await signRest([...params, ["timestamp", String(Date.now())]], target.signer);
  }
  const post = workload.method === "POST";
  const answer = await target.pool.request({
    method: workload.method,
    path: post ? workload.path : `${workload.path}?${text}`,
    headers: {
      "x-mbx-apikey": target.apiKey,
      ...(post && { "content-type": "application/x-www-form-urlencoded" }),
    },
    body: post ? text : null,
  });
  const body = await answer.body.text();
  if (answer.statusCode !== 200)
    throw new Error(`${target.name} ${workload.name}: ${answer.statusCode} ${body}`);
}

/** Latencies in milliseconds of one closed-loop round. */
async function round(target: Target, workload: Workload, concurrency: number): Promise<number[]> {
  const latencies: number[] = [];
  const endMs = performance.now() + roundMs;
  async function worker(): Promise<void> {
    for (let begunMs = performance.now(); begunMs < endMs; begunMs = performance.now()) {
      await one(target, workload);
      latencies.push(performance.now() - begunMs);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker));
  return latencies;
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

const stack = await startStack();
try {
  const targets: readonly Target[] = await Promise.all([
    targetOf("direct", stack.sandbox.baseUrl, stack.sandbox.apiKey, stack.sandbox.apiSecret),
    targetOf("countersign", stack.baseUrl, stack.apiKey, stack.apiSecret),
  ]);
  const rows = [];
  for (const workload of workloads) {
    for (const concurrency of concurrencies) rows.push(await compare(targets, workload, concurrency));
  }
  if (values.json) console.log(JSON.stringify(rows));
  else console.table(rows);
} finally {
  await stack.close();
}

async function targetOf(name: Target["name"], url: string, apiKey: string, secret: string): Promise<Target> {
  const pool = new Pool(url, { connections: Math.max(...concurrencies), pipelining: 1 });
  return { name, pool, apiKey, signer: await importSigner({ algorithm: "HMAC", secret }) };
}

/** Rounds in turn, the first of each thrown away; figures are medians over rounds of per-pair ratios and differences. */
async function compare(targets: readonly Target[], workload: Workload, concurrency: number) {
  const seen: Record<Target["name"], { perSecond: number; p50: number; p99: number }[]> = {
    direct: [],
    countersign: [],
  };
  for (let i = 0; i <= rounds; i += 1) {
    for (const target of targets) {
      const latencies = (await round(target, workload, concurrency)).sort((a, b) => a - b);
      if (i === 0) continue;
      const perSecond = latencies.length / (roundMs / 1000);
      seen[target.name].push({ perSecond, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) });
    }
  }
  const pairs = seen.direct.map((direct, i) => ({ direct, through: seen.countersign[i] ?? direct }));
  const round2 = (value: number): number => Math.round(value * 100) / 100;
  return {
    workload: workload.name,
    concurrency,
    "direct/s": Math.round(median(pairs.map(({ direct }) => direct.perSecond))),
    "countersign/s": Math.round(median(pairs.map(({ through }) => through.perSecond))),
    "rate ratio": round2(median(pairs.map(({ direct, through }) => through.perSecond / direct.perSecond))),
    "added p50 ms": round2(median(pairs.map(({ direct, through }) => through.p50 - direct.p50))),
    "added p99 ms": round2(median(pairs.map(({ direct, through }) => through.p99 - direct.p99))),
    "p50 ratio": round2(median(pairs.map(({ direct, through }) => through.p50 / direct.p50))),
  };
}
