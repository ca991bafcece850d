// Worker process: connects, gets ready, and runs the commands of its channel until the channel closes.
import type { NatsConnection } from "@nats-io/nats-core";
import type { ConnectionSettings } from "jetstream-request-reply-kit";
import type { Answer, Call, Methods, WorkerArguments } from "./protocol.js";

export type Connect = (settings: ConnectionSettings) => Promise<NatsConnection>;

/** `start` gets the connection and returns what the worker can do. */
export async function serve(
  { job, settings }: WorkerArguments,
  connect: Connect,
  start: (nc: NatsConnection) => Promise<Methods>,
): Promise<void> {
  // Ctrl-C reaches the whole group; the parent decides when this process ends, and closes the channel.
  for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => {});
  // A normal exit: that is when Node writes a CPU profile.
  process.once("disconnect", () => process.exit(0));
  await reply(0, async () => {
    const nc = await connect({ ...settings, name: job });
    const methods = await start(nc);
    process.on("message", ({ id, method, argument }: Call) => {
      void reply(id, async () => methods[method]?.(argument as never));
    });
  });
}

export const workerArguments = (): WorkerArguments => JSON.parse(process.argv[2] ?? "{}");

async function reply(id: number, act: () => Promise<unknown>): Promise<void> {
  const answer: Answer = await act().then(
    (result) => ({ id, result }),
    (error: Error) => ({ id, error: error.stack ?? String(error) }),
  );
  if (process.connected) process.send?.(answer);
}
