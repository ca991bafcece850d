import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const shared = {
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // Loading the kit and its dependencies for each file anew took as long as half of the tests; a file leaves nothing behind.
  isolate: false,
  setupFiles: ["test/support/after-each-file.ts"],
};

export default defineConfig({
  test: {
    // Most of the time a test waits for other processes; on two cores vitest itself would take one worker.
    maxWorkers: Math.max(4, availableParallelism()),
    reporters: process.env.CI ? ["verbose"] : ["default"],
    projects: [
      {
        test: {
          ...shared,
          name: "kit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/container/**", "test/soak/**", "test/fuzz/**", "test/pack/**", "test/site/**"],
          globalSetup: ["test/global-setup.ts"],
        },
      },
      {
        test: {
          ...shared,
          name: "container",
          include: ["test/container/**/*.test.ts"],
          globalSetup: ["test/global-setup.ts"],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          ...shared,
          name: "pack",
          include: ["test/pack/**/*.test.ts"],
          globalSetup: ["test/global-setup.ts"],
          testTimeout: 180_000,
        },
      },
      // The docs site has to be built: `npm run docs:build`.
      { test: { ...shared, name: "site", include: ["test/site/**/*.test.ts"] } },
      { test: { ...shared, name: "fuzz", include: ["test/fuzz/**/*.fuzz.test.ts"] } },
      { test: { ...shared, name: "soak", include: ["test/soak/**/*.test.ts"], globalSetup: ["test/global-setup.ts"] } },
    ],
  },
});
