// Started server: the result of every way to start one.
import { KitError } from "../protocol/errors.js";
import type { NatsServer } from "../server/index.js";

/** A nats-server that listens, with JetStream. */
export interface StartedServer extends AsyncDisposable {
  /** `nats://127.0.0.1:41234`, without credentials. */
  url: string;
  /** Where it came from, e.g. `PATH`, `cache`, `container nats:2.14.0-alpine`. */
  origin: string;
  /** Absent: it runs in a container. */
  process?: NatsServer;
}

/** No server in a container can be started; the message says what to install or start. In this file, so that the public types need no `@testcontainers/nats`. */
export class ContainerUnavailableError extends KitError {
  constructor(message: string, options?: ErrorOptions) {
    super("container-unavailable", message, options);
  }
}
