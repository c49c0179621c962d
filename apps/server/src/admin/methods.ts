/** The last handler of a path: whatever method got this far has no handler there, and is told which have. */
import type { Context } from "hono";
import { AdminProblem } from "./problem.ts";

export function onlyMethods(...methods: readonly string[]): (c: Context) => Response {
  return (c) => {
    c.header("allow", methods.join(", "));
    throw new AdminProblem("method-not-allowed", `This path takes ${methods.join(" and ")}.`);
  };
}
