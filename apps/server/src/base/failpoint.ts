/**
 * Named places where the crash tests kill the process, so that "what if it dies just here?" is a test and not a thought.
 * Inert unless `main.ts` arms one; the server says so loudly when it does.
 */

/** The places between countersigning a mutation and having its outcome on disk, in their order. */
export const failpointNames = [
  "countersigned",
  "intent-inserted",
  "intent-durable",
  "request-written",
  "answer-received",
  "answer-sent",
  "outcome-inserted",
  "outcome-durable",
] as const;

export type FailpointName = (typeof failpointNames)[number];

/** Passes a named place; does not return if that place is armed. */
export type Failpoint = (name: FailpointName) => void;

export const noFailpoint: Failpoint = () => {};

/** @throws Error when `name` is not a failpoint: a typing mistake must not look like a crash test that passed. */
export function parseFailpointName(name: string): FailpointName {
  const known = failpointNames.find((each) => each === name);
  if (known === undefined) throw new Error(`unknown failpoint ${name}; known: ${failpointNames.join(", ")}`);
  return known;
}

/** A failpoint that kills this process, as `kill -9` would, when it passes `armed`. */
export function killAt(armed: FailpointName): Failpoint {
  return (name) => {
    if (name === armed) process.kill(process.pid, "SIGKILL");
  };
}
