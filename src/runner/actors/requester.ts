// The requester's process in a scenario.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Observe, RequesterEvent } from "../../history/event.js";
import { AlreadyWaiting, KitError } from "../../protocol/errors.js";
import { requestSubject } from "../../protocol/names.js";
import { coreRequest } from "../../requester/core-request.js";
import { coreRequestMany } from "../../requester/many/core-many-told.js";
import { Requester } from "../../requester/requester.js";
import type { RequesterSettings } from "../../scenario/model-actors.js";
import type { Command, RunningRole } from "../actor-protocol.js";
import { cancel } from "./cancel.js";
import { startLoad } from "./load.js";
import { coreLimits, Going, Looks, takeAll } from "./many.js";
import { Unawaited } from "./unawaited.js";

type RequestCommand = Extract<Command, { do: "request" }>;
type OneCommand = Extract<Command, { do: "request" | "send" }>;

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
  const going = new Going();
  const looks = new Looks();
  const unawaited = new Unawaited(nc, { name, ...bounds }, observe);
  const watched = going.watch(observe);
  const options = { name, reply, timeoutMs, onTimeout, ...bounds, observe: unawaited.filtered(watched) };
  const requester = reply === "core" ? undefined : await Requester.open(nc, { ...options, reply });
  const send = (command: OneCommand) => {
    if (command.do === "send") return unawaited.send(command);
    if (requester) return queueRequest(requester, command);
    const subject = command.subject ?? requestSubject(command.order ?? "");
    const asked = { ...command, subject, timeoutMs: command.timeoutMs ?? timeoutMs };
    if (command.many) return coreRequestMany(nc, asked, coreLimits(command.many), watched);
    return coreRequest(nc, asked, observe);
  };
  const leaving = new AbortController();
  return {
    async perform(command) {
      if (command.do === "send" || (command.do === "load" && command.unawaited)) await unawaited.ready();
      if (command.do === "collect") await looks.collect(nc, command, observe);
      else if (command.do === "cancel") await cancel(nc, command.handle, observe);
      else if (command.do === "load") startLoad(command, send, observe, leaving.signal);
      else if (command.do === "request" || command.do === "send")
        await going.out(() => send(command), command);
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
  const { order = "", payload, as, id, timeoutMs, onTimeout, many } = command;
  const options = {
    as,
    ...(id === undefined ? {} : { id }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(onTimeout === undefined ? {} : { onTimeout }),
  };
  const asked = many
    ? takeAll(requester.requestMany(order, payload, { ...options, ...many }))
    : requester.request(order, payload, options);
  await asked.catch((error) => {
    // Every other ending has been told in an event.
    if (!(error instanceof KitError) || error instanceof AlreadyWaiting) throw error;
  });
}
