// Links in every condition, between plain sockets.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Link } from "../internal/link.js";

let server: Server;
let link: Link;
const accepted: Socket[] = [];
const dialled: Socket[] = [];

beforeEach(async () => {
  // It answers with what it gets.
  server = createServer({ noDelay: true }, (socket) => {
    accepted.push(socket);
    socket.on("error", () => {}).pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const target = () => ({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  link = await Link.open({ target, random: () => 0.5 });
});
afterEach(async () => {
  for (const socket of [...accepted.splice(0), ...dialled.splice(0)]) socket.destroy();
  await link[Symbol.asyncDispose]();
  server.close();
});

async function client(): Promise<Socket> {
  const socket = connect({ port: link.port, host: "127.0.0.1", noDelay: true });
  dialled.push(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Milliseconds until as many bytes have come back as were sent. */
async function echo(socket: Socket, bytes: Buffer | string = "ping"): Promise<number> {
  const started = performance.now();
  let missing = bytes.length;
  const back = new Promise<void>((resolve) => {
    socket.on("data", function count(chunk: Buffer) {
      missing -= chunk.length;
      if (missing > 0) return;
      socket.off("data", count);
      resolve();
    });
  });
  socket.write(bytes);
  await back;
  return performance.now() - started;
}

async function besideTheLink(): Promise<void> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket.end("x").resume(), "close");
}

const code = (socket: Socket) =>
  new Promise((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    socket.once("close", () => resolve("closed"));
  });

test("a sound link passes all bytes in order", async () => {
  const socket = await client();
  const sent = Buffer.alloc(3_000_000, "0123456789");
  const got: Buffer[] = [];
  socket.on("data", (chunk) => got.push(chunk));
  await echo(socket, sent);
  expect(Buffer.concat(got).equals(sent)).toBe(true);
  expect(link.connections).toBe(1);
});

test("the end of one side ends the other", async () => {
  const [one, two] = [await client(), await client()];
  await Promise.all([echo(one), echo(two)]);
  const ended = once(accepted[0] as Socket, "close");
  one.end();
  await ended;
  (accepted[1] as Socket).destroy();
  await once(two, "close");
  await expect.poll(() => link.connections, { interval: 5 }).toBe(0);
});

describe("latency of a link", () => {
  test("is added in each direction at once, and removed at once", async () => {
    const socket = await client();
    await echo(socket);
    const restore = await link.apply({ latencyMs: 40 });
    const slow = await echo(socket);
    expect(slow).toBeGreaterThanOrEqual(80);
    expect(await echo(socket)).toBeGreaterThanOrEqual(80);
    await restore();
    await restore();
    // A busy machine may delay one of them as much by itself.
    const after: number[] = [];
    for (let n = 0; n < 5; n++) after.push(await echo(socket));
    expect(Math.min(...after)).toBeLessThan(80);
  });

  test("of two conditions is the sum, and jitter follows the random source", async () => {
    const socket = await client();
    await echo(socket);
    await link.apply({ latencyMs: 20 });
    await link.apply({ latencyMs: 30, jitterMs: 30 }); // 0.5 is the middle: no deviation
    expect(await echo(socket)).toBeGreaterThanOrEqual(100);
  });

  test("keeps the order in spite of jitter", async () => {
    const socket = await client();
    let turn = 0;
    const jittery = await Link.open({
      target: () => ({ host: "127.0.0.1", port: (server.address() as AddressInfo).port }),
      random: () => (turn++ % 2 === 0 ? 0.99 : 0),
    });
    socket.destroy();
    link[Symbol.asyncDispose]();
    link = jittery;
    const other = await client();
    await link.apply({ latencyMs: 20, jitterMs: 20 });
    const got: string[] = [];
    other.on("data", (chunk) => got.push(chunk.toString()));
    for (const word of ["a", "b", "c", "d"]) {
      other.write(word);
      await new Promise(setImmediate);
    }
    await expect.poll(() => got.join(""), { interval: 5 }).toBe("abcd");
  });
});

test("bandwidth spreads bytes over time, and the narrowest counts", async () => {
  const socket = await client();
  await echo(socket);
  await link.apply({ bytesPerSecond: 1_000_000 });
  await link.apply({ bytesPerSecond: 100_000 });
  // 10 kB at 100 kB/s: 100 ms there, and the way back runs alongside.
  expect(await echo(socket, Buffer.alloc(10_000))).toBeGreaterThanOrEqual(99);
});

describe("a cut", () => {
  test("closes connections, and refuses new ones until it is removed", async () => {
    const socket = await client();
    await echo(socket);
    const restore = await link.apply({ cut: true });
    expect(await code(socket)).toBe("closed");
    await expect(client()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await restore();
    await echo(await client());
  });
});

describe("a black hole", () => {
  test("keeps sent bytes until it is removed, without an error on either side", async () => {
    const socket = await client();
    await echo(socket);
    const restore = await link.apply({ blackHole: true });
    let back = false;
    const echoed = echo(socket).then(() => {
      back = true;
    });
    const late = await client();
    const lateEchoed = echo(late);
    // Something that took the same way outside the link has long come back.
    await besideTheLink();
    expect(back).toBe(false);
    expect(accepted).toHaveLength(2); // the late one was not dialled
    await restore();
    await Promise.all([echoed, lateEchoed]);
  });

  test("hides the end of either side until it is removed", async () => {
    const socket = await client();
    await echo(socket);
    const restore = await link.apply({ blackHole: true });
    const ended = once(accepted[0] as Socket, "close");
    socket.destroy();
    let told = false;
    void ended.then(() => {
      told = true;
    });
    await besideTheLink();
    expect(told).toBe(false);
    await restore();
    await ended;
  });
});

test("a reset is an RST for open connections, and does not affect later ones", async () => {
  const socket = await client();
  await echo(socket);
  const seen = code(socket);
  expect(link.reset()).toBe(1);
  expect(await seen).toBe("ECONNRESET");
  await echo(await client());
});

describe("a half-open connection", () => {
  test("loses one direction, hides the end, and ends with the condition, and later connections are sound", async () => {
    const socket = await client();
    await echo(socket);
    const { count, end } = link.halfOpen("to-server");
    expect(count).toBe(1);
    const reached: string[] = [];
    (accepted[0] as Socket).on("data", (chunk) => reached.push(chunk.toString()));
    socket.write("lost");
    const sound = await client();
    await echo(sound);
    const pushed = once(socket, "data");
    (accepted[0] as Socket).write("still comes");
    expect(String((await pushed)[0])).toBe("still comes");
    const over = once(accepted[0] as Socket, "close");
    (accepted[0] as Socket).destroy();
    await over;
    await echo(sound);
    expect(socket.closed).toBe(false);
    expect(reached).toEqual([]);
    end();
    expect(await code(socket)).toBe("ECONNRESET");
    await echo(sound);
  });
});
