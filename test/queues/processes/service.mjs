// One requester or one responder of the system test, as a process: arguments as JSON, records as lines of JSON on stdout.
import { connect } from "@nats-io/transport-node";

const { dist, role, servers, user, name, label, options, requests, subjects, consumers } = JSON.parse(process.argv[2]);
const { Requester, Responder } = await import(dist);
const say = (record) => process.stdout.write(`${JSON.stringify({ by: name, ...record })}\n`);
const nc = await connect({ servers, user, pass: user, maxReconnectAttempts: -1, reconnectTimeWait: 100 });

if (role === "responder") {
  const handlers = {
    ">": ({ id, subject, text }) => {
      say({ e: "ran", id, subject, label });
      return `${label}|${subject}|${text}`;
    },
  };
  const settings = Object.fromEntries(consumers.map((consumer) => [consumer, {}]));
  await Responder.start(nc, { ...options, name, consumers: settings, handlers });
  say({ e: "ready" });
} else {
  const requester = await Requester.open(nc, { ...options, name, timeoutMs: 60_000 });
  say({ e: "ready" });
  const one = async (n) => {
    const id = `${name}-${n}`;
    const subject = subjects[n % subjects.length];
    say({ e: "sends", id });
    const reply = await requester.request(subject, id, { id });
    say({ e: "reply", id, subject, status: reply.status, text: reply.text });
  };
  for (let n = 0; n < requests; n += 5) await Promise.all([0, 1, 2, 3, 4].map((more) => one(n + more)));
  await requester.close();
  await nc.close();
}
