// The requester's process in a scenario.
import { setImmediate as nextTurn, setTimeout as passed } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/nats-core";
import { longestPayload } from "../../history/recorder.js";
import { AlreadyWaitingError, KitError } from "../../protocol/errors.js";
import type { Observe, RequesterEvent } from "../../protocol/events.js";
import { queueNames } from "../../protocol/queue-names.js";
import { cancel, placeOf } from "../../requester/cancel.js";
import type { Handle } from "../../requester/handle.js";
import { openLabRequester, type Requester } from "../../requester/requester.js";
import type { RequesterSettings } from "../../scenario/model.js";
import type { ActorStep, RunningRole } from "../actor-protocol.js";
import { coreRequest } from "./core-requester.js";
import { CollectSteps, PublishedSteps } from "./multi-reply.js";

type RequestStep = Extract<ActorStep, { kind: "request" }>;
type SingleStep = Extract<ActorStep, { kind: "request" | "send" }>;

export async function runRequester(
  nc: NatsConnection,
  name: string,
  settings: RequesterSettings,
  observe: Observe<RequesterEvent>,
): Promise<RunningRole> {
  const { queue, reply, timeoutMs, onTimeout, maxOutstanding, maxWaiting } = settings;
  const publishedSteps = new PublishedSteps();
  const collectSteps = new CollectSteps();
  const payloads = new Map<string, string>();
  const watched = publishedSteps.watch(withPayload(payloads, observe));
  const options = { name, queue, timeoutMs, onTimeout, maxOutstanding, maxWaiting, observe: watched };
  const requester = await openLabRequester(
    nc,
    reply === "core" ? { ...options, sendOnly: true } : { ...options, reply },
  );
  const send = (step: SingleStep) => {
    if (step.payload && step.payload.length <= longestPayload) payloads.set(step.as, step.payload);
    else payloads.delete(step.as);
    if (step.kind === "send") return sendUnawaited(requester, step);
    if (reply !== "core") return queueRequest(requester, step);
    const subject = step.subject ?? queueNames({ queue }).requestSubject(step.order ?? "");
    return coreRequest(nc, { ...step, subject, timeoutMs: step.timeoutMs ?? timeoutMs }, watched);
  };
  const leaving = new AbortController();
  return {
    async runStep(step) {
      if (step.kind === "collect") await collectSteps.collect(nc, step, observe);
      else if (step.kind === "cancel") await cancelWithEvents(nc, step.handle, observe);
      else if (step.kind === "load") void sendLoad(step, send, observe, leaving.signal);
      else if (step.kind === "request" || step.kind === "send") await publishedSteps.published(() => send(step), step);
      else throw new Error(`a requester does not ${step.kind}`);
    },
    async stop() {
      leaving.abort();
      await requester.close();
    },
  };
}

/** By the name of the request in the scenario: the library records no payload. */
const withPayload =
  (payloads: ReadonlyMap<string, string>, observe: Observe<RequesterEvent>): Observe<RequesterEvent> =>
  (event) => {
    const payload = event.type === "requested" && event.as !== undefined ? payloads.get(event.as) : undefined;
    observe(payload === undefined ? event : ({ ...event, payload } as RequesterEvent));
  };

async function queueRequest(requester: Requester, step: RequestStep): Promise<void> {
  const { order = "", payload, many, as, id, timeoutMs, onTimeout } = step;
  const options = { as, id, timeoutMs, onTimeout };
  try {
    if (!many) await requester.request(order, payload, options);
    else for await (const _ of requester.requestMany(order, payload, { ...options, ...many })); // each has its event
  } catch (error) {
    // Every other outcome has its event.
    if (!(error instanceof KitError) || error instanceof AlreadyWaitingError) throw error;
  }
}

/** Milliseconds that a load which is late sends before the event loop gets its turn. */
const longestTurnMs = 5;

// Many requests by one requester, each sent when it is due, however slow the replies are (open loop).

type LoadStep = Extract<ActorStep, { kind: "load" }>;

/** Ends when all are sent, or when `signal` says that the requester leaves. */
async function sendLoad(
  { kind: _, orders, ratePerSecond, each, ...request }: LoadStep,
  send: (step: SingleStep) => Promise<void>,
  observe: Observe<RequesterEvent>,
  signal: AbortSignal,
): Promise<void> {
  observe({ type: "load-started", as: request.as, count: orders.length, ratePerSecond });
  const begun = performance.now();
  let pausedAt = begun;
  for (const [i, order] of orders.entries()) {
    const due = ratePerSecond === undefined ? begun : begun + (i * 1000) / ratePerSecond;
    const early = due - performance.now();
    // A timer is no finer than a millisecond: what is due by then is sent together.
    // A load that is late must read its PubAcks and replies all the same: the server closes the connection of a slow consumer.
    const isLate = ratePerSecond !== undefined && performance.now() - pausedAt > longestTurnMs;
    if (early >= 1 || isLate) {
      await (early >= 1 ? passed(early, undefined, { signal }).catch(() => {}) : nextTurn());
      pausedAt = performance.now();
    }
    if (signal.aborted) return;
    void send({ ...request, kind: each, order });
  }
}

async function cancelWithEvents(nc: NatsConnection, handle: Handle, observe: Observe<RequesterEvent>): Promise<void> {
  const { request } = handle;
  const { outcome: withdrawn, evidence, stored } = await cancel(nc, handle);
  const status = "cancelled";
  if (stored) observe({ type: "status-stored", request, status, ...placeOf(stored) });
  observe({ type: "withdrawn", request, withdrawn, status, evidence });
}

type SendStep = Extract<ActorStep, { kind: "send" }>;

async function sendUnawaited(requester: Requester, { order, payload, as, id, delayMs }: SendStep): Promise<void> {
  await requester.send(order, payload, { as, id, delayMs }).catch((error) => {
    if (!(error instanceof KitError)) throw error; // every other error has its event
  });
}
