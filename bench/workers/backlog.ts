// Backlog worker: queues or drains, by command.
import { openConnection } from "jetstream-request-reply-kit";
import { payloadOf } from "../load.js";
import { drain, queue, timeOutTogether } from "../rows/backlog.js";
import { serve, workerArguments } from "./serve.js";

await serve(workerArguments(), openConnection, async (nc) => {
  const payload = payloadOf(128);
  const timed = async (work: Promise<void>) => {
    const startedAt = performance.now();
    await work;
    return (performance.now() - startedAt) / 1000;
  };
  return {
    queue: (count: number) => timed(queue(nc, count, payload)),
    timeOut: (count: number) => timeOutTogether(nc, count, payload),
    drain: (count: number) => timed(drain(nc, count, payload)),
  };
});
