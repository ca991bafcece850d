// The built-in lessons against the official container image: a server that the kit neither found nor launched, that
// asks for a password, and that must be left as it was.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { NatsContainer, type StartedNatsContainer } from "@testcontainers/nats";
import { type ContainerRuntimeClient, getContainerRuntimeClient, ImageName } from "testcontainers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConnectionSettings, openConnection } from "../../src/index.js";
import { runScenario } from "../internal/runner.js";
import { loadScenario, resolveScenario } from "../internal/scenario.js";

const image = process.env.NATS_SERVER_IMAGE || "nats:2.14.0-alpine";

const engine = await getContainerRuntimeClient().catch((error: Error) => error);
const answers = !(engine instanceof Error);
const title = answers ? `nats-server in ${image}` : `skipped: no Docker engine answers (${engine.message})`;
if (!answers) console.log(`Container tests ${title}`);

describe.skipIf(!answers)(title, () => {
  let container: StartedNatsContainer;
  let historyRoot: string;

  beforeAll(async () => {
    historyRoot = await mkdtemp(join(tmpdir(), "jsrr-container-"));
    await provideImage(engine as ContainerRuntimeClient);
    container = await new NatsContainer(image).withJetStream().start();
  }, 180_000);

  afterAll(async () => {
    await container?.stop();
    await rm(historyRoot, { recursive: true, force: true });
  });

  test.each([
    {
      name: "offline-responder",
      outcome: "ok 🥪",
      counts: { requested: 1, stored: 1, executed: 1, replied: 1, collected: 1 },
    },
    {
      name: "requester-gone",
      outcome: "ok 🥪",
      counts: { requested: 1, stored: 1, executed: 1, replied: 1, collected: 1 },
    },
    {
      name: "naive-request",
      outcome: "puback",
      counts: { requested: 1, stored: 1, executed: 0, replied: 0, collected: 0 },
    },
  ])("scenario $name holds, and leaves no stream on the server", async ({ name, outcome, counts }) => {
    const connection = settings(container);
    const scenario = await loadScenario(await resolveScenario(name));
    const { result } = await runScenario(scenario, { connection, historyRoot });
    expect(result).toMatchObject({ verdict: "held", requests: [{ as: "lunch", outcome }], counts });
    expect(result.server.version).toMatch(/^2\.14\./);
    expect(await streamNames(connection)).toEqual([]);
  });
});

/** An engine that answers is one that the tests are meant to use: an image that it lacks fails them. */
async function provideImage(runtime: ContainerRuntimeClient): Promise<void> {
  try {
    await runtime.image.pull(ImageName.fromString(image), { force: false, platform: undefined });
  } catch (cause) {
    throw new Error(
      `A Docker engine answers, but it has no image ${image} and cannot pull it (${(cause as Error).message}); ` +
        "name one that it has in NATS_SERVER_IMAGE.",
      { cause },
    );
  }
}

function settings(container: StartedNatsContainer): ConnectionSettings {
  const { servers, user, pass } = container.getConnectionOptions();
  return { servers: String(servers), user: String(user), password: String(pass) };
}

async function streamNames(connection: ConnectionSettings): Promise<string[]> {
  const nc = await openConnection(connection);
  try {
    const jsm = await jetstreamManager(nc);
    return await jsm.streams.names().next();
  } finally {
    await nc.close();
  }
}
