// The client's own options through openConnection: handshake first, nkey, JWT, token, websocket, and a wait for the first connection.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nkeys } from "@nats-io/nats-core";
import { expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import {
  type ConnectionSettings,
  InvalidInputError,
  NotAuthorizedError,
  openConnection,
  Requester,
  Responder,
  ServerUnreachableError,
  setup,
  waitForSetup,
} from "../../src/index.js";
import { makeCertificates } from "../support/certificates.js";
import { folderOfFile } from "../support/folder.js";
import { startTestServer } from "../support/server.js";
import { serverLacks } from "../support/server-version.js";
import { websocketUrl } from "../support/websocket.js";

const folder = folderOfFile("client-options");
const folderOfServer = folderOfFile("rotation");
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const userSeed = () => {
  const pair = nkeys.createUser();
  return { seed: new TextDecoder().decode(pair.getSeed()), id: pair.getPublicKey() };
};

async function connects(settings: ConnectionSettings): Promise<void> {
  const nc = await openConnection(settings);
  await nc.flush();
  await nc.close();
}

const lacksHandshakeFirst = serverLacks("the TLS handshake before INFO", "2.10.4");

it.skipIf(lacksHandshakeFirst)(
  "a server that does the TLS handshake first accepts handshakeFirst, and the error without it names the option",
  async () => {
    const { ca, cert, key } = makeCertificates(folder);
    const tls = `tls { cert_file: "${cert}", key_file: "${key}", handshake_first: true }`;
    await using server = await startTestServer({ config: tls });
    const servers = server.url.replace("nats:", "tls:");
    await connects({ servers, tlsCa: ca, handshakeFirst: true });
    await expect(openConnection({ servers, tlsCa: ca })).rejects.toThrow(/--tlsfirst, or handshakeFirst/);
  },
);

it("an nkey file and a token open a connection, and a wrong seed file is named", async () => {
  const { seed, id } = userSeed();
  const nkey = file("user.nk", `${seed}\n`);
  await using byNkey = await startTestServer({ config: `authorization { users: [{ nkey: ${id} }] }` });
  await using byToken = await startTestServer({ config: "authorization { token: t0ken }" });
  await connects({ servers: byNkey.url, nkey });
  await connects({ servers: byToken.url, token: "t0ken" });
  await expect(openConnection({ servers: byNkey.url })).rejects.toThrow(NotAuthorizedError);
  await expect(openConnection({ servers: byNkey.url, nkey: file("no.nk", "text") })).rejects.toThrow(
    /no.nk \(--nkey\) holds no/,
  );
  await expect(openConnection({ servers: byNkey.url, nkey, creds: nkey })).rejects.toThrow(InvalidInputError);
});

it("a connection reads its seed file anew when it reconnects: rotated credentials need no restart", async () => {
  const [first, second] = [userSeed(), userSeed()];
  const nkey = file("rotated.nk", first.seed);
  const config = (id: string) => `authorization { users: [{ nkey: ${id} }] }`;
  await using server = await startTestServer({ config: config(first.id), folder: folderOfServer });
  const nc = await openConnection({ servers: server.url, nkey, client: { reconnectTimeWait: 50, reconnectJitter: 0 } });
  const reconnected = (async () => {
    for await (const { type } of nc.status()) if (type === "reconnect") return type;
    return "closed";
  })();
  writeFileSync(nkey, second.seed);
  const { port } = new URL(server.url);
  await server.kill();
  await using _next = await startTestServer({ config: config(second.id), args: ["-p", port] });
  expect(await reconnected).toBe("reconnect");
  await nc.close();
});

it("a websocket URL on a runtime without WebSocket is refused with a hint", async () => {
  vi.stubGlobal("WebSocket", undefined);
  await expect(openConnection({ servers: "ws://127.0.0.1:1" })).rejects.toThrow(/no WebSocket .*since 22.*package ws/);
  vi.unstubAllGlobals();
});

it("a websocket URL opens a websocket, on which requests are answered", async () => {
  await using server = await startTestServer({ config: `websocket { listen: "127.0.0.1:-1", no_tls: true }` });
  globalThis.WebSocket ??= WebSocket as never; // Node 20 has none
  const servers = await websocketUrl(server);
  const nc = await openConnection({ servers });
  await setup(nc, { storage: "memory" });
  const bob = await Responder.start(nc, { handlers: { "order-tea": "🍵" } });
  const alice = await Requester.open(nc, { name: "alice" });
  expect((await alice.request("order-tea")).text).toBe("🍵");
  await alice.close();
  await bob.drain();
  await nc.close();
  await expect(openConnection({ servers, tlsCa: "ca.pem" })).rejects.toThrow(/NODE_EXTRA_CA_CERTS/);
  await expect(openConnection({ servers: `${servers},${server.url}` })).rejects.toThrow(/all servers to be websockets/);
  await server.kill();
  await expect(openConnection({ servers, timeoutMs: 500 })).rejects.toThrow(ServerUnreachableError);
});

it("openConnection waits for a server, and waitForSetup for the streams; without a wait both fail at once", async () => {
  await using first = await startTestServer();
  const { url } = first;
  await first.kill();
  await expect(openConnection({ servers: url })).rejects.toThrow(ServerUnreachableError);
  await expect(openConnection({ servers: url, waitMs: 300 })).rejects.toThrow(ServerUnreachableError);
  const opening = openConnection({ servers: url, waitMs: 20_000 });
  await using server = await startTestServer({ args: ["-p", new URL(url).port] });
  const nc = await opening;
  await expect(waitForSetup(nc, { timeoutMs: 1 })).rejects.toMatchObject({ code: "not-set-up" });
  const ready = waitForSetup(nc, { timeoutMs: 20_000 });
  await setup(await server.connect(), { storage: "memory" });
  await ready;
  await nc.close();
});
