// Prints the source files of the library that one mailbox request executes, as JSON. The server is in NATS_URL.
import { Session } from "node:inspector/promises";
import { connect } from "@nats-io/transport-node";

const dist = new URL("../../dist/", import.meta.url).href;
const { Requester, Responder, setup } = await import(`${dist}index.js`);

const nc = await connect({ servers: process.env.NATS_URL });
await setup(nc);
const acked = [];
const nextAck = () => new Promise((resolve) => acked.push(resolve));
nc.subscribe("$JS.ACK.>", { callback: () => acked.shift()?.() });
const responder = await Responder.start(nc, {
  handlers: { "order-tea": async (request) => `tea for ${request.text}` },
});
const requester = await Requester.open(nc, { name: "alice" });

/** One request, its reply and its ack. */
async function order() {
  const ack = nextAck();
  await requester.request("order-tea", "alice");
  await ack;
}

await order(); // code that runs only once does not count
const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
await session.post("Profiler.takePreciseCoverage");
await order();
const { result } = await session.post("Profiler.takePreciseCoverage");
const executed = result
  .filter(({ url, functions }) => url.startsWith(dist) && functions.some(isExecuted))
  .map(({ url }) => `src/${url.slice(dist.length).replace(/\.js$/, ".ts")}`);
console.log(JSON.stringify(executed));

await responder.drain();
await nc.close();

function isExecuted({ functionName, ranges }) {
  return functionName !== "" && ranges[0].count > 0;
}
