// A nats-server in a container, by testcontainers: for teams whose tests run the official image anyway.
import { PINNED_VERSION } from "../server/pinned.js";
import { ContainerUnavailable } from "./container-unavailable.js";
import type { StartedServer } from "./started-server.js";

const defaultImage = `nats:${PINNED_VERSION}-alpine`;
const configFile = "/lab.conf";

/** @throws ContainerUnavailable without `@testcontainers/nats`, without a Docker engine, and without the image. */
export async function startContainer(config: string, image = defaultImage): Promise<StartedServer> {
  const { NatsContainer } = await loadTestcontainers();
  const container = new NatsContainer(image)
    .withJetStream()
    .withCopyContentToContainer([{ content: `${config}\n`, target: configFile }])
    .withArg("--config", configFile);
  const started = await container.start().catch((cause: Error) => {
    const why = `no container of ${image} could be started: ${cause.message.replace(/\.$/, "")}`;
    throw new ContainerUnavailable(
      `The lab wants a container, and ${why}. Start a Docker engine that has this image or can pull it, name another one (container: "IMAGE"), or leave "container" out.`,
      { cause },
    );
  });
  // Its own user and password count for nothing in a configuration with accounts.
  return {
    url: `nats://${String(started.getConnectionOptions().servers)}`,
    origin: `container ${image}`,
    [Symbol.asyncDispose]: async () => void (await started.stop()),
  };
}

/** Only whoever asks for a container needs the package. `load` is a parameter for the test of its absence. */
export async function loadTestcontainers(
  load: () => Promise<typeof import("@testcontainers/nats")> = () => import("@testcontainers/nats"),
) {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new ContainerUnavailable(
      'The lab wants a container, and @testcontainers/nats is not installed: npm install --save-dev @testcontainers/nats, or leave "container" out.',
      { cause },
    );
  }
}
