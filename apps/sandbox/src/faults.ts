// Faults on demand: which requests shall be spoilt, how, and how often. Only the choice is made here; the HTTP
// room plays them.

export type FaultAction =
  /** Waits between the first checks and the execution, so the second recvWindow check can bite. */
  | { kind: "delay"; delayMs: number }
  /** Never answers; `hang-after` executes first. */
  | { kind: "hang" }
  | { kind: "hang-after" }
  /** Destroys the socket; `reset-after` executes first. */
  | { kind: "reset" }
  | { kind: "reset-after" }
  /** Answers an error; `status-after` executes first. */
  | { kind: "status"; httpStatus: number; code: number; msg: string; headers?: Record<string, string> }
  | { kind: "status-after"; httpStatus: number; code: number; msg: string }
  /** 429 or 418 with Retry-After in seconds, nothing executed. */
  | { kind: "rate-limit"; httpStatus: 429 | 418; retryAfterSeconds: number }
  /** Executes, promises the whole answer, sends half of it and destroys the socket. */
  | { kind: "half-answer" }
  /** An HTML page instead of JSON, nothing executed. */
  | { kind: "html"; httpStatus: number }
  | { kind: "redirect"; httpStatus: 301 | 302 | 303 | 307 | 308; location: string }
  /** The exchange's clock, as this request meets it, is off by so much. */
  | { kind: "clock-offset"; offsetMs: number };

export interface FaultSpec {
  /** Only requests of this method; default any. */
  method?: string;
  /** Only this exact path; default any. */
  path?: string;
  /** Any further condition on the raw request. */
  when?: (request: { method: string; path: string; query: string }) => boolean;
  /** How many requests to spoil; default 1, `Infinity` for all. */
  times?: number;
  action: FaultAction;
}

export interface FaultHandle {
  readonly remaining: number;
  remove(): void;
}

/** What one request will suffer. */
export interface PlannedFaults {
  readonly offsetMs: number;
  readonly delayMs: number;
  readonly final: Exclude<FaultAction, { kind: "delay" | "clock-offset" }> | undefined;
  readonly kinds: string | undefined;
}

export const faultsMax = 1_000;

interface Armed {
  readonly spec: FaultSpec;
  remaining: number;
}

export class Faults {
  readonly #armed = new Set<Armed>();

  /** Arms a fault. @throws RangeError when too many are armed or `times` is not positive */
  add(spec: FaultSpec): FaultHandle {
    const times = spec.times ?? 1;
    if (!(times > 0) || this.#armed.size >= faultsMax)
      throw new RangeError("faults: times must be positive, and not too many");
    const armed: Armed = { spec, remaining: times };
    this.#armed.add(armed);
    return {
      get remaining() {
        return armed.remaining;
      },
      remove: () => void this.#armed.delete(armed),
    };
  }

  clear(): void {
    this.#armed.clear();
  }

  /** Takes what the armed faults hold for a request: offsets and delays add up, the first other action wins. */
  take(request: { method: string; path: string; query: string }): PlannedFaults {
    let offsetMs = 0;
    let delayMs = 0;
    let final: PlannedFaults["final"];
    const kinds: string[] = [];
    for (const armed of this.#armed) {
      const { method, path, when, action } = armed.spec;
      if (method !== undefined && method !== request.method) continue;
      if (path !== undefined && path !== request.path) continue;
      if (when !== undefined && !when(request)) continue;
      if (action.kind === "clock-offset") offsetMs += action.offsetMs;
      else if (action.kind === "delay") delayMs += action.delayMs;
      else if (final === undefined) final = action;
      else continue;
      kinds.push(action.kind);
      armed.remaining -= 1;
      if (armed.remaining <= 0) this.#armed.delete(armed);
    }
    return { offsetMs, delayMs, final, kinds: kinds.length === 0 ? undefined : kinds.join(",") };
  }
}
