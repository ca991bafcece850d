// What every origin of a server hands out.
import { KitError } from "../protocol/errors.js";

/** A nats-server that listens, with JetStream. */
export interface StartedServer extends AsyncDisposable {
  /** `nats://127.0.0.1:41234`, without credentials. */
  url: string;
  /** Where it came from, e.g. `PATH`, `cache`, `container nats:2.14.0-alpine`. */
  origin: string;
}

// An error of its own file: whoever has no `@testcontainers/nats` can still compile against the public types.

/** The container's server cannot be had; the message says what to install or start. */
export class ContainerUnavailableError extends KitError {
  constructor(message: string, options?: ErrorOptions) {
    super("container-unavailable", message, options);
  }
}
