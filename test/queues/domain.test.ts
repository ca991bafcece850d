// JetStream domain: everything works from a leaf node, and nothing makes a second set of streams.
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ConfigurationDiffersError,
  cancel,
  collect,
  listDeadLetters,
  locate,
  NotSetUpError,
  Requester,
  RequestTimeoutError,
  Responder,
  RetryLaterError,
  replayDeadLetter,
  setup,
} from "../../src/index.js";
import { jsrrHere, startJsrr } from "../support/cli.js";
import { soon } from "../support/harness.js";
import { type HubAndEdge, startHubAndEdge } from "../support/leaf.js";

let servers: HubAndEdge;
beforeAll(async () => {
  servers = await startHubAndEdge({ domain: "head-office" });
});
afterAll(() => servers[Symbol.asyncDispose]());

const domain = "head-office";

async function streamsOf(server: "hub" | "edge"): Promise<string[]> {
  const nc = await servers[server].connect();
  const found: string[] = [];
  for await (const name of (await jetstreamManager(nc)).streams.names()) found.push(name);
  await nc.close();
  return found.sort();
}

test("a requester and a responder at the edge, and the whole life of a request there", async () => {
  const hub = await servers.hub.connect();
  const nc = await servers.edge.connect();
  const queue = "paint";
  expect((await setup(nc, { queue, domain, maxDeliver: 2 })).created).toContain("stream PAINT_REQUESTS");
  expect((await setup(hub, { queue, maxDeliver: 2 })).created).toEqual([]);
  let works = true;
  const ran: string[] = [];
  const handlers = (where: string) => ({
    wall: ({ text }: { text: string }) => {
      if (!works) throw new RetryLaterError("no paint");
      ran.push(`${text} at the ${where}`);
      return `${text} at the ${where}`;
    },
  });
  const alice = await Requester.open(nc, { name: "alice", queue, domain, timeoutMs: 10_000 });

  const offline = await alice.request("wall", "blue", { timeoutMs: 300 }).catch((e) => e);
  expect(offline).toBeInstanceOf(RequestTimeoutError);
  expect(offline.findings).toMatchObject({ whereabouts: "queued" });
  const { handle } = offline as RequestTimeoutError;
  expect(await locate(nc, handle, { domain })).toMatchObject({ where: "queued" });
  expect(await locate(hub, handle)).toMatchObject({ where: "queued" });
  const second = await alice.send("wall", "black");
  expect(await cancel(nc, second, { domain })).toMatchObject({ outcome: "removed" });

  const atEdge = await Responder.start(nc, { queue, domain, handlers: handlers("edge") });
  expect(await collect(nc, handle, { domain, timeoutMs: 10_000 })).toMatchObject({ text: "blue at the edge" });
  works = false;
  const doomed = await alice.send("wall", "green");
  expect(await alice.collect(doomed, { timeoutMs: 10_000 })).toMatchObject({ status: "dead-lettered" });
  works = true;
  const [letter] = await listDeadLetters(nc, { queue, domain });
  expect(letter).toMatchObject({ request: doomed.request, deliveries: 2 });
  await replayDeadLetter(nc, letter?.sequence ?? 0, { queue, domain });
  await expect.poll(async () => (await alice.collect(doomed))?.text, soon).toBe("green at the edge");
  expect(await Promise.all([1, 2, 3].map((n) => alice.request("wall", `${n}`)))).toHaveLength(3);
  await atEdge.drain();
  const atHub = await Responder.start(hub, { queue, handlers: handlers("hub") });
  expect(await alice.request("wall", "red")).toMatchObject({ status: "ok", text: "red at the hub" });
  await atHub.drain();
  const left = async () => (await locate(nc, handle, { domain })).remaining;
  await expect.poll(left, soon).toBe(0);
  expect(ran.sort()).toEqual(
    ["1", "2", "3", "blue", "green"]
      .map((t) => `${t} at the edge`)
      .concat("red at the hub")
      .sort(),
  );
  await alice.close();
  expect(await streamsOf("edge")).toEqual([]);
});

