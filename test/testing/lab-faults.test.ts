// Faults in a lab: its links, and its server.
import { connect } from "@nats-io/transport-node";
import { describe } from "vitest";
import { InvalidInputError, Responder } from "../../src/index.js";
import { type Lab, startLab } from "../../src/testing/index.js";
import { expect, test } from "../../src/testing/vitest.js";

/** A service that knows its URL only. Fast reconnects keep the tests short. */
async function serve({ connectOptions }: Pick<Lab, "connectOptions">) {
  const nc = await connect({ ...connectOptions, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
  const responder = await Responder.start(nc, { handlers: { "order-tea": "🍵" } });
  return {
    nc,
    async [Symbol.asyncDispose]() {
      await responder.drain({ timeoutMs: 1_000 });
      await nc.close();
    },
  };
}

/** Of a connection through the link, milliseconds. */
const roundTrip = async ({ connectOptions }: Pick<Lab, "connectOptions">) => {
  const nc = await connect(connectOptions);
  const ms = await nc.rtt();
  await nc.close();
  return ms;
};

describe("a link of a lab", () => {
  test("that is cut delivers nothing, refuses connections, and delivers after heal", async ({ lab }) => {
    const link = await lab.link();
    await using service = await serve(link);
    await link.cut();
    const alice = await lab.requester({ timeoutMs: 20_000 });
    const call = alice.request("order-tea");
    await call.stored;
    await expect(connect({ ...link.connectOptions, reconnect: false })).rejects.toThrow();
    await expect(lab).toHaveRemaining(1, { withinMs: 0 });
    await link.heal();
    await expect(call).toEndWith("ok", "🍵");
    expect(service.nc.getServer()).toBe(new URL(link.url).host);
  });

  test("that is a black hole keeps the connection and what is sent, until heal", async ({ lab }) => {
    const link = await lab.link();
    await using service = await serve(link);
    await link.blackHole();
    const alice = await lab.requester({ timeoutMs: 20_000 });
    const call = alice.request("order-tea");
    await call.stored;
    expect([link.connections, service.nc.stats().inMsgs]).toEqual([1, expect.any(Number)]);
    await expect(lab).toHaveRemaining(1, { withinMs: 0 });
    await link.heal();
    await expect(call).toEndWith("ok", "🍵");
  });

  test("delays both directions, and the last latency counts", async ({ lab }) => {
    const link = await lab.link();
    await link.latency(5_000);
    await link.latency(400, { jitterMs: 0 });
    const ms = await roundTrip(link);
    expect(ms).toBeGreaterThanOrEqual(800);
    expect(ms).toBeLessThan(10_000);
    await link.heal();
    expect(await roundTrip(link)).toBeLessThan(800);
  });

  test("limits the bytes per second", async ({ lab }) => {
    const link = await lab.link();
    const nc = await connect(link.connectOptions);
    await link.bandwidth(20_000);
    const begun = performance.now();
    nc.publish("anything", new Uint8Array(10_000));
    await nc.flush();
    expect(performance.now() - begun).toBeGreaterThanOrEqual(490);
    await nc.close();
  });

  test("resets the open connections, which reconnect", async ({ lab }) => {
    const link = await lab.link();
    await using service = await serve(link);
    expect(link.reset()).toBe(1);
    for await (const { type } of service.nc.status()) if (type === "reconnect") break;
    await expect(await lab.requester().then((alice) => alice.request("order-tea"))).toEndWith("ok", "🍵");
  });

  test("refuses an unknown option", async ({ lab }) => {
    const link = await lab.link();
    // @ts-expect-error it is jitterMs
    expect(() => link.latency(5, { jitter: 1 })).toThrow(/jitter/);
  });
});

describe("the server of a lab", () => {
  test("is killed and starts again with its messages, on its port", async () => {
    await using lab = await startLab({ setup: { storage: "file" } });
    const alice = await lab.requester();
    const handle = await alice.send("order-tea");
    await lab.server.kill();
    await expect(connect({ servers: lab.url, reconnect: false })).rejects.toThrow();
    await lab.server.restart();
    await expect(lab).toHaveRemaining(1);
    await lab.responder({ "order-tea": "🍵" });
    expect((await lab.collect(handle, { timeoutMs: 10_000 }))?.text).toBe("🍵");
  });

  test("answers nothing while it is paused", async () => {
    await using lab = await startLab();
    await lab.responder({ "order-tea": "🍵" });
    const alice = await lab.requester({ timeoutMs: 20_000 });
    await lab.server.pause();
    const call = alice.request("order-tea");
    await expect(lab.nc.request("$JS.API.INFO", "", { timeout: 100 })).rejects.toThrow();
    await lab.server.resume();
    await expect(call).toEndWith("ok", "🍵");
  });

  test("may be gone at the end of the test", async () => {
    await using lab = await startLab();
    await lab.server.kill();
  });

  test.for(["kill", "restart", "pause", "resume"] as const)("that is shared rejects %s", async (fault, { lab }) => {
    await expect(lab.server[fault]()).rejects.toThrow(InvalidInputError);
    await expect(lab.server[fault]()).rejects.toThrow(
      `lab.server.${fault}() needs a server that this lab alone uses, and the server at ${lab.server.url} is shared with other labs: start one with startLab() without \`server\` and \`container\`.`,
    );
  });
});
