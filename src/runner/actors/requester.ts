// The requester's process in a scenario.

import { setTimeout as passed } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/nats-core";
import { AlreadyWaitingError, KitError } from "../../protocol/errors.js";
import type { Observe, RequesterEvent } from "../../protocol/events.js";
import { requestSubject } from "../../protocol/subjects.js";
import { cancel, placeOf } from "../../requester/cancel.js";
import type { Handle } from "../../requester/handle.js";
import { openLabRequester, type Requester } from "../../requester/requester.js";
import type { RequesterSettings } from "../../scenario/model.js";
import type { Command, RunningRole } from "../actor-protocol.js";
import { coreRequest, coreRequestMany } from "./core-requester.js";
import { coreLimits, Going, Looks, takeAll } from "./multi-reply.js";

type RequestCommand = Extract<Command, { do: "request" }>;
type OneCommand = Extract<Command, { do: "request" | "send" }>;

export async function runRequester(
  nc: NatsConnection,
  name: string,
  settings: RequesterSettings,
  observe: Observe<RequesterEvent>,
): Promise<RunningRole> {
  const { reply, timeoutMs, onTimeout, maxOutstanding, maxWaiting } = settings;
  const going = new Going();
  const looks = new Looks();
  const watched = going.watch(observe);
  const options = { name, timeoutMs, onTimeout, maxOutstanding, maxWaiting, observe: watched };
  const requester = await openLabRequester(
    nc,
    reply === "core" ? { ...options, sendOnly: true } : { ...options, reply },
  );
  const send = (command: OneCommand) => {
    if (command.do === "send") return sendUnawaited(requester, command);
    if (reply !== "core") return queueRequest(requester, command);
    const subject = command.subject ?? requestSubject(command.order ?? "");
    const asked = { ...command, subject, timeoutMs: command.timeoutMs ?? timeoutMs };
    if (command.many) return coreRequestMany(nc, asked, coreLimits(command.many), watched);
    return coreRequest(nc, asked, observe);
  };
  const leaving = new AbortController();
  return {
    async perform(command) {
      if (command.do === "collect") await looks.collect(nc, command, observe);
      else if (command.do === "cancel") await cancelWithEvents(nc, command.handle, observe);
      else if (command.do === "load") startLoad(command, send, observe, leaving.signal);
      else if (command.do === "request" || command.do === "send")
        await going.out(() => send(command), command);
      else throw new Error(`a requester does not ${command.do}`);
    },
    async stop() {
      leaving.abort();
      await requester.close();
    },
  };
}

async function queueRequest(requester: Requester, command: RequestCommand): Promise<void> {
  const { order = "", payload, as, id, timeoutMs, onTimeout, many } = command;
  const options = { as, id, timeoutMs, onTimeout };
  const asked = many
    ? takeAll(requester.requestMany(order, payload, { ...options, ...many }))
    : requester.request(order, payload, options);
  await asked.catch((error) => {
    // Every other status has been told in an event.
    if (!(error instanceof KitError) || error instanceof AlreadyWaitingError) throw error;
  });
}

// Many requests by one requester, each sent when it is due, however slow the replies are (open loop).

type LoadCommand = Extract<Command, { do: "load" }>;
type LoadOneCommand = Extract<Command, { do: "request" | "send" }>;

/** Begins, and goes on by itself until all are sent or `signal` says that the requester leaves. */
function startLoad(
  load: LoadCommand,
  send: (command: LoadOneCommand) => Promise<void>,
  observe: Observe<RequesterEvent>,
  signal: AbortSignal,
): void {
  const { as, orders, ratePerSecond } = load;
  const rate = ratePerSecond === undefined ? {} : { ratePerSecond };
  observe({ type: "load-started", as, count: orders.length, ...rate });
  void sendAll(load, send, signal);
}

async function sendAll(
  { do: _, orders, ratePerSecond, unawaited, ...request }: LoadCommand,
  send: (command: LoadOneCommand) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const begun = performance.now();
  for (const [i, order] of orders.entries()) {
    const due = ratePerSecond === undefined ? begun : begun + (i * 1000) / ratePerSecond;
    const early = due - performance.now();
    // A timer is no finer than a millisecond: what is due by then is sent together.
    if (early >= 1) await passed(early, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    void send({ ...request, do: unawaited ? "send" : "request", order });
  }
}

async function cancelWithEvents(
  nc: NatsConnection,
  handle: Handle,
  observe: Observe<RequesterEvent>,
): Promise<void> {
  const { request } = handle;
  const { outcome: withdrawn, evidence, stored } = await cancel(nc, handle);
  const status = "cancelled";
  if (stored) observe({ type: "status-stored", request, status, ...placeOf(stored) });
  observe({ type: "withdrawn", request, withdrawn, status, evidence });
}

type SendCommand = Extract<Command, { do: "send" }>;

async function sendUnawaited(requester: Requester, { order, payload, as, id }: SendCommand): Promise<void> {
  await requester.send(order, payload, { as, id }).catch((error) => {
    if (!(error instanceof KitError)) throw error; // every other error has its event
  });
}
