// Flush: waits until the server has processed what was sent, for a limited time.
import type { NatsConnection } from "@nats-io/nats-core";
import { ClosedError, NoAnswerError } from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";
import { watchConnection } from "./watch.js";

/** Milliseconds that a call waits, beyond its own time-out, for a server that is frozen or gone. */
export const answerMs = 2_000;

/** Milliseconds after its time-out at which a call ends, whatever it still asks a server that is frozen or gone. */
export const endMs = 2_300;

/** Milliseconds that a call without a time-out of its own waits for such a server: as long as the client's JetStream API does. */
const flushMs = 5_000;

/**
 * The client's own `flush()` never settles when the server is frozen, or when the connection is closed before the server has answered.
 * While the connection is down, this call waits for the reconnect.
 * @throws NoAnswerError after `timeoutMs`, by default 5 s; ClosedError when the connection is closed, before or during the call.
 */
export async function flushConnection(nc: NatsConnection, timeoutMs = flushMs): Promise<void> {
  let over = false;
  let end = () => {};
  const ended = new Promise<never>((_, reject) => {
    const late = () => reject(new NoAnswerError(`connection: the server did not answer within ${timeoutMs} ms.`));
    const timer = setTimeout(late, timeoutMs);
    const stop = watchConnection(nc, {
      closed: () => reject(new ClosedError("The connection was closed before the server had answered.")),
    });
    end = () => {
      over = true;
      clearTimeout(timer);
      stop();
    };
  });
  try {
    await Promise.race([flushed(nc, () => over), ended]);
  } catch (error) {
    throw fromClientError("connection", error);
  } finally {
    end();
  }
}

/** The client rejects a flush when the connection breaks. After a reconnect it subscribes anew, and the next flush confirms that. */
async function flushed(nc: NatsConnection, over: () => boolean): Promise<void> {
  for (;;) {
    try {
      return await nc.flush();
    } catch (error) {
      if (over() || !isBreak(error)) throw error;
    }
  }
}

const isBreak = (error: unknown) => error instanceof Error && error.message === "connection disconnected";

/** What `ask` resolves to, or what `late` returns or throws at the time `until`, on the clock of `performance.now()`. */
export async function resultBy<T>(until: number, ask: () => Promise<T>, late: () => T): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeIsUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, until - performance.now()));
  });
  return Promise.race([ask(), timeIsUp.then(late)]).finally(() => clearTimeout(timer));
}

/** Whether the answer came in time, by default 3 s. An ack that the server did not receive leads to a redelivery after `ack_wait`. */
export async function inTime(answer: Promise<void>, timeoutMs = 3_000): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const answered = answer.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, late]).finally(() => clearTimeout(timer));
}
