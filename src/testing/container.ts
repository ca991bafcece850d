// Container server: a nats-server of the official image, by testcontainers.
import type { NatsContainer } from "@testcontainers/nats";
import type { GenericContainer, StartedTestContainer } from "testcontainers";
import { PINNED_VERSION } from "../server/source.js";
import { ContainerUnavailableError, type StartedServer } from "./started-server.js";

const defaultImage = `nats:${PINNED_VERSION}-alpine`;
const configFile = "/lab.conf";

const clientPort = 4222;

/** @throws ContainerUnavailableError without `@testcontainers/nats`, without a Docker engine, and without the image. */
export async function startContainer(config: string, image = defaultImage): Promise<StartedServer> {
  const { NatsContainer } = await loadTestcontainers();
  const container = new NatsContainer(image)
    .withCopyContentToContainer([{ content: `${config}\n`, target: configFile }])
    .withCommand(["--jetstream", "--config", configFile]);
  const started = await startAsIs(container).catch((cause: Error) => {
    const why = `no container of ${image} could be started: ${cause.message.replace(/\.$/, "")}`;
    throw new ContainerUnavailableError(
      `The lab wants a container, and ${why}. Start a Docker engine that has this image or can pull it, name another one (container: "IMAGE"), or leave "container" out.`,
      { cause },
    );
  });
  return {
    url: `nats://${started.getHost()}:${started.getMappedPort(clientPort)}`,
    origin: `container ${image}`,
    [Symbol.asyncDispose]: async () => void (await started.stop()),
  };
}

/**
 * Its own `start` always adds a user and a password, which nats-server refuses beside accounts ("Can not have a single
 * user/pass and accounts"); that of the generic container adds nothing.
 */
function startAsIs(container: NatsContainer): Promise<StartedTestContainer> {
  const generic: GenericContainer = Object.getPrototypeOf(Object.getPrototypeOf(container));
  return generic.start.call(container);
}

/** The package is needed for a container only. `load` is a parameter for the test of its absence. */
export async function loadTestcontainers(
  load: () => Promise<typeof import("@testcontainers/nats")> = () => import("@testcontainers/nats"),
) {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new ContainerUnavailableError(
      'The lab wants a container, and @testcontainers/nats is not installed: npm install --save-dev @testcontainers/nats, or leave "container" out.',
      { cause },
    );
  }
}
