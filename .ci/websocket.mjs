// Websocket: a requester and a responder of the compiled kit on connections of wsconnect(), on the Node that runs this.
//   node .ci/websocket.mjs NATS_SERVER
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { wsconnect } from "@nats-io/nats-core";
import { Requester, Responder, setup } from "../dist/index.js";

globalThis.WebSocket ??= (await import("ws")).WebSocket; // Node 20 has none

const folder = mkdtempSync(join(tmpdir(), "websocket-of-jsrr-"));
const config = join(folder, "nats.conf");
writeFileSync(
  config,
  `listen: "127.0.0.1:-1"\njetstream { store_dir: "${folder}" }\nwebsocket { listen: "127.0.0.1:-1", no_tls: true }\n`,
);
const server = spawn(process.argv[2], ["-c", config], { stdio: ["ignore", "ignore", "pipe"] });
try {
  let url;
  for await (const line of createInterface({ input: server.stderr })) {
    url ??= /Listening for websocket clients on (ws:\S+)/.exec(line)?.[1];
    if (line.includes("Server is ready")) break;
  }
  server.stderr.resume();
  const nc = await wsconnect({ servers: url });
  await setup(nc);
  const responder = await Responder.start(nc, { handlers: { "order-tea": (request) => `🍵 for ${request.text}` } });
  const requester = await Requester.open(nc, { name: "alice", timeoutMs: 10_000 });
  const { status, text } = await requester.request("order-tea", "alice");
  await requester.close();
  await responder.drain();
  await nc.close();
  if (status !== "ok" || text !== "🍵 for alice") throw new Error(`The reply is ${status} ${text}.`);
  console.log(`request and reply over a websocket on Node ${process.version}`);
} finally {
  server.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
