// What the runner and an actor's process say to each other over Node's IPC channel: plain data both ways.

import type { NatsConnection } from "@nats-io/nats-core";
import type { ConnectionSettings } from "../connection/connect.js";
import type { HistoryEvent } from "../history/event.js";
import type { OnTimeout } from "../protocol/cancel.js";
import type { Observe } from "../protocol/events.js";
import type { Handle } from "../requester/handle.js";
import type { Many, RequesterSettings, ResponderSettings, ServiceSettings } from "../scenario/model.js";

interface Common {
  name: string;
  /** The actor's own NDJSON file. */
  file: string;
  connection: ConnectionSettings;
  /** A module to run in the role's place; only the kit's own tests name one (`RunOptions.programs`). */
  program?: string;
}

export type ActorSpec =
  | (Common & { role: "requester"; settings: RequesterSettings })
  | (Common & { role: "responder"; settings: ResponderSettings })
  | (Common & { role: "service"; settings: ServiceSettings });

export type Command =
  /** Done as soon as the request is recorded and on its way; what becomes of it is told in events. */
  | {
      do: "request";
      as: string;
      order?: string;
      subject?: string;
      id?: string;
      payload: string;
      timeoutMs?: number;
      onTimeout?: OnTimeout;
      many?: Many;
    }
  /** The same, of a request that nobody waits for. */
  | { do: "send"; as: string; order: string; id?: string; payload: string }
  /** Done as soon as the load has begun; `orders` has one for each request. */
  | {
      do: "load";
      as: string;
      orders: string[];
      /** Nobody waits for their replies. */
      unawaited?: true;
      ratePerSecond?: number;
      payload: string;
      timeoutMs?: number;
      onTimeout?: OnTimeout;
      many?: Many;
    }
  /** Done when it is known what became of it. */
  | { do: "cancel"; handle: Handle }
  /** Done when the reply was collected, with its parts where it has some, or could not be. */
  | { do: "collect"; handle: Handle; timeoutMs: number }
  /** Of a responder. Done as soon as it has begun to; an event tells when it is. */
  | { do: "pause" }
  | { do: "resume" };

export type ToActor = { spec: ActorSpec } | { call: number; command: Command };

export type FromActor =
  | { say: "ready" }
  | { say: "event"; event: HistoryEvent }
  | { say: "done"; call: number }
  | { say: "refused"; call: number; error: string }
  /** The actor cannot start or go on; it exits after this. */
  | { say: "fatal"; error: string };

/** What an actor's role gives back once it runs. */
export interface RunningRole {
  /** Absent in a role that takes no commands. */
  perform?(command: Command): Promise<void>;
  /** Ends in good order: drains, closes. */
  stop(): Promise<void>;
  /** Rejects when the role cannot go on. */
  failed?: Promise<never>;
}

/** What such a module exports. */
export interface ActorProgram {
  run(nc: NatsConnection, spec: ActorSpec, observe: Observe): Promise<RunningRole>;
}
