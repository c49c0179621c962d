/** Counts and log lines of the data plane: which endpoint, which status, which refusal, how long. Never what was in it. */
import { parseKey } from "@countersign/signing";
import { Counter, Gauge, Histogram } from "@prometheus-io/client";
import type { Registry } from "@prometheus-io/client";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Answer } from "./answer.ts";
import { headerOf } from "./arrival.ts";
import type { Arrival } from "./arrival.ts";
import { findEndpoint } from "./endpoints.ts";

/** From a tenth of a millisecond to the venue's own time-out, in seconds. */
const durationBuckets = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 15];

export interface Gauges {
  readonly connections: () => number;
  readonly inFlight: () => number;
  readonly payloadsRemembered: () => number;
  readonly journalAvailable: () => boolean;
  readonly clockSteady: () => boolean;
}

export interface Observer {
  /** Tells of one answered request. */
  answered(arrival: Arrival, answer: Answer, begunMs: number): void;
}

/** Registers the data plane's metrics and returns what feeds them. */
export function observer(parts: { registry: Registry; clock: Clock; log: Log; gauges: Gauges }): Observer {
  const { registry, clock, log, gauges } = parts;
  const registers = [registry];
  const requests = new Counter({
    name: "countersign_requests_total",
    help: "Requests answered, by endpoint, status and refusal (empty: the venue's or our own regular answer).",
    labelNames: ["endpoint", "status", "refusal"],
    registers,
  });
  const durations = new Histogram({
    name: "countersign_request_seconds",
    help: "From the last byte of a request to its answer, the venue's time included.",
    labelNames: ["endpoint"],
    buckets: durationBuckets,
    registers,
  });
  const weights = new Counter({
    name: "countersign_venue_weight_total",
    help: "Documented request weight of what was sent to the venue; its own headers are the truth.",
    registers,
  });
  registerGauge(
    registry,
    "countersign_connections",
    "Open connections on the data plane.",
    gauges.connections,
  );
  registerGauge(registry, "countersign_in_flight", "Requests on their way to the venue.", gauges.inFlight);
  registerGauge(
    registry,
    "countersign_payloads_remembered",
    "Signed payloads whose time has not run out.",
    gauges.payloadsRemembered,
  );
  registerGauge(registry, "countersign_journal_available", "1 while intents can be made durable.", () =>
    Number(gauges.journalAvailable()),
  );
  registerGauge(registry, "countersign_clock_steady", "1 while the wall clock has not fallen back.", () =>
    Number(gauges.clockSteady()),
  );

  return {
    answered(arrival, answer, begunMs) {
      const endpoint = findEndpoint(arrival.method, arrival.target.split("?", 1)[0] ?? "");
      const name = endpoint?.name ?? "unknown";
      const refusal = answer.headers.find(([each]) => each === "x-countersign-refusal")?.[1] ?? "";
      const elapsedMs = clock.monotonicMs() - begunMs;
      requests.inc({ endpoint: name, status: String(answer.status), refusal });
      durations.observe({ endpoint: name }, elapsedMs / 1000);
      if (refusal === "" && endpoint?.service?.answeredBy === "venue") weights.inc(endpoint.weight);
      const ordinary = refusal === "" && endpoint?.service?.mutates !== true;
      log[ordinary ? "debug" : "info"]("answered", {
        requestId: arrival.requestId,
        endpoint: name,
        status: answer.status,
        refusal: refusal === "" ? undefined : refusal,
        clientKeyId: keyIdOf(arrival),
        address: arrival.address,
        ms: Math.round(elapsedMs * 1000) / 1000,
      });
    },
  };
}

/** The key id, if it is one of ours: a bot that puts its secret into the wrong header must not find it in our log. */
function keyIdOf(arrival: Arrival): string | undefined {
  const text = headerOf(arrival, "x-mbx-apikey");
  return text !== undefined && parseKey(text)?.kind === "id" ? text : undefined;
}

function registerGauge(registry: Registry, name: string, help: string, read: () => number): void {
  const gauge: Gauge = new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      gauge.set(read());
    },
  });
}
