// A process of BullMQ, RabbitMQ or nestjs-jetstream: the requester measures its load, the responder answers with 128 bytes.
import { randomUUID } from "node:crypto";
import { keepInFlight } from "../../dist/bench/load.js";
import { serve, workerArguments } from "../../dist/bench/workers/serve.js";

const { job, settings } = workerArguments();
const answer = "x".repeat(128);

/** Without TCP_NODELAY a confirm waits up to 40 ms for others. */
const rabbit = async (url) => (await import("amqplib")).connect(url, { noDelay: true });
const queue = "bench";
const quorum = { durable: true, arguments: { "x-queue-type": "quorum" } };

const service = (url, { user }) => ({ name: "bench", servers: [url], user, pass: user });

const roles = {
  "bullmq-requester": bullRequester,
  "bullmq-responder": bullResponder,
  "rabbitmq-requester": rabbitRequester,
  "rabbitmq-responder": rabbitResponder,
  "nestjs-requester": nestRequester,
  "nestjs-responder": nestResponder,
};

await serve(
  { job, settings },
  async () => undefined,
  async () => {
    const request = await roles[job](settings.url, settings);
    return request ? { load: (options) => keepInFlight({ request }, options) } : {};
  },
);

async function bullRequester(url) {
  const { Queue, QueueEvents } = await import("bullmq");
  const connection = { url };
  const queue = new Queue("bench", { connection });
  const events = new QueueEvents("bench", { connection });
  await events.waitUntilReady();
  return async (payload) => {
    const text = Buffer.from(payload).toString("latin1");
    const job = await queue.add("work", text, { removeOnComplete: 1_000, removeOnFail: true });
    return job.waitUntilFinished(events);
  };
}

async function bullResponder(url, { concurrency }) {
  const { Worker } = await import("bullmq");
  const worker = new Worker("bench", async () => answer, {
    connection: { url, maxRetriesPerRequest: null },
    concurrency,
  });
  await worker.waitUntilReady();
}

async function rabbitRequester(url) {
  const channel = await (await rabbit(url)).createConfirmChannel();
  await channel.assertQueue(queue, quorum);
  const waiting = new Map();
  const { queue: replyTo } = await channel.assertQueue("", { exclusive: true });
  const settle = ({ properties: { correlationId } }) => {
    waiting.get(correlationId)?.();
    waiting.delete(correlationId);
  };
  await channel.consume(replyTo, settle, { noAck: true });
  return (payload) =>
    new Promise((resolve, reject) => {
      const correlationId = randomUUID();
      waiting.set(correlationId, resolve);
      const options = { correlationId, replyTo, persistent: true };
      channel.publish("", queue, Buffer.from(payload), options, (error) => error && reject(error));
    });
}

async function rabbitResponder(url, { concurrency }) {
  const channel = await (await rabbit(url)).createConfirmChannel();
  await channel.assertQueue(queue, quorum);
  await channel.prefetch(concurrency);
  await channel.consume(queue, (message) => {
    const { correlationId, replyTo } = message.properties;
    channel.publish("", replyTo, Buffer.from(answer), { correlationId });
    channel.ack(message);
  });
}

async function nestRequester(url, settings) {
  const { firstValueFrom } = await import("rxjs");
  const { JetstreamClientModule } = await import("@horizon-republic/nestjs-jetstream");
  const { NestFactory } = await import("@nestjs/core");
  const module = JetstreamClientModule.forFeature(service(url, settings));
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  const proxy = app.get("bench");
  await proxy.connect();
  return (payload) => firstValueFrom(proxy.send("work", Buffer.from(payload).toString("latin1")));
}

/** Its consumer has `max_ack_pending: 100`, which no option changes. */
async function nestResponder(url, settings) {
  await import("reflect-metadata");
  const { getJetStreamTransportToken, JetstreamServerModule } = await import("@horizon-republic/nestjs-jetstream");
  const { Controller, Module } = await import("@nestjs/common");
  const { NestFactory } = await import("@nestjs/core");
  const { MessagePattern } = await import("@nestjs/microservices");
  // The decorators are called by hand: this file is not compiled.
  class Work {
    handle() {
      return answer;
    }
  }
  MessagePattern("work")(Work.prototype, "handle", Object.getOwnPropertyDescriptor(Work.prototype, "handle"));
  Controller()(Work);
  class Service {}
  Module({ imports: [JetstreamServerModule.forRoot(service(url, settings))], controllers: [Work] })(Service);
  const transport = { inject: [getJetStreamTransportToken("bench")], useFactory: (found) => found };
  const app = await NestFactory.createMicroservice(Service, { logger: false, ...transport });
  await app.listen();
}
