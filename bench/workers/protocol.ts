// What the benchmark and its processes say to each other.
import type { ConnectionSettings } from "jetstream-request-reply-kit";

/** How a worker process is started; its one argument, as JSON. */
export interface WorkerArguments {
  job: string;
  settings: ConnectionSettings;
}

export interface Call {
  id: number;
  method: string;
  argument: unknown;
}

/** `id` 0 is the announcement that the worker is ready. */
export type Answer = { id: number; result: unknown } | { id: number; error: string };

/** The commands of a job. */
export type Methods = Record<string, (argument: never) => Promise<unknown>>;
