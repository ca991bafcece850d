// An error of its own file: whoever has no `@testcontainers/nats` can still compile against the public types.
import { KitError } from "../protocol/errors.js";

/** The container's server cannot be had; the message says what to install or start. */
export class ContainerUnavailable extends KitError {
  constructor(message: string, options?: ErrorOptions) {
    super("container-unavailable", message, options);
  }
}
