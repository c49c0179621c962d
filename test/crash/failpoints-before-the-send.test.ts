/** SIGKILL at each failpoint up to the request's way out: what is not in the record was not sent, and never will be. */
import { describe, test } from "vitest";
import { killAndResend } from "./kill-and-resend.ts";
import type { Aftermath } from "./kill-and-resend.ts";

/** The stories wait for processes most of their time: together they take half as long. */
const together = { timeout: 120_000, concurrent: true } as const;

const nothingHappened: Aftermath = {
  intentDurable: "no",
  atExchange: "no",
  outcomeDurable: "no",
  answered: "no",
};

describe("SIGKILL", together, () => {
  test("dead at countersigned: nothing recorded, nothing sent", () =>
    killAndResend("countersigned", nothingHappened));

  test("dead at intent-inserted: an intent that was not committed is none", () =>
    killAndResend("intent-inserted", nothingHappened));

  test("dead at intent-durable: recorded, not sent, and never sent later", () =>
    killAndResend("intent-durable", { ...nothingHappened, intentDurable: "yes" }));

  test("dead at request-written: sent, and nobody here knows what came of it", () =>
    killAndResend("request-written", { ...nothingHappened, intentDurable: "yes", atExchange: "yes" }));
});
