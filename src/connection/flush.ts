// Waits until the server has seen what was sent. The client's own `flush()` never settles where the connection is closed
// before the server has answered.

import type { NatsConnection } from "@nats-io/nats-core";
import { ClosedError } from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";
import { watchConnection } from "./watch.js";

/** @throws ClosedError when the connection is, or is closed meanwhile. Without an end while it is broken. */
export async function flushConnection(nc: NatsConnection): Promise<void> {
  let stop = () => {};
  const closed = new Promise<never>((_, reject) => {
    stop = watchConnection(nc, {
      closed: () => reject(new ClosedError("The connection was closed before the server had answered.")),
    });
  });
  try {
    await Promise.race([nc.flush(), closed]);
  } catch (error) {
    throw fromClientError("connection", error);
  } finally {
    stop();
  }
}

// Waiting for a server that may be frozen or gone.

/**
 * Whether the server answered within 3 s. One that is frozen or gone cannot be waited for: what it did not hear comes
 * again after `ack_wait`.
 */
export async function inTime(answer: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), 3_000);
  });
  const answered = answer.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, late]).finally(() => clearTimeout(timer));
}
