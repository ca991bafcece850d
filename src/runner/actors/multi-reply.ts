// Requests with several replies, and later collects, as events of a scenario.
import type { NatsConnection } from "@nats-io/nats-core";
import { isAsked } from "../../history/select.js";
import { PartMissingError } from "../../protocol/errors.js";
import type { Observe, RequesterEvent } from "../../protocol/events.js";
import { collectMany } from "../../requester/collect.js";
import type { Handle } from "../../requester/handle.js";
import { locate } from "../../requester/locate.js";
import type { Many } from "../../scenario/model.js";

/** When requests are published. One with several replies is published only after the server has seen its subscription. */
export class PublishedSteps {
  readonly #waiting = new Map<string, () => void>();

  watch(observe: Observe<RequesterEvent>): Observe<RequesterEvent> {
    return (event) => {
      observe(event);
      // Also where it waits for its turn, or gets none: the requester has it.
      if (isAsked(event) && event.as !== undefined) this.#waiting.get(event.as)?.();
    };
  }

  /** Resolves when the request is on its way, or over. An error of `send` ends the process: the step does not await it. */
  published(send: () => Promise<void>, { as, many }: { as: string; many?: Many }): Promise<void> | undefined {
    if (!many) return void send();
    return new Promise((resolve) => {
      this.#waiting.set(as, resolve);
      void send().then(resolve);
    });
  }
}

type CollectStep = { handle: Handle; timeoutMs: number };

/** Collects of one reply run one after the other: the history could not tell the results of two at once apart. */
export class CollectSteps {
  readonly #last = new Map<string, Promise<void>>();

  async collect(nc: NatsConnection, step: CollectStep, observe: Observe<RequesterEvent>): Promise<void> {
    const { request } = step.handle;
    const mine = (this.#last.get(request) ?? Promise.resolve()).then(() => collect(nc, step, observe));
    this.#last.set(request, mine);
    await mine;
    if (this.#last.get(request) === mine) this.#last.delete(request);
  }
}

/** Looks for the stored reply, and for the parts before it where it has some. */
async function collect(
  nc: NatsConnection,
  { handle, timeoutMs }: CollectStep,
  observe: Observe<RequesterEvent>,
): Promise<void> {
  const { request } = handle;
  let parts = 0;
  try {
    for await (const reply of collectMany(nc, handle, { timeoutMs })) {
      const { text: payload } = reply;
      if (!reply.last) observe({ type: "part-collected", request, part: ++parts, payload });
      else observe({ type: "collected", request, status: reply.status, payload, sequence: reply.sequence ?? 0 });
      if (reply.last) return;
    }
    const { evidence } = await locate(nc, handle);
    observe({ type: "not-collected", request, reason: evidence });
  } catch (error) {
    const missing = error instanceof PartMissingError ? parts + 1 : undefined;
    observe({ type: "not-collected", request, reason: (error as Error).message, missing });
  }
}
