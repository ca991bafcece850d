// A responder process: answers each request as its payload says, and records each handler's begin and effect.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as passed } from "node:timers/promises";
import { type HandlerRequest, Responder, RetryLaterError } from "jetstream-request-reply-kit";
import { partText, replyText, soundFile } from "../handler-texts.js";
import type { Write } from "../record.js";
import type { ResponderPlan, Task } from "../schedule.js";
import { closedCode, connection, messageOf, type Order, report, runProcess, untilItWorks } from "./process.js";

export interface ResponderProcessPlan extends ResponderPlan {
  maxAttempts: number;
}

await runProcess<ResponderProcessPlan>(async ({ folder, servers, plan }, write, onOrder) => {
  const nc = await untilItWorks("connect", write, () => connection(servers, plan.name));
  // The library promises a handler no sequence. Its event has it, and comes before the handler; a later delivery may join before it begins.
  const sequences = new Map<string, number>();
  const order = (request: HandlerRequest) => handle(request, sequences.get(request.id) ?? 0, folder, write);
  const { maxAttempts, name, concurrency, prefetch, ackDelayMs } = plan;
  const responder = await untilItWorks("start", write, () =>
    Responder.start(nc, {
      ...{ name, concurrency, prefetch, ackDelayMs, maxAttempts },
      handlers: { order },
      retry: { firstMs: 30, mostMs: 200 },
      observe: (event) => {
        if (event.type === "delivered") sequences.set(event.request, event.sequence);
        write({ e: "kit", event });
      },
    }),
  );
  responder.closed.catch((error) => {
    write({ e: "closed", message: messageOf(error) });
    process.exit(closedCode);
  });
  report("ready");
  const limitMs = await new Promise<number | undefined>((resolve) => {
    onOrder((order: Order) => {
      if (order.do === "drain") resolve(order.limitMs);
      if (order.do === "stop") resolve(undefined);
    });
  });
  const { left } = await responder.drain(limitMs === undefined ? {} : { timeoutMs: limitMs });
  write({ e: "drained", left });
  await nc.close();
});

function handle(request: HandlerRequest, sequence: number, folder: string, write: Write) {
  const task = request.json<Task>();
  const at = { id: request.id, call: task.call, sequence, delivery: request.deliveryCount };
  write({ e: "begun", ...at });
  return task.parts > 0 ? inParts() : work();

  async function* inParts() {
    for (let part = 1; part <= task.parts; part++) {
      if (part > 1) await passed(Math.min(task.workMs, 50));
      yield partText(request.id, part);
    }
    return await work();
  }

  async function work(): Promise<string> {
    if (task.manner === "block") blockFor(task.workMs);
    else if (task.workMs > 0) await passed(task.workMs);
    const giveUp = (why: string, error: Error) => {
      write({ e: "gave-up", ...at, why });
      return error;
    };
    if (task.manner === "stop" && request.signal.aborted) throw giveUp("aborted", new Error(`stopped ${request.id}`));
    const sound = existsSync(join(folder, soundFile));
    if (!sound && (task.manner === "retry" || request.deliveryCount <= task.retries)) {
      throw giveUp("retry", new RetryLaterError("later"));
    }
    write({ e: "effect", ...at });
    if (task.manner === "throw") throw new Error(replyText(request.id, task.call));
    return replyText(request.id, task.call);
  }
}

function blockFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
