// Test harness: an account of its own with fresh streams for each test, on one nats-server per test file.
//   const harnesses = await startHarnesses(); afterAll(() => harnesses[Symbol.asyncDispose]());
//   test("...", async () => { await using w = await harnesses.next(); const alice = await w.requester(); ... });
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { headers, type Payload } from "@nats-io/nats-core";
import type { NatsConnection, NodeConnectionOptions } from "@nats-io/transport-node";
import {
  type Requester,
  type RequesterEvent,
  Responder,
  type ResponderEvent,
  type ResponderOptions,
  type SetupOptions,
  setup,
} from "../../src/index.js";
import { type LabRequesterOptions, openLabRequester } from "../internal/requester.js";
import { orderHandlers } from "../internal/runner.js";
import type { ServerBinary } from "../internal/server.js";
import { startTestServer, type TestServer } from "./server.js";

type LibraryEvent = RequesterEvent | ResponderEvent;
type EventType = LibraryEvent["type"];
type EventOf<T extends EventType> = Extract<LibraryEvent, { type: T }>;

/** An account with a connection, the kit's streams, and requesters and responders that close when it is disposed. */
export interface Harness extends AsyncDisposable {
  nc: NatsConnection;
  jsm: JetStreamManager;
  /** User name of the account, for another process that connects to it; the password is `w`. */
  user: string;
  /** One more connection to the same account. */
  connect(options?: NodeConnectionOptions): Promise<NatsConnection>;
  /** A requester on `nc`, by default named alice. */
  requester(options?: Partial<LabRequesterOptions>): Promise<Requester>;
  /** A responder on `nc`, by default named bob. */
  responder(options?: Partial<ResponderOptions>): Promise<Responder>;
  /** Events of all requesters and responders of this harness, in order. */
  events: LibraryEvent[];
  /** The `observe` option for a requester or responder that the test opens itself. */
  observe(event: LibraryEvent): void;
  /** Resolves with the first event of this type that `where` accepts; waits for it without a limit. */
  saw<T extends EventType>(type: T, where?: (event: EventOf<T>) => boolean): Promise<EventOf<T>>;
  /** Events of this type so far. */
  of<T extends EventType>(type: T): EventOf<T>[];
  /** Messages in a stream, counted by the server. */
  count(stream: string): Promise<number>;
}

/** `serverMaxDeliver`: the consumer's own `max_deliver`, as an operator may set it. The limit of `setup` is counted by responders. */
export type HarnessSetup = SetupOptions & { serverMaxDeliver?: number };

/** The harnesses of one test file: a server, and the accounts that it has. */
export interface Harnesses extends AsyncDisposable {
  server: TestServer;
  /** An account that no test has used. `false` leaves out the kit's streams. */
  next(setup?: HarnessSetup | false): Promise<Harness>;
}

const accountsPerServer = 40;

/** Starts a server whose configuration begins with `config`. */
export async function startHarnesses(config = "", binary?: ServerBinary): Promise<Harnesses> {
  const users = Array.from({ length: accountsPerServer }, (_, n) => `w${n}`);
  const accounts = users.map((n) => `${n} { jetstream: enabled, users: [{ user: ${n}, password: w }] }`);
  const server = await startTestServer({ config: `${config}\naccounts {\n${accounts.join("\n")}\n}`, binary });
  const next = (setup: HarnessSetup | false = {}) => {
    const user = users.shift();
    if (user === undefined) throw new Error(`A test file has ${accountsPerServer} accounts, and all are used.`);
    return open(server, user, setup);
  };
  return { server, next, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** A harness on the default account of a server that the test started itself, because it breaks that server. */
export function harnessOn(server: TestServer, streams: HarnessSetup = {}): Promise<Harness> {
  return open(server, "", streams);
}

async function open(server: TestServer, user: string, streams: HarnessSetup | false): Promise<Harness> {
  const connect = (options: NodeConnectionOptions = {}) =>
    server.connect({ ...(user ? { user, pass: "w" } : {}), ...options });
  const nc = await connect();
  const jsm = await jetstreamManager(nc);
  if (streams) {
    const { serverMaxDeliver, ...options } = streams;
    await setup(nc, { storage: "memory", ...options });
    if (serverMaxDeliver) await jsm.consumers.update("REQUESTS", "responder", { max_deliver: serverMaxDeliver });
  }
  const recorded = recordEvents();
  const { observe } = recorded;
  const disposables: AsyncDisposable[] = [];
  const disposeLater = <T extends AsyncDisposable>(disposable: T) => {
    disposables.push(disposable);
    return disposable;
  };
  return {
    ...{ nc, jsm, user, connect, ...recorded },
    requester: async (options) => disposeLater(await openLabRequester(nc, { name: "alice", observe, ...options })),
    responder: async (options) =>
      disposeLater(await Responder.start(nc, { name: "bob", handlers: orderHandlers, observe, ...options })),
    count: async (stream) => (await jsm.streams.info(stream)).state.messages,
    [Symbol.asyncDispose]: async () => {
      for (const disposable of disposables) await disposable[Symbol.asyncDispose]();
    },
  };
}

function recordEvents() {
  const events: LibraryEvent[] = [];
  let waiting: (() => boolean)[] = [];
  const observe = (event: LibraryEvent) => {
    events.push(event);
    waiting = waiting.filter((resolveIfFound) => !resolveIfFound());
  };
  const of = <T extends EventType>(type: T) => events.filter((e): e is EventOf<T> => e.type === type);
  const saw = <T extends EventType>(type: T, where: (event: EventOf<T>) => boolean = () => true) =>
    new Promise<EventOf<T>>((resolve) => {
      const resolveIfFound = () => {
        const found = of(type).find(where);
        if (found) resolve(found);
        return found !== undefined;
      };
      if (!resolveIfFound()) waiting.push(resolveIfFound);
    });
  return { events, observe, of, saw };
}

/** Publish options of a reply that a test publishes without a responder. */
export function replyStatus(status = "ok") {
  const h = headers();
  h.set("Reply-Status", status);
  return { headers: h, timeout: 5_000 };
}

/** A promise, `opened`, that resolves when the test calls `open()`: for handlers that wait for the test. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Creates REPLIES anew without its republish: nats-server 2.9.10 does not change the republish of an existing stream. */
export async function republishNothing({ jsm }: Harness): Promise<void> {
  const { config } = await jsm.streams.info("REPLIES");
  await jsm.streams.delete("REPLIES");
  await jsm.streams.add({ ...config, republish: { src: "replies.never.never", dest: "nowhere" } });
}

/** Calls `record` for each message that this connection publishes to a subject that begins with `prefix`. */
export function onPublish(
  nc: NatsConnection,
  prefix: string,
  record: (subject: string, payload: Payload | undefined) => void,
): void {
  const publish = nc.publish.bind(nc);
  nc.publish = (subject, payload, options) => {
    if (subject.startsWith(prefix)) record(subject, payload);
    publish(subject, payload, options);
  };
}

/** Options of `expect.poll`: its default of one second is too short on a busy machine. */
export const soon = { timeout: 15_000 };

/** Whether a publish is the ack of a request. */
export const isAck = (payload: Payload | undefined) =>
  payload !== undefined && Buffer.from(payload as string).equals(ack);
const ack = Buffer.from("+ACK");
