// One process of `npm run bench:situations`: a responder or a requester of one peer. It prints `ready`, then its reply.
// Each handler writes one line to a file: the effect. With CRASH set, the first process is killed right after its effect.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [peer, role, id, timeoutText = "10000"] = process.argv.slice(2);
const { FOLDER: folder, URL: url, USER: user, ENDPOINT: endpoint } = process.env;
const timeoutMs = Number(timeoutText);
const handleFile = join(folder, "handle");

function work(key) {
  appendFileSync(join(folder, "effects"), `${key}\n`);
  const crashed = join(folder, "crashed");
  if (process.env.CRASH && !existsSync(crashed)) {
    writeFileSync(crashed, "");
    process.kill(process.pid, "SIGKILL");
  }
  return `done ${key}`;
}

const forever = () => new Promise(() => {});
const ready = () => console.log("ready");
const timedOut = () =>
  new Promise((_, reject) => setTimeout(() => reject(new Error(`no reply within ${timeoutMs} ms`)), timeoutMs));

async function core() {
  const { connect } = await import("@nats-io/transport-node");
  const nc = await connect({ servers: url, user, pass: user });
  return {
    respond: async () => {
      const requests = nc.subscribe("job", { queue: "jobs" });
      await nc.flush();
      ready();
      for await (const request of requests) request.respond(work(request.string()));
    },
    request: async () => (await nc.request("job", id, { timeout: timeoutMs })).string(),
    send: async () => {
      nc.publish("job", id, { reply: "_INBOX.gone" });
      await nc.flush();
    },
    collect: () => {
      throw new Error("nothing is stored");
    },
  };
}

/** The mailbox, with an ack wait of 2 s. */
async function kit() {
  const { connect } = await import("@nats-io/transport-node");
  const { collect, formatHandle, parseHandle, Requester, Responder, setup } = await import("../../dist/index.js");
  const nc = await connect({ servers: url, user, pass: user });
  await setup(nc, { ackWaitMs: 2_000 });
  const alice = () => Requester.open(nc, { name: "alice" });
  return {
    respond: async () => {
      await Responder.start(nc, { handlers: { job: (request) => work(request.text) } });
      ready();
      await forever();
    },
    request: async () => (await (await alice()).request("job", id, { id, timeoutMs })).text,
    send: async () => writeFileSync(handleFile, formatHandle(await (await alice()).send("job", id, { id }))),
    collect: async () => (await collect(nc, parseHandle(readFileSync(handleFile, "utf8")), { timeoutMs })).text,
  };
}

async function bullmq() {
  const { Job, Queue, QueueEvents, Worker } = await import("bullmq");
  const connection = { url, maxRetriesPerRequest: null };
  const queue = () => new Queue("job", { connection });
  const add = () => queue().add("job", { key: id }, { jobId: id });
  const result = async (job) => {
    const events = new QueueEvents("job", { connection });
    await events.waitUntilReady();
    return job.waitUntilFinished(events, timeoutMs);
  };
  return {
    respond: async () => {
      const options = { connection, lockDuration: 2_000, stalledInterval: 1_000 };
      await new Worker("job", async ({ data }) => work(data.key), options).waitUntilReady();
      ready();
      await forever();
    },
    request: async () => result(await add()),
    send: add,
    collect: async () => result(await Job.fromId(queue(), id)),
  };
}

async function rabbitmq() {
  const { default: amqp } = await import("amqplib");
  const channel = await (await amqp.connect(url, { noDelay: true })).createConfirmChannel();
  await channel.assertQueue("job", { durable: true });
  const publish = async (replyTo) => {
    const options = { correlationId: id, messageId: id, replyTo, persistent: true };
    channel.sendToQueue("job", Buffer.from(id), options);
    await channel.waitForConfirms();
  };
  const replyQueue = async () => (await channel.assertQueue("", { exclusive: true })).queue;
  return {
    respond: async () => {
      await channel.prefetch(1);
      await channel.consume("job", (message) => {
        const { replyTo, correlationId } = message.properties;
        channel.sendToQueue(replyTo, Buffer.from(work(message.content.toString())), { correlationId });
        channel.ack(message);
      });
      ready();
      await forever();
    },
    request: async () => {
      const queue = await replyQueue();
      const reply = new Promise((resolve) => {
        const settle = ({ content, properties }) => properties.correlationId === id && resolve(content.toString());
        channel.consume(queue, settle, { noAck: true });
      });
      await publish(queue);
      return reply;
    },
    send: async () => publish(await replyQueue()),
    collect: () => {
      throw new Error("the exclusive reply queue ended with its connection");
    },
  };
}

/** Its client and its transport, as in a NestJS application. */
async function nestjs() {
  await import("reflect-metadata");
  const nest = await import("@horizon-republic/nestjs-jetstream");
  const { Controller, Module } = await import("@nestjs/common");
  const { NestFactory } = await import("@nestjs/core");
  const { MessagePattern } = await import("@nestjs/microservices");
  const { firstValueFrom } = await import("rxjs");
  const service = { name: "jobs", servers: [url], user, pass: user };
  const client = async () => {
    const module = nest.JetstreamClientModule.forFeature(service);
    const proxy = (await NestFactory.createApplicationContext(module, { logger: false })).get("jobs");
    await proxy.connect();
    return proxy;
  };
  return {
    respond: async () => {
      class Jobs {
        handle(key) {
          return work(key);
        }
      }
      MessagePattern("job")(Jobs.prototype, "handle", Object.getOwnPropertyDescriptor(Jobs.prototype, "handle"));
      Controller()(Jobs);
      class Service {}
      Module({ imports: [nest.JetstreamServerModule.forRoot(service)], controllers: [Jobs] })(Service);
      const transport = { inject: [nest.getJetStreamTransportToken("jobs")], useFactory: (found) => found };
      await (await NestFactory.createMicroservice(Service, { logger: false, ...transport })).listen();
      ready();
      await forever();
    },
    request: async () => firstValueFrom((await client()).send("job", id)),
    // Its client does not report the PubAck: the stream shows that the request is stored.
    send: async () => {
      const proxy = await client();
      const jsm = await proxy.unwrap().jetstreamManager();
      const stored = async () =>
        (await jsm.streams.info(await jsm.streams.find("jobs__microservice.cmd.job"))).state.last_seq;
      const before = await stored();
      proxy.send("job", id).subscribe();
      while ((await stored()) === before) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    collect: () => {
      throw new Error("the reply address was the inbox of the ended process");
    },
  };
}

async function restate() {
  const post = async (path, signal) => {
    const headers = { "content-type": "application/json", "idempotency-key": id };
    const response = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(id), signal });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    respond: async () => {
      const { serve, service } = await import("@restatedev/restate-sdk");
      const jobs = service({ name: "Jobs", handlers: { run: async (_context, key) => work(key) } });
      await serve({ services: [jobs], port: Number(endpoint) });
      ready();
      await forever();
    },
    request: () => post("/Jobs/run", AbortSignal.timeout(timeoutMs)),
    send: () => post("/Jobs/run/send"),
    collect: () => post("/Jobs/run", AbortSignal.timeout(timeoutMs)),
  };
}

const peers = { core, kit, bullmq, rabbitmq, nestjs, restate };

try {
  const act = (await peers[peer]())[role];
  const reply = await Promise.race([act(), ...(role === "request" || role === "collect" ? [timedOut()] : [])]);
  console.log(JSON.stringify({ reply: role === "send" ? "sent" : reply }));
  process.exit(0);
} catch (error) {
  console.log(JSON.stringify({ error: String(error?.message ?? error).slice(0, 160) }));
  process.exit(0);
}
