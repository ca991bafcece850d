import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { beforeAll, describe, expect, test } from "vitest";
import { findServer, type ServerBinary, startOf, startServer } from "../internal/server.js";
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
  test("listens on a port of its own, has JetStream, and says what it is", async () => {
    await using at = await folder();
    await using server = await startServer({ binary, folder: at.path });
    expect(server).toMatchObject({ url: `nats://127.0.0.1:${server.port}`, version: binary.version });
    expect(server.origin).toBe(binary.origin);
    await addStream(server.url);
    await publish(server.url, 3);
    expect(await messagesIn(server.url)).toBe(3);
    expect(existsSync(join(at.path, "store", "jetstream"))).toBe(true);
    expect(await readFile(server.logFile, "utf8")).toContain("Server is ready");
  });

  test("is reported to its folder before anything else happens", async () => {
    await using at = await folder();
    const pids: number[] = [];
    const starting = startServer({ binary, folder: at.path, onSpawn: (pid) => pids.push(pid) });
    expect(pids).toHaveLength(1);
    await using server = await starting;
    expect(pids).toEqual([server.pid]);
  });

  test("takes more configuration, which cannot move its store or its port", async () => {
    await using at = await folder();
    const config = "port: 4222\nmax_payload: 4096\njetstream { max_mem: 64MB }";
    await using server = await startServer({ binary, folder: at.path, config });
    expect(server.port).not.toBe(4222);
    await addStream(server.url);
    expect(existsSync(join(at.path, "store", "jetstream"))).toBe(true);
    await using nc = await session(server.url);
    expect(nc.connection.info?.max_payload).toBe(4096);
  });

  test("that is stopped or killed is gone, and can be started again with what it stored", async () => {
    await using at = await folder();
    const first = await startServer({ binary, folder: at.path });
    await addStream(first.url);
    await publish(first.url, 5);
    const stopped = await first.stop();
    expect(startOf(first.pid)).toBeUndefined();
    expect(stopped).toMatchObject({ signal: null });

    const second = await stopped.restart();
    expect(second.url).toBe(first.url);
    expect(await messagesIn(second.url)).toBe(5);
    const killed = await second.kill();
    expect(killed).toMatchObject({ code: null, signal: "SIGKILL" });
    expect(startOf(second.pid)).toBeUndefined();

    await using third = await killed.restart();
    expect(await messagesIn(third.url)).toBe(5);
  });

  test("that is paused answers nothing until it is resumed", async () => {
    await using at = await folder();
    await using server = await startServer({ binary, folder: at.path });
    await using nc = await session(server.url);
    server.pause();
    let answered = false;
    const pong = nc.connection.rtt().then(() => {
      answered = true;
    });
    await expect.poll(() => stateOf(server.pid)).toBe("T");
    expect(answered).toBe(false);
    server.resume();
    await pong;
    expect(answered).toBe(true);
  });

  test("that is paused can still be stopped", async () => {
    await using at = await folder();
    const server = await startServer({ binary, folder: at.path });
    server.pause();
    expect(await server.stop()).toMatchObject({ signal: null });
  });

  test("says when it ended by itself, and stopping it then is harmless", async () => {
    await using at = await folder();
    const server = await startServer({ binary, folder: at.path });
    process.kill(server.pid, "SIGKILL");
    expect(await server.exited).toEqual({ code: null, signal: "SIGKILL" });
    expect(await server.stop()).toMatchObject({ signal: "SIGKILL" });
    expect(await server.kill()).toMatchObject({ signal: "SIGKILL" });
  });
});

const stateOf = (pid: number) =>
  execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).trim()[0];
