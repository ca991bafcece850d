// Where a lab's server comes from: a process of ours, or a container. One interface, so that nothing else knows.
import { startContainer } from "./container.js";
import { startProcess } from "./process.js";
import type { StartedServer } from "./started-server.js";

export interface OriginOptions {
  /**
   * Run nats-server in a container (needs `@testcontainers/nats` and a Docker engine); a text names the image. Default:
   * a process, with the nats-server that the kit finds or fetches. */
  container?: boolean | string;
  /** One line of text at a time, while a server is being fetched. */
  onProgress?: (line: string) => void;
}

/** `config` is nats-server configuration, on top of a random port and JetStream. */
export function startOrigin(
  config: string,
  { container, onProgress }: OriginOptions,
): Promise<StartedServer> {
  if (container) return startContainer(config, container === true ? undefined : container);
  return startProcess(config, onProgress);
}
