// One nats-server for a test file, and an account of its own with fresh streams for each test: no test sees another's
// messages, and starting takes no longer than a round trip.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { headers, type Payload } from "@nats-io/nats-core";
import type { NatsConnection, NodeConnectionOptions } from "@nats-io/transport-node";
import {
  applySetup,
  planSetup,
  Requester,
  type RequesterEvent,
  type RequesterOptions,
  Responder,
  type ResponderEvent,
  type ResponderOptions,
  type SetupOptions,
} from "../../src/index.js";
import type { ServerBinary } from "../internal/server.js";
import { startTestServer, type TestServer } from "./server.js";

export interface World extends AsyncDisposable {
  nc: NatsConnection;
  jsm: JetStreamManager;
  /** Credentials of this world's account; with it another process can connect. */
  user: string;
  connect(options?: NodeConnectionOptions): Promise<NatsConnection>;
  requester(options?: Partial<RequesterOptions>): Promise<Requester>;
  responder(options?: Partial<ResponderOptions>): Promise<Responder>;
  events: (RequesterEvent | ResponderEvent)[];
  /** Takes events of requesters and responders that the test opened itself. */
  observe(event: RequesterEvent | ResponderEvent): void;
  /** The event, as soon as there is one. */
  saw<T extends Type>(type: T, where?: (event: Of<T>) => boolean): Promise<Of<T>>;
  of<T extends Type>(type: T): Of<T>[];
  /** Messages in a stream, counted by the server. */
  count(stream: "REQUESTS" | "REPLIES" | "DEAD_LETTERS"): Promise<number>;
}

type Any = RequesterEvent | ResponderEvent;
type Type = Any["type"];
type Of<T extends Type> = Extract<Any, { type: T }>;

const accounts = 40;

export async function startWorlds(config = "", binary?: ServerBinary) {
  const names = Array.from({ length: accounts }, (_, n) => `w${n}`);
  const lines = names.map((n) => `${n} { jetstream: enabled, users: [{ user: ${n}, password: w }] }`);
  const server = await startTestServer({
    config: `${config}\naccounts {\n${lines.join("\n")}\n}`,
    ...(binary ? { binary } : {}),
  });
  const next = (setup: SetupOptions | false = {}) => openWorld(server, names.shift() as string, setup);
  return { server, next, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** A world on a server of its own, for tests that break the server. */
export async function lonelyWorld(server: TestServer, setup: SetupOptions = {}): Promise<World> {
  return openWorld(server, "", setup);
}

async function openWorld(server: TestServer, user: string, setup: SetupOptions | false): Promise<World> {
  const connect = (options: NodeConnectionOptions = {}) =>
    server.connect({ ...(user ? { user, pass: "w" } : {}), ...options });
  const nc = await connect();
  const jsm = await jetstreamManager(nc);
  if (setup) await applySetup(jsm, planSetup({ storage: "memory", ...setup }));
  const watched = watch();
  const { observe } = watched;
  const open: AsyncDisposable[] = [];
  const kept = <T extends AsyncDisposable>(thing: T) => {
    open.push(thing);
    return thing;
  };
  return {
    ...{ nc, jsm, user, connect, ...watched },
    requester: async (options) => kept(await Requester.open(nc, { name: "alice", observe, ...options })),
    responder: async (options) => kept(await Responder.start(nc, { name: "bob", observe, ...options })),
    count: async (stream) => (await jsm.streams.info(stream)).state.messages,
    [Symbol.asyncDispose]: async () => {
      for (const thing of open) await thing[Symbol.asyncDispose]();
    },
  };
}

function watch() {
  const events: Any[] = [];
  let waiting: (() => boolean)[] = [];
  const observe = (event: Any) => {
    events.push(event);
    waiting = waiting.filter((look) => !look());
  };
  const of = <T extends Type>(type: T) => events.filter((e): e is Of<T> => e.type === type);
  const saw = <T extends Type>(type: T, where: (event: Of<T>) => boolean = () => true) =>
    new Promise<Of<T>>((resolve) => {
      const look = () => {
        const found = of(type).find(where);
        if (found) resolve(found);
        return found !== undefined;
      };
      if (!look()) waiting.push(look);
    });
  return { events, observe, of, saw };
}

/** Headers of a reply, for one who answers by hand. */
export function replyStatus(status = "ok") {
  const h = headers();
  h.set("Reply-Status", status);
  return { headers: h, timeout: 5_000 };
}

/** A promise with its ends in the hand: for handlers that wait until the test says so. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Makes REPLIES anew: as long as a stream is there, 2.9.10 does not change what it republishes. */
export async function republishNothing({ jsm }: World): Promise<void> {
  const { config } = await jsm.streams.info("REPLIES");
  await jsm.streams.delete("REPLIES");
  await jsm.streams.add({ ...config, republish: { src: "replies.never.never", dest: "nowhere" } });
}

/** For `expect.poll`: its one second is short on a machine that does other things too. */
export const soon = { timeout: 15_000 };

/** Whether a publish is the ack of a request. */
export const isAck = (payload: Payload | undefined) =>
  payload !== undefined && Buffer.from(payload as string).equals(ack);
const ack = Buffer.from("+ACK");