test("setup without the domain refuses to make a second set of streams, and names the option", async () => {
  const hub = await servers.hub.connect();
  const nc = await servers.edge.connect();
  await setup(hub, { queue: "press" });
  const streams = await streamsOf("hub");
  for (const options of [{ queue: "press" }, { queue: "press", update: true }]) {
    await expect(setup(nc, options)).rejects.toThrow(ConfigurationDiffersError);
    await expect(setup(nc, options)).rejects.toThrow(/another JetStream domain.*--js-domain/);
  }
  expect(await streamsOf("edge")).toEqual([]);
  expect(await streamsOf("hub")).toEqual(streams);
  // The probe stored nothing.
  const info = await (await jetstreamManager(hub)).streams.info("PRESS_REQUESTS");
  expect(info.state.last_seq).toBe(0);
  // From the hub, too, where the edge has the queue.
  await setup(nc, { queue: "edge-only" });
  await expect(setup(hub, { queue: "edge-only" })).rejects.toThrow(/another JetStream domain/);
  await (await jetstreamManager(nc)).streams.delete("EDGE-ONLY_REQUESTS");
  await (await jetstreamManager(nc)).streams.delete("EDGE-ONLY_REPLIES");
  await (await jetstreamManager(nc)).streams.delete("EDGE-ONLY_DEAD_LETTERS");
});

test("what an error at the edge advises makes no second set of streams", async () => {
  const hub = await servers.hub.connect();
  const nc = await servers.edge.connect();
  const queue = "sort";
  await setup(hub, { queue });
  const error = await Responder.start(nc, { queue, handlers: {} }).catch((e) => e);
  expect(error).toBeInstanceOf(NotSetUpError);
  const [, advised = ""] = /`jsrr ([^`]*)`/.exec(error.message) ?? [];
  const followed = await jsrrHere([...advised.split(" "), "--server", servers.edge.url]);
  expect(followed).toMatchObject({ code: 3, stdout: "" });
  expect(followed.stderr).toMatch(/--js-domain/);
  expect(await streamsOf("edge")).toEqual([]);
  const right = await jsrrHere([...advised.split(" "), "--js-domain", domain, "--server", servers.edge.url]);
  expect(right).toMatchObject({ code: 0, stdout: expect.stringContaining("unchanged stream SORT_REQUESTS") });
});

test("the command line works from the edge with --js-domain", async () => {
  const edge = ["--server", servers.edge.url, "--js-domain", domain];
  expect(await jsrrHere(["setup", "--queue", "glue", ...edge])).toMatchObject({ code: 0 });
  const sent = await jsrrHere(["request", "pot", "--queue", "glue", "--no-wait", ...edge]);
  const handle = sent.stdout.trim();
  expect(handle).toMatch(/\.GLUE_REQUESTS\.1$/);
  expect(await jsrrHere(["status", handle, ...edge])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^queued/),
  });
  const gaveUp = await jsrrHere(["request", "pot", "--queue", "glue", "--timeout", "300ms", ...edge]);
  expect(gaveUp.stderr).toMatch(/collect [\w.-]+\.GLUE_REQUESTS\.2 --js-domain head-office\n$/);
  await using asking = startJsrr(["request", "pot", "--queue", "glue", "--id", "left", "--timeout", "60s", ...edge]);
  await expect
    .poll(async () => (await jsrrHere(["status", "requester.left.GLUE_REQUESTS.0", ...edge])).stdout, soon)
    .toMatch(/^queued/);
  asking.signal("SIGINT");
  expect((await asking.ended).stderr).toMatch(/collect requester\.left\.GLUE_REQUESTS\.\d+ --js-domain head-office\n$/);
  const responder = await Responder.start(await servers.edge.connect(), {
    ...{ queue: "glue", domain, handlers: { pot: "a pot" } },
  });
  const collected = await jsrrHere(["collect", handle, "--timeout", "10s", ...edge]);
  expect(collected).toMatchObject({ code: 0, stdout: "a pot\n" });
  expect(await jsrrHere(["dead-letters", "list", "--queue", "glue", ...edge])).toMatchObject({
    code: 0,
    stdout: "no dead letters\n",
  });
  await responder.drain();
});
