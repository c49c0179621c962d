/** What we answer ourselves: the time, from the very clock that verifies, and the rights of the key that asks. */
import type { VerifyingClock } from "../base/clock.ts";
import type { ClientKey } from "../keys/client-key.ts";
import { okAnswer } from "./answer.ts";
import type { Answer } from "./answer.ts";
import type { Authorized } from "./authorize.ts";
import { Refusal } from "./refusal.ts";

/** The answer, or undefined when the venue answers this endpoint. */
export function answerLocally(
  authorized: Authorized,
  { clock }: { clock: VerifyingClock },
): Answer | undefined {
  const { endpoint, service, timeUnit } = authorized.parsed;
  if (service.answeredBy === "venue") return undefined;
  if (endpoint.path === "/api/v3/time") {
    const nowMs = Math.floor(clock.nowMs());
    return okAnswer({ serverTime: timeUnit?.toUpperCase() === "MICROSECOND" ? nowMs * 1000 : nowMs });
  }
  if (endpoint.path === "/sapi/v1/account/apiRestrictions" && authorized.caller !== undefined) {
    return okAnswer(restrictionsOf(authorized.caller.clientKey.key));
  }
  throw new Refusal("endpoint-not-served", [endpoint.name]);
}

/** The grant in the shape of Binance's own answer; what Countersign never lets through is false. */
function restrictionsOf({ grant, createdMs }: ClientKey): Record<string, boolean | number> {
  return {
    ipRestrict: grant.addresses !== "any",
    createTime: createdMs,
    enableReading: grant.permissions.includes("enableReading"),
    enableWithdrawals: false,
    enableInternalTransfer: false,
    enableMargin: false,
    enableFutures: false,
    permitsUniversalTransfer: false,
    enableVanillaOptions: false,
    enableFixApiTrade: false,
    enableFixReadOnly: false,
    enableSpotAndMarginTrading: grant.permissions.includes("enableSpotAndMarginTrading"),
    enablePortfolioMarginTrading: false,
  };
}
