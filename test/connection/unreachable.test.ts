// What stands at an address and is no nats-server: each told apart, in time, with no socket left open.
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { openConnection, ServerUnreachableError } from "../../src/index.js";

const standing: { server: Server; sockets: Set<Socket> }[] = [];

async function listen(server: Server): Promise<{ url: string; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  standing.push({ server, sockets });
  return { url: `nats://me:s3cret@127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

afterEach(async () => {
  for (const { server, sockets } of standing.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  }
});

const refusal = async (url: string, timeoutMs = 300): Promise<Error> =>
  openConnection({ servers: url, timeoutMs }).then(
    () => Promise.reject(new Error("it connected")),
    (error) => error,
  );

/** It reads, or it would not see that the other side has closed. */
const black = () => createServer((socket) => void socket.resume());

/** Says nothing to the client's own connection; the next is the one that asks what stands here. */
function secondly(answer: (socket: Socket) => void): Server {
  let connections = 0;
  return createServer((socket) => {
    socket.resume();
    if (++connections === 2) answer(socket);
  });
}

describe("no nats-server", () => {
  it("a port without a listener is reported", async () => {
    const { url } = await listen(createServer());
    const [free] = standing.splice(0);
    free?.server.close();
    const error = await refusal(url);
    expect(error).toBeInstanceOf(ServerUnreachableError);
    expect(error.message).toMatch(
      /reached at nats:\/\/127\.0\.0\.1:\d+ \(connection refused\); start one \(`jsrr server`\), or give/,
    );
  });

  it("a port that accepts and stays silent is a time-out, and every socket is closed", async () => {
    const { url, sockets } = await listen(black());
    const error = await refusal(url);
    expect(error.message).toMatch(/127\.0\.0\.1:\d+ \(no answer in time\)/);
    // The last of them may still be on its way.
    await expect.poll(() => sockets.size).toBe(0);
  });

  it("a port that stays silent and then resets the connection is reported", async () => {
    const { url } = await listen(secondly((socket) => socket.resetAndDestroy()));
    const broken = vi.fn();
    process.prependListener("uncaughtException", broken);
    onTestFinished(() => void process.off("uncaughtException", broken));
    expect((await refusal(url)).message).toMatch(/127\.0\.0\.1:\d+ \(no answer in time\)/);
    expect(broken).not.toHaveBeenCalled();
  });

  it("a port that closes the connection is reported", async () => {
    const { url } = await listen(createServer((socket) => void socket.destroy()));
    expect((await refusal(url)).message).toMatch(/it closed the connection at once/);
  });

  it("a port that speaks HTTP, such as the monitoring port, is reported", async () => {
    const { url } = await listen(createHttpServer());
    expect((await refusal(url)).message).toMatch(
      /is no nats-server \(it says "HTTP\/1\.1 400 Bad Request"\); give the client port/,
    );
  });

  it("a port that sends control characters is reported without them", async () => {
    const { url } = await listen(createServer((socket) => void socket.end("SSH\u001b[31m-2.0\r\n")));
    expect((await refusal(url)).message).toMatch(/it says "SSH\?\[31m-2\.0"/);
  });

  it("a host that does not exist is reported", async () => {
    expect((await refusal("nats://no-such-host.invalid")).message).toMatch(/no such host/);
  });

  it("no error message contains the password", async () => {
    const { url } = await listen(black());
    const error = await refusal(url);
    expect(`${error.stack} ${(error.cause as Error).stack}`).not.toContain("s3cret");
  });
});
