// Flush: waits until the server has processed what was sent.
import type { NatsConnection } from "@nats-io/nats-core";
import { ClosedError } from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";
import { watchConnection } from "./watch.js";

/**
 * The client's own `flush()` never settles when the connection is closed before the server has answered.
 * @throws ClosedError when the connection is closed, before or during the call. While it is down, the call waits.
 */
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

/**
 * Whether the server answered within 3 s. It may be frozen or gone: an ack that it did not receive leads to a redelivery after
 * `ack_wait`.
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
