// A server that is full, that goes away and comes back, and that freezes, as the commands meet it.
import { jetstreamManager } from "@nats-io/jetstream";
import { describe, expect, it } from "vitest";
import { type SetupOptions, setup } from "../../src/index.js";
import { jsrr, jsrrHere, startJsrr } from "../support/cli.js";
import { startTestServer, type TestServerOptions } from "../support/server.js";

async function serverWithStreams(options: TestServerOptions = {}, streams: SetupOptions = {}) {
  const server = await startTestServer(options);
  const nc = await server.connect();
  const jsm = await jetstreamManager(nc);
  await setup(nc, streams);
  const stored = async (stream: string) => (await jsm.streams.info(stream)).state.messages;
  return Object.assign(server, { nc, stored, env: { NATS_URL: server.url } });
}

describe.concurrent("commands under faults:", () => {
  it("a full queue refuses a request, and keeps what it holds", async () => {
    await using server = await serverWithStreams({}, { maxRequests: 1 });
    await server.nc.request("requests.order-sandwich");
    const { code, stdout, stderr } = await jsrrHere(["request", "order-sandwich"], server);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toMatch(
      /^publish to requests\.order-sandwich: maximum messages exceeded; nothing was stored, make room/,
    );
    expect(await server.stored("REQUESTS")).toBe(1);
  });

  it("a full store refuses a request", async () => {
    await using server = await serverWithStreams({ config: "jetstream { max_file_store: 64KB }" });
    const fill = () => server.nc.request("requests.order-sandwich", "x".repeat(50_000));
    let ack = await fill();
    while (!ack.json<{ error?: object }>().error) ack = await fill();
    const before = await server.stored("REQUESTS");
    const { code, stderr } = await jsrrHere(["request", "order-sandwich"], server);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^publish to requests\.order-sandwich: .*; nothing was stored, make room on the server and send it again\.\n$/,
    );
    expect(await server.stored("REQUESTS")).toBe(before);
  });

  it("a payload from stdin arrives byte for byte", async () => {
    await using server = await serverWithStreams();
    const input = "a\0\r\n🥪";
    const told = await jsrr(["request", "order-sandwich", "-", "--timeout", "100ms"], { env: server.env, input });
    expect(told.code).toBe(1);
    const jsm = await jetstreamManager(server.nc);
    const stored = await jsm.streams.getMessage("REQUESTS", { seq: 1 });
    expect(stored?.string()).toBe("a\0\r\n🥪");
  });

  it("a responder survives a restart of its server, and prints it", async () => {
    await using server = await serverWithStreams();
    await using responder = startJsrr(["respond"], server);
    await responder.says(/takes requests/);
    await server.kill();
    await responder.says(/connection lost; trying to reach the server again/);
    await server.restart();
    await responder.says(/connected again/);
    expect(await jsrrHere(["request", "order-sandwich"], server)).toMatchObject({ code: 0, stdout: "🥪\n" });
    responder.signal("SIGTERM");
    expect((await responder.ended).code).toBe(0);
  });

  it("a responder whose consumer is deleted prints advice, and goes on when the consumer is made anew", async () => {
    await using server = await serverWithStreams();
    await using responder = startJsrr(["respond"], server);
    await responder.says(/takes requests/);
    await (await jetstreamManager(server.nc)).consumers.delete("REQUESTS", "responder");
    await responder.says(
      /cannot pull requests, and tries again: Consumer responder on REQUESTS cannot be used: .*; run `jsrr setup`\./,
    );
    await setup(server.nc);
    await responder.says(/\npulls requests again\n/);
    responder.signal("SIGINT");
    expect((await responder.ended).code).toBe(0);
  });

  it("a responder of a frozen server ends at Ctrl-C, and at a second one at once", async () => {
    await using server = await serverWithStreams();
    await using responder = startJsrr(["respond"], server);
    await responder.says(/takes requests/);
    await server.pause();
    responder.signal("SIGINT");
    await responder.says(/Ctrl-C again ends it at once/);
    responder.signal("SIGINT");
    expect((await responder.ended).code).toBe(130);
  });
});
