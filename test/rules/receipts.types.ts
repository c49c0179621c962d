/**
 * A skipped or reordered step does not compile: every line below is a mistake, and `tsc` fails if one of them is none.
 * Nothing here is ever run.
 */
import type { AcceptedOnce } from "../../apps/server/src/gateway/accepted-once.ts";
import type { Arrival } from "../../apps/server/src/gateway/arrival.ts";
import { authenticate } from "../../apps/server/src/gateway/authenticate.ts";
import type { Authenticated } from "../../apps/server/src/gateway/authenticate.ts";
import { authorize } from "../../apps/server/src/gateway/authorize.ts";
import type { Authorized } from "../../apps/server/src/gateway/authorize.ts";
import { countersign } from "../../apps/server/src/gateway/countersign.ts";
import type { Countersigned } from "../../apps/server/src/gateway/countersign.ts";
import { forward } from "../../apps/server/src/gateway/forward.ts";
import type { Gateway } from "../../apps/server/src/gateway/handle.ts";
import { limit } from "../../apps/server/src/gateway/limit.ts";
import type { Admitted } from "../../apps/server/src/gateway/limit.ts";
import { answerLocally } from "../../apps/server/src/gateway/local.ts";
import type { Parsed } from "../../apps/server/src/gateway/parse.ts";
import { record } from "../../apps/server/src/gateway/record.ts";
import type { Recorded } from "../../apps/server/src/gateway/record.ts";

interface Receipts {
  readonly arrival: Arrival;
  readonly parsed: Parsed;
  readonly authenticated: Authenticated;
  readonly authorized: Authorized;
  readonly admitted: Admitted;
  readonly countersigned: Countersigned;
  readonly recorded: Recorded;
}

/** Steps left out. */
export async function skipped(receipts: Receipts, gateway: Gateway, once: AcceptedOnce): Promise<void> {
  const { arrival, parsed, authenticated, authorized, admitted, countersigned } = receipts;
  // @ts-expect-error not parsed
  await authenticate(arrival, gateway);
  // @ts-expect-error not authenticated
  await once.run(parsed, () => Promise.reject(new Error("never")));
  // @ts-expect-error its payload not accepted
  authorize(authenticated);
  // @ts-expect-error not authenticated
  authorize(parsed);
  // @ts-expect-error not authorized
  answerLocally(authenticated, gateway);
  // @ts-expect-error not authorized
  limit(authenticated, gateway);
  // @ts-expect-error not limited
  await countersign(authorized, gateway);
  // @ts-expect-error not countersigned
  await record(authorized, gateway);
  // @ts-expect-error not countersigned
  await record(admitted, gateway);
  // @ts-expect-error not recorded
  await forward(countersigned, gateway);
  // @ts-expect-error not countersigned, not recorded
  await forward(admitted, gateway);
}

/** Steps in the wrong order. */
export async function moved(receipts: Receipts, gateway: Gateway): Promise<void> {
  const { countersigned, recorded } = receipts;
  // @ts-expect-error countersigned before it was limited
  limit(countersigned, gateway);
  // @ts-expect-error recorded twice
  await record(recorded, gateway);
  // @ts-expect-error countersigned twice
  await countersign(recorded, gateway);
}

/** Receipts made by hand: right in every field that can be seen. */
export async function forged(receipts: Receipts, gateway: Gateway): Promise<void> {
  const { parsed, authenticated, authorized, admitted, countersigned } = receipts;
  const { arrival, endpoint, service, params, timeUnit, signed } = parsed;
  // @ts-expect-error a parsed request that parse never saw
  await authenticate({ arrival, endpoint, service, params, timeUnit, signed, step: "parsed" }, gateway);
  // @ts-expect-error accepted by nobody
  authorize({ authenticated, expiresMs: 0, repeatable: true, step: "accepted" });
  // @ts-expect-error authorized by nobody
  limit({ accepted: authorized.accepted, parsed, caller: undefined, step: "authorized" }, gateway);
  // @ts-expect-error admitted by nobody
  await countersign({ authorized, leave: () => {}, step: "admitted" }, gateway);
  const { request, judged, venueKeyId } = countersigned;
  // @ts-expect-error countersigned by nobody
  await record({ admitted, request, judged, venueKeyId, step: "countersigned" }, gateway);
  // @ts-expect-error recorded by nobody
  await forward({ countersigned, intentId: "made-up", step: "recorded" }, gateway);
}
