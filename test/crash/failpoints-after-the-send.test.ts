/** SIGKILL at each failpoint from the exchange's answer on: what was executed is never executed again. */
import { describe, test } from "vitest";
import { killAndResend } from "./kill-and-resend.ts";
import type { Aftermath } from "./kill-and-resend.ts";

/** The stories wait for processes most of their time: together they take half as long. */
const together = { timeout: 120_000, concurrent: true } as const;

const executed: Aftermath = {
  intentDurable: "yes",
  atExchange: "yes",
  outcomeDurable: "no",
  answered: "no",
};

describe("SIGKILL", together, () => {
  test("dead at answer-received: executed, not answered, not recorded", () =>
    killAndResend("answer-received", executed));

  test("dead at answer-sent: the bot has its answer, and keeps it", () =>
    killAndResend("answer-sent", { ...executed, outcomeDurable: "open", answered: "yes" }));

  test("dead at outcome-inserted: an outcome that was not committed is none", () =>
    killAndResend("outcome-inserted", { ...executed, answered: "open" }));

  test("dead at outcome-durable: a re-send gets the exchange's own bytes", () =>
    killAndResend("outcome-durable", { ...executed, outcomeDurable: "yes", answered: "open" }));
});
