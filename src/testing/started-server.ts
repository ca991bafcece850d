// What every origin of a server hands out.

/** A nats-server that listens, with JetStream. */
export interface StartedServer extends AsyncDisposable {
  /** `nats://127.0.0.1:41234`, without credentials. */
  url: string;
  /** Where it came from, e.g. `PATH`, `cache`, `container nats:2.14.0-alpine`. */
  origin: string;
}
