// A server that is told to shut down gracefully (`nats-server --signal ldm=PID`, which is SIGUSR2): it says so to its clients, hands
// its leaderships over, and hangs up after a while. Requester and responder move to another node, and nothing is lost.
import { jetstreamManager } from "@nats-io/jetstream";
import { expect, onTestFinished, test } from "vitest";
import {
  type ConnectionEvent,
  observeConnection,
  openConnection,
  Requester,
  Responder,
  type ResponderEvent,
  setup,
} from "../../src/index.js";
import { orderHandlers } from "../internal/runner.js";
import { gate, soon } from "../support/harness.js";
import { clusterReady, startTestCluster, startTestServer, type TestServer } from "../support/server.js";

/** 30 s is the least; few clients are all hung up on right after the grace period (server.go, lameDuckMode). */
const quick = 'lame_duck_duration: "30s"\nlame_duck_grace_period: "100ms"';

type Server = Pick<TestServer, "pid" | "port" | "url">;

const lameDuck = ({ pid }: Server) => process.kill(pid, "SIGUSR2");

/** A connection as the kit's users open it: it knows one node, and hears of the others. */
async function connectTo(server: Server, onEvent: (event: ConnectionEvent) => void = () => {}) {
  const nc = await openConnection({ servers: server.url });
  onTestFinished(() => nc.close());
  const told: string[] = [];
  const back = gate();
  observeConnection(nc, (event) => {
    told.push(event.type === "reconnected" ? event.type : `${event.type} ${event.server}`);
    onEvent(event);
    if (event.type === "reconnected") back.open();
  });
  return { nc, told, back: back.opened };
}

const inTurn = ({ port }: Server) => [
  `server-lame-duck 127.0.0.1:${port}`,
  `disconnected 127.0.0.1:${port}`,
  "reconnected",
];

test("a lame duck server of a cluster moves both sides to another server, and every pending request is answered once", async () => {
  await using cluster = await startTestCluster();
  await clusterReady(cluster);
  const first = cluster.node("one");
  const nc = await cluster.connect("two");
  const admin = await jetstreamManager(nc);
  await setup(nc, { storage: "memory", replicas: 3 });

  // Those on the node that goes. What is in hand there is answered as soon as alice's connection breaks, by one who stays
  // on another node: that reply is republished while she does not listen, and she has to look into her mailbox.
  const held = gate();
  const replied: string[] = [];
  const observe = (event: ResponderEvent) => {
    if (event.type === "replied") replied.push(event.request);
  };
  const stays = await Responder.start(await cluster.connect("two"), {
    ...{ name: "stays", observe, concurrency: 4 },
    handlers: { work: ({ id }) => held.opened.then(() => id) },
  });
  const alice = await connectTo(first, ({ type }) => type === "disconnected" && held.open());
  await using requester = await Requester.open(alice.nc, { name: "alice", timeoutMs: 25_000 });
  const ask = (names: string[]) => Promise.all(names.map((id) => requester.request("work", "", { id })));
  const pending = ask(["a", "b", "c", "d"]);
  await expect.poll(async () => (await admin.consumers.info("REQUESTS", "responder")).num_ack_pending, soon).toBe(4);

  const bob = await connectTo(first);
  await using moves = await Responder.start(bob.nc, {
    ...{ name: "moves", observe },
    handlers: { work: ({ id }) => id },
  });
  const gone = first.lameDuck();
  await Promise.all([alice.back, bob.back]);
  expect([alice.told, bob.told]).toEqual([inTurn(first), inTurn(first)]);
  expect([alice.nc, bob.nc].map((nc) => nc.getServer().endsWith(`:${first.port}`))).toEqual([false, false]);
  expect((await pending).map(({ text }) => text)).toEqual(["a", "b", "c", "d"]);

  await gone;

  // The one that moved answers alone from here on.
  await stays.drain();
  expect((await ask(["e", "f"])).map(({ text }) => text)).toEqual(["e", "f"]);
  expect(moves.state).toBe("running");
  await expect.poll(async () => (await admin.streams.info("REQUESTS")).state.messages, soon).toBe(0);
  expect(replied.toSorted()).toEqual(["a", "b", "c", "d", "e", "f"]);
  expect((await admin.streams.info("REPLIES")).state.messages).toBe(6);
});

test("a single lame duck server is reported, and a pending request is answered after its restart", async () => {
  await using server = await startTestServer({ config: quick });
  await setup(await server.connect());
  const alice = await connectTo(server);
  await using requester = await Requester.open(alice.nc, { name: "alice", timeoutMs: 25_000 });
  const pending = requester.request("order-bagel");
  await alice.nc.flush();
  lameDuck(server);
  await server.exited;
  await server.restart();
  await alice.back;
  expect(alice.told).toEqual(inTurn(server));
  await using bob = await Responder.start(alice.nc, { name: "bob", handlers: orderHandlers });
  expect([(await pending).text, bob.state]).toEqual(["🥯", "running"]);
});
