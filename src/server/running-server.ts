// What can be done with a nats-server that runs: stop, kill, pause, resume; and with one that was stopped: start it again.
import type { ServerBinary } from "./binary.js";
import type { Exit, ServerProcess } from "./server-process.js";

/** Like any child process it keeps Node running until it is stopped; when Node exits all the same, it is killed. */
export interface RunningServer extends AsyncDisposable {
  /** `nats://127.0.0.1:4222`. */
  url: string;
  host: string;
  port: number;
  pid: number;
  version: string;
  origin: string;
  logFile: string;
  storeDir: string;
  exited: Promise<Exit>;
  /** Graceful: SIGTERM, and SIGKILL when it has not ended after 5 s. */
  stop(): Promise<StoppedServer>;
  /** A crash: SIGKILL. Returns when the process is gone. */
  kill(): Promise<StoppedServer>;
  /** Freezes it (SIGSTOP): connections stay open, nothing answers. */
  pause(): void;
  resume(): void;
}

export interface StoppedServer extends Exit {
  /** Starts it again: same port, same store, same configuration. */
  restart(): Promise<RunningServer>;
}

const STOP_MS = 5_000;

/** What stays the same when it is started again. */
export interface ServerPlace {
  binary: ServerBinary;
  host: string;
  port: number;
  logFile: string;
  storeDir: string;
}

/** @param restart launches it again at its place. */
export function runningServer(
  server: ServerProcess,
  place: ServerPlace,
  restart: () => Promise<RunningServer>,
): RunningServer {
  const { binary, host, port, logFile, storeDir } = place;
  const end = async (): Promise<StoppedServer> => ({
    ...(await server.exited),
    restart,
  });
  const stop = async () => {
    server.signal("SIGTERM");
    // A frozen process would not see the signal before it is resumed.
    server.signal("SIGCONT");
    const impatience = setTimeout(() => server.signal("SIGKILL"), STOP_MS);
    return end().finally(() => clearTimeout(impatience));
  };
  return {
    ...{ url: `nats://${host}:${port}`, host, port, pid: server.pid, exited: server.exited },
    ...{ version: binary.version, origin: binary.origin, logFile, storeDir },
    stop,
    kill: () => {
      server.signal("SIGKILL");
      return end();
    },
    pause: () => server.signal("SIGSTOP"),
    resume: () => server.signal("SIGCONT"),
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}
