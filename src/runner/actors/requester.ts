// The requester's process in a scenario.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Observe, RequesterEvent } from "../../history/event.js";
import { AlreadyWaiting, KitError } from "../../protocol/errors.js";
import { requestSubject } from "../../protocol/names.js";
import { collectReply } from "../../requester/collect.js";
import { coreRequest } from "../../requester/core-request.js";
import { Requester } from "../../requester/requester.js";
import { locate } from "../../requester/whereabouts.js";
import type { RequesterSettings } from "../../scenario/model-actors.js";
import type { Command, RunningRole } from "../actor-protocol.js";
import { cancel } from "./cancel.js";
import { startLoad } from "./load.js";
import { Unawaited } from "./unawaited.js";

type RequestCommand = Extract<Command, { do: "request" }>;
type OneCommand = Extract<Command, { do: "request" | "send" }>;
type CollectCommand = Extract<Command, { do: "collect" }>;

export async function runRequester(
  nc: NatsConnection,
  name: string,
  settings: RequesterSettings,
  observe: Observe<RequesterEvent>,
): Promise<RunningRole> {
  const { reply, timeoutMs, onTimeout, maxOutstanding, maxWaiting } = settings;
  const bounds = {
    ...(maxOutstanding === undefined ? {} : { maxOutstanding }),
    ...(maxWaiting === undefined ? {} : { maxWaiting }),
  };
  const unawaited = new Unawaited(nc, { name, ...bounds }, observe);
  const options = { name, reply, timeoutMs, onTimeout, ...bounds, observe: unawaited.filtered(observe) };
  const requester = reply === "core" ? undefined : await Requester.open(nc, { ...options, reply });
  const send = (command: OneCommand) => {
    if (command.do === "send") return unawaited.send(command);
    if (requester) return queueRequest(requester, command);
    const subject = command.subject ?? requestSubject(command.order ?? "");
    return coreRequest(nc, { ...command, subject, timeoutMs: command.timeoutMs ?? timeoutMs }, observe);
  };
  const leaving = new AbortController();
  return {
    async perform(command) {
      if (command.do === "send" || (command.do === "load" && command.unawaited)) await unawaited.ready();
      if (command.do === "collect") await collect(nc, command, observe);
      else if (command.do === "cancel") await cancel(nc, command.handle, observe);
      else if (command.do === "load") startLoad(command, send, observe, leaving.signal);
      else if (command.do === "request" || command.do === "send") void send(command);
      else throw new Error(`a requester does not ${command.do}`);
    },
    async stop() {
      leaving.abort();
      await unawaited.close();
      await requester?.close();
    },
  };
}

async function queueRequest(requester: Requester, command: RequestCommand): Promise<void> {
  const { order = "", payload, as, id, timeoutMs, onTimeout } = command;
  const options = {
    as,
    ...(id === undefined ? {} : { id }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(onTimeout === undefined ? {} : { onTimeout }),
  };
  await requester.request(order, payload, options).catch((error) => {
    // Every other ending has been told in an event.
    if (!(error instanceof KitError) || error instanceof AlreadyWaiting) throw error;
  });
}

async function collect(
  nc: NatsConnection,
  command: CollectCommand,
  observe: Observe<RequesterEvent>,
): Promise<void> {
  const { handle, timeoutMs } = command;
  const request = handle.request;
  try {
    const found = await collectReply(nc, handle, { timeoutMs });
    if (found) {
      observe({
        type: "collected",
        request,
        ending: found.ending,
        payload: found.text,
        sequence: found.sequence,
      });
      return;
    }
    const { evidence } = await locate(nc, handle);
    observe({ type: "not-collected", request, reason: evidence });
  } catch (error) {
    observe({ type: "not-collected", request, reason: (error as Error).message });
  }
}
