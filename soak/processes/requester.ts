// A requester process: makes the calls of its plan at their moments, and collects and replays when the runner asks for it.
import { setTimeout as passed } from "node:timers/promises";
import { Requester } from "jetstream-request-reply-kit";
import type { RequesterPlan } from "../schedule.js";
import { Calls } from "./calls.js";
import { connection, type Order, report, runProcess, untilItWorks } from "./process.js";

await runProcess<RequesterPlan>(async ({ by, folder, servers, plan, beganAt }, write, onOrder) => {
  const nc = await untilItWorks("connect", write, () => connection(servers, plan.name));
  const requester = await untilItWorks("open", write, () =>
    Requester.open(nc, {
      name: plan.name,
      ...(plan.maxOutstanding === undefined ? {} : { maxOutstanding: plan.maxOutstanding }),
      onLateReply: ({ status, text }, { request }) => write({ e: "late", id: request, status, text }),
      observe: (event) => {
        if (event.type === "stored") {
          write({ e: "stored", id: event.request, sequence: event.sequence, duplicate: event.duplicate });
        } else write({ e: "kit", event });
      },
    }),
  );
  const calls = new Calls({ nc, requester, folder, write });
  report("ready");
  let begun = false;
  const begin = async (at: number) => {
    if (begun) return;
    begun = true;
    // Steps that came due while there was no process were not made: nothing is to be expected of them.
    const due = plan.steps.filter((step) => at + step.at >= Date.now() - 20);
    await Promise.all(due.map((step) => passed(at + step.at - Date.now()).then(() => calls.make(step))));
    report("idle");
  };
  if (beganAt !== undefined) void begin(beganAt);
  await new Promise<void>((resolve) => {
    onOrder((order: Order) => {
      if (order.do === "begin") void begin(order.at);
      if (order.do === "collect") void calls.collectAll(by).then(() => report("collected"));
      if (order.do === "replay") void calls.replayAll().then(() => report("replayed"));
      if (order.do === "stop") resolve();
    });
  });
  await requester.close();
  await nc.close();
});
