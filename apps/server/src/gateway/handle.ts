/**
 * The way of one request, top to bottom (DESIGN 4). Each step takes the receipt of the step before, so a step that is
 * skipped or moved does not compile. A step refuses by throwing; what it throws becomes the answer, here and only here.
 */
import type { AcceptedOnce } from "./accepted-once.ts";
import type { Answer } from "./answer.ts";
import type { Arrival } from "./arrival.ts";
import { authenticate } from "./authenticate.ts";
import type { Authenticated, AuthenticateParts } from "./authenticate.ts";
import { authorize } from "./authorize.ts";
import { countersign } from "./countersign.ts";
import type { CountersignParts } from "./countersign.ts";
import { forward } from "./forward.ts";
import type { ForwardParts } from "./forward.ts";
import { limit } from "./limit.ts";
import { answerLocally } from "./local.ts";
import { parse } from "./parse.ts";
import { record } from "./record.ts";
import type { RecordParts } from "./record.ts";
import { refusalAnswer } from "./refusal.ts";
import type { Refuse } from "./refuse.ts";

/** Everything the steps need; `main.ts` puts it together. */
export interface Gateway extends AuthenticateParts, CountersignParts, RecordParts, ForwardParts {
  readonly acceptedOnce: AcceptedOnce;
  /** Turns what a step threw into a refusal, and enters it in the record. */
  readonly refuse: Refuse;
}

/** Answers one request. Never throws. */
export async function handle(arrival: Arrival, gateway: Gateway): Promise<Answer> {
  let known: Authenticated | undefined;
  try {
    const parsed = parse(arrival); //                                                       ②
    const authenticated = await authenticate(parsed, gateway); //                           ③
    known = authenticated;
    return await gateway.acceptedOnce.run(authenticated, async (accepted) => {
      const authorized = authorize(accepted); //                                            ④
      const local = answerLocally(authorized, gateway);
      if (local !== undefined) return local;

      const admitted = limit(authorized, gateway); //                                       ⑤
      try {
        const countersigned = await countersign(admitted, gateway); //                      ⑥
        const recorded = await record(countersigned, gateway); //                           ━
        return await forward(recorded, gateway); //                                         ⑦ ⑧
      } finally {
        admitted.leave();
      }
    });
  } catch (error) {
    return refusalAnswer(gateway.refuse(error, arrival, known));
  }
}
