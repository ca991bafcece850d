// A server that hangs up while the client writes must not end the client's process.
import { Socket } from "node:net";
import type { NatsConnection } from "@nats-io/nats-core";
import { expect, test } from "vitest";
import { toleratesLateWriteErrors } from "../internal/connection.js";
import { startTestServer } from "../support/server.js";

const socketOf = (nc: NatsConnection) =>
  (nc as unknown as { protocol: { transport: { socket: Socket } } }).protocol.transport.socket;

test("a socket error after the client removed its listeners does not end the process", async () => {
  await using server = await startTestServer();
  const nc = await server.connect();
  const socket = socketOf(nc);
  expect(socket).toBeInstanceOf(Socket); // the client's insides are where the guard looks for them
  socket.removeAllListeners();
  expect(() => socket.emit("error", new Error("write after end"))).not.toThrow();
  expect(() => new Socket().emit("error", new Error("write after end"))).toThrow("write after end");
});

test("each socket that a reconnect opens tolerates late errors, and tolerating them twice changes nothing", async () => {
  await using server = await startTestServer();
  const nc = toleratesLateWriteErrors(await server.connect());
  const first = socketOf(nc);
  const reconnected = (async () => {
    for await (const status of nc.status()) if (status.type === "reconnect") return;
  })();
  await nc.reconnect();
  await reconnected;
  const second = socketOf(nc);
  expect(second).not.toBe(first);
  second.removeAllListeners();
  expect(second.listenerCount("error")).toBe(1);
});
