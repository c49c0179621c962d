/** Programs that some tests need and npm does not bring. Missing ones are named; where CI is set the test runs, and fails. */
import { spawnSync } from "node:child_process";

/**
 * Whether a test that needs a program shall run.
 * @param attempt a harmless call that works where the program may do what the test asks of it.
 * @param proof what stays unproved without it.
 */
export function canRun(attempt: readonly [program: string, ...args: string[]], proof: string): boolean {
  const [program, ...args] = attempt;
  const works = spawnSync(program, args).status === 0;
  if (!works) console.warn(`NOT RUN: ${proof} (${program} is not here, or may not do it)`);
  return works || process.env["CI"] === "true";
}
