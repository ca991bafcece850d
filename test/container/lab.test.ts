// The lab in a container has the same interface as the one that is a process: fixtures and matchers do not know which.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getContainerRuntimeClient } from "testcontainers";
import { describe, expect } from "vitest";
import { ContainerUnavailableError, type LabServer, startLab, startLabServer } from "../../src/testing/index.js";
import { test as base } from "../../src/testing/vitest.js";

const image = process.env.NATS_SERVER_IMAGE || "nats:2.14.0-alpine";
const engine = await getContainerRuntimeClient().catch((error: Error) => error);
const answers = !(engine instanceof Error);

const test = base.extend<{ server: LabServer }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest wants braces here
    async ({}, use) => {
      await using server = await startLabServer({ container: image });
      await use(server);
    },
    { scope: "worker" },
  ],
});

describe.skipIf(!answers)(`labs in ${image}`, () => {
  test("a lab answers and counts its own requests, and leaves another lab of the same container unchanged", async ({
    lab,
    server,
    requester,
    responder,
  }) => {
    await using other = await startLab({ server });
    await responder({ "order-tea": "🍵" });
    await expect((await requester()).request("order-tea")).toEndWith("ok", "🍵");
    await expect(lab).toHaveRemaining(0);
    await expect(lab.stream("REPLIES")).toHaveRemaining(1);
    await expect(other.stream("REPLIES")).toHaveRemaining(0);
    expect(lab.server).toMatchObject({ origin: `container ${image}`, url: other.server.url });
  });

  test("a scenario runs beside the lab's own streams", async ({ lab, runScenario }) => {
    const historyRoot = await mkdtemp(join(tmpdir(), "test-histories-of-jsrr-"));
    const run = await runScenario("offline-responder", { historyRoot });
    await expect(run).toHoldScenario();
    expect(run.result.server.url).toBe(lab.server.url);
    await rm(historyRoot, { recursive: true });
  });

  test("an image that does not exist is reported in one sentence", async () => {
    const failing = startLab({ container: "127.0.0.1:1/no-such-image:1" });
    await expect(failing).rejects.toThrow(ContainerUnavailableError);
    await expect(failing).rejects.toThrow(
      /no container of .*no-such-image:1 could be started: .*Start a Docker engine/s,
    );
  });
});
