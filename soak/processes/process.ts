// What both kinds of processes share: their arguments, the orders of the runner, and the connection.
import { setTimeout as passed } from "node:timers/promises";
import { KitError, openConnection } from "jetstream-request-reply-kit";
import { RecordFile, type Write } from "../record.js";

export interface ProcessArguments<Plan> {
  /** `alice.1`: the second process of alice. */
  by: string;
  /** Of the record. */
  folder: string;
  servers: string;
  plan: Plan;
  /** When the load began, in milliseconds since the epoch; absent before it. */
  beganAt?: number;
}

/** What the runner asks for, over the channel of Node. */
export type Order =
  | { do: "begin"; at: number }
  | { do: "collect" | "replay" | "stop" }
  | { do: "drain"; limitMs?: number };

/** `ready`: it works. `idle`: no step is left, and no call is open. */
export type Report = "ready" | "idle" | "collected" | "replayed";

/** Exit code of a responder that cannot go on. A supervisor starts it again. */
export const closedCode = 75;

/** A process that the runner has given up may end without a channel. */
export const report = (done: Report) => process.connected && process.send?.(done);

/**
 * Runs a process of the soak: `main` gets the orders with `onOrder`. An error ends it with exit code 1 and a line of the record. When the
 * runner is gone, so is the process.
 */
export async function runProcess<Plan>(
  main: (
    args: ProcessArguments<Plan>,
    write: Write,
    onOrder: (handle: (order: Order) => void) => void,
  ) => Promise<void>,
): Promise<void> {
  const args = JSON.parse(process.argv[2] ?? "{}") as ProcessArguments<Plan>;
  const record = new RecordFile(args.folder, args.by);
  const fail = (error: unknown) => {
    record.write({ e: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exit(1);
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  const onRunnerGone = () => process.exit(1);
  process.on("disconnect", onRunnerGone);
  record.write({ e: "started", pid: process.pid });
  recordStalls(record.write);
  const orders: Order[] = [];
  let handle: ((order: Order) => void) | undefined;
  process.on("message", (order: Order) => (handle ? handle(order) : orders.push(order)));
  try {
    await main(args, record.write, (onOrder) => {
      handle = onOrder;
      for (const order of orders.splice(0)) onOrder(order);
    });
  } catch (error) {
    fail(error);
  }
  record.write({ e: "done" });
  process.off("disconnect", onRunnerGone);
  process.disconnect();
}

/** Milliseconds: how often the event loop is looked at, and the shortest stall that is recorded. */
const loopMs = { every: 20, stalled: 100 };

function recordStalls(write: Write): void {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const forMs = Math.round(now - last);
    if (forMs >= loopMs.stalled) write({ e: "stalled", forMs });
    last = now;
  }, loopMs.every);
  timer.unref();
}

export const connection = (servers: string, name: string) => openConnection({ servers, name, timeoutMs: 1_000 });

/** While a server is down or has no leader, a process of a real service is started again and again. */
export async function untilItWorks<T>(doing: string, write: Write, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof KitError)) throw error;
      write({ e: "not-yet", doing, message: `${error.code}: ${error.message}` });
      await passed(100);
    }
  }
}

export const messageOf = (error: unknown) =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
