import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { beforeAll, describe, expect, test } from "vitest";
import { findServer, NatsServer, type ServerBinary, startOf } from "../internal/server.js";
import { folder } from "./fakes.js";

let binary: ServerBinary;
beforeAll(async () => {
  binary = await findServer();
}, 60_000);

async function publish(url: string, times: number): Promise<void> {
  await using nc = await session(url);
  for (let n = 0; n < times; n++) await jetstream(nc.connection).publish("work", "x");
}

async function messagesIn(url: string): Promise<number> {
  await using nc = await session(url);
  return (await (await jetstreamManager(nc.connection)).streams.info("WORK")).state.messages;
}

async function addStream(url: string): Promise<void> {
  await using nc = await session(url);
  const jsm = await jetstreamManager(nc.connection);
  await jsm.streams.add({ name: "WORK", subjects: ["work"], storage: StorageType.File });
}

async function session(url: string) {
  const connection = await connect({ servers: url, timeout: 2_000 });
  return { connection, [Symbol.asyncDispose]: () => connection.close() };
}

describe("a started server", () => {
  test("listens on its own port, has JetStream, and reports its version", async () => {
    await using at = await folder();
    await using server = await NatsServer.start({ binary, folder: at.path });
    expect(server).toMatchObject({ url: `nats://127.0.0.1:${server.port}`, version: binary.version });
    expect(server.origin).toBe(binary.origin);
    await addStream(server.url);
    await publish(server.url, 3);
    expect(await messagesIn(server.url)).toBe(3);
    expect(existsSync(join(at.path, "store", "jetstream"))).toBe(true);
    expect(await readFile(server.logFile, "utf8")).toContain("Server is ready");
  });

  test("is recorded in its folder before anything else happens", async () => {
    await using at = await folder();
    const pids: number[] = [];
    const starting = NatsServer.start({ binary, folder: at.path, onSpawn: (pid) => pids.push(pid) });
    expect(pids).toHaveLength(1);
    await using server = await starting;
    expect(pids).toEqual([server.pid]);
  });

  test("accepts more configuration, which cannot move its store or its port", async () => {
    await using at = await folder();
    const config = "port: 4222\nmax_payload: 4096\njetstream { max_mem: 64MB }";
    await using server = await NatsServer.start({ binary, folder: at.path, config });
    expect(server.port).not.toBe(4222);
    await addStream(server.url);
    expect(existsSync(join(at.path, "store", "jetstream"))).toBe(true);
    await using nc = await session(server.url);
    expect(nc.connection.info?.max_payload).toBe(4096);
  });

  test("that is stopped or killed is gone, and can be started again with what it stored", async () => {
    await using at = await folder();
    await using server = await NatsServer.start({ binary, folder: at.path });
    const [first, url] = [server.pid, server.url];
    await addStream(url);
    await publish(url, 5);
    expect(await server.stop()).toMatchObject({ signal: null });
    expect(startOf(first)).toBeUndefined();

    await server.restart();
    expect(server.url).toBe(url);
    expect(await messagesIn(url)).toBe(5);
    const second = server.pid;
    expect(await server.kill()).toEqual({ code: null, signal: "SIGKILL" });
    expect(startOf(second)).toBeUndefined();

    await server.restart();
    expect(await messagesIn(url)).toBe(5);
  });

  test("that is paused answers nothing until it is resumed", async () => {
    await using at = await folder();
    await using server = await NatsServer.start({ binary, folder: at.path });
    await using nc = await session(server.url);
    await server.pause();
    expect(stateOf(server.pid)).toBe("T");
    let answered = false;
    const pong = nc.connection.rtt().then(() => {
      answered = true;
    });
    expect(answered).toBe(false);
    server.resume();
    await pong;
    expect(answered).toBe(true);
  });

  test("that is paused can still be stopped", async () => {
    await using at = await folder();
    const server = await NatsServer.start({ binary, folder: at.path });
    await server.pause();
    expect(await server.stop()).toMatchObject({ signal: null });
  });

  test.each(["stop", "kill"] as const)("says when it ended by itself, and %s() then is harmless", async (end) => {
    await using at = await folder();
    const server = await NatsServer.start({ binary, folder: at.path });
    process.kill(server.pid, "SIGKILL");
    expect(await server.exited).toEqual({ code: null, signal: "SIGKILL" });
    expect(await server[end]()).toMatchObject({ signal: "SIGKILL" });
    await expect(server[end]()).rejects.toThrow("The server server is not running.");
  });
});

const stateOf = (pid: number) => execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).trim()[0];
