// The IPC protocol between the runner and an actor's process: plain data both ways over Node's channel.
import type { NatsConnection } from "@nats-io/nats-core";
import type { ConnectionSettings } from "../connection/connect.js";
import type { Observe } from "../protocol/events.js";
import type { Handle } from "../requester/handle.js";
import type { RequesterSettings, RequestStep, ResponderSettings, ServiceSettings } from "../scenario/model.js";

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

type Waiting = Pick<RequestStep, "timeoutMs" | "onTimeout" | "many">;

/** A step of the timeline as the actor carries it out. */
export type ActorStep =
  /** Done as soon as the request is recorded and on its way; events report its outcome. */
  | ({ kind: "request" } & Pick<RequestStep, "as" | "order" | "subject" | "id" | "payload"> & Waiting)
  /** The same, of a request without a wait for its reply. */
  | { kind: "send"; as: string; order: string; id?: string; payload: string; delayMs?: number }
  /** Done as soon as the load has begun: one request for each of `orders`, sent as `each` says. */
  | ({
      kind: "load";
      as: string;
      each: "request" | "send";
      orders: string[];
      ratePerSecond?: number;
      payload: string;
      delayMs?: number;
    } & Waiting)
  /** Done when the outcome of the cancel is known. */
  | { kind: "cancel"; handle: Handle }
  /** Done when the reply and its parts are collected, or cannot be. */
  | { kind: "collect"; handle: Handle; timeoutMs: number }
  /** Of a responder. Done as soon as the pause has begun; an event reports its end. */
  | { kind: "pause" }
  | { kind: "resume" };

/** The first call gives the actor its role; it is done when the actor is connected and ready. */
export type ToActor = { call: number } & ({ spec: ActorSpec } | { step: ActorStep });

export type FromActor =
  /** Its file has more events. */
  | { say: "events" }
  | { say: "done"; call: number }
  | { say: "refused"; call: number; error: string }
  /** The actor cannot start or go on; it exits after this. */
  | { say: "fatal"; error: string };

/** A role that runs. */
export interface RunningRole {
  /** Absent in a role that has no steps. */
  runStep?(step: ActorStep): Promise<void>;
  /** Drains and closes. */
  stop(): Promise<void>;
  /** Rejects when the role cannot go on. */
  failed?: Promise<never>;
}

/** What the module of `program` exports. */
export interface ActorProgram {
  run(nc: NatsConnection, spec: ActorSpec, observe: Observe): Promise<RunningRole>;
}
