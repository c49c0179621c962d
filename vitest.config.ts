import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "test/**/*.test.ts"],
    // A hang must end the run with the name of the test, never with the patience of whoever waits.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
  },
});
