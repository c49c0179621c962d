/** Which Node may run the server. */
import { expect, test } from "vitest";
import { judgeRuntime } from "../../src/base/runtime.ts";

test.each([
  ["20.20.2", "unfit"],
  ["24.14.9", "unfit"],
  ["24.15.0", "unpatched"],
  ["24.22.0", "unpatched"],
  ["24.22.1", "fit"],
  ["25.9.0", "unpatched"],
  ["26.10.0", "unpatched"],
  ["26.12.1", "fit"],
  ["26.13.0", "fit"],
  ["v26", "unfit"],
])("Node %s is %s", (version, verdict) => {
  expect(judgeRuntime(version)).toBe(verdict);
});
