// A real NestJS application asks the kit's responder with a transport of its own, `@horizon-republic/nestjs-jetstream` 1.0.6:
// neither side knows of the other. Its commands come in on `<service>__microservice.cmd.<order>`; the queue takes them over
// with a subject transform (nats-server 2.10), and the responder answers in the dialect it heard.
import "reflect-metadata";
import { JetstreamClientModule } from "@horizon-republic/nestjs-jetstream";
import { NestFactory } from "@nestjs/core";
import type { ClientProxy } from "@nestjs/microservices";
import { firstValueFrom, timeout } from "rxjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { serverLacks } from "../support/server-version.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

/** What somebody with such clients adds to REQUESTS; `requests.*` is stored as before. */
async function takeCommands({ jsm }: Harness, service: string): Promise<void> {
  const commands = `${service}__microservice.cmd.*`;
  await jsm.streams.update("REQUESTS", {
    subjects: ["requests.*", commands],
    subject_transform: { src: commands, dest: "requests.{{wildcard(1)}}" },
  });
}

async function nestClient({ user }: Harness, service: string) {
  const options = { name: service, servers: [harnesses.server.url], user, pass: "w" };
  const app = await NestFactory.createApplicationContext(JetstreamClientModule.forFeature(options), { logger: false });
  const proxy: ClientProxy = app.get(service);
  // Without the time-out an answer that it cannot recognise would be waited for until the test ends.
  const send = (order: string, data: unknown) =>
    firstValueFrom(proxy.send<unknown>(order, data).pipe(timeout(soon.timeout)));
  const dispose = async () => {
    await proxy.close();
    await app.close();
  };
  return { send, [Symbol.asyncDispose]: dispose };
}

const untransformed = serverLacks("subject transforms in streams", "2.10.0");

test.skipIf(untransformed)("the client of nestjs-jetstream 1.0.6 gets replies in its own dialect", async () => {
  await using w = await harnesses.next();
  await takeCommands(w, "kitchen");
  const toast = (request: { json<T>(): T }) => JSON.stringify({ toasted: request.json<{ with: string }>().with });
  // Its reply address is a subject of its own, and no inbox.
  const replyAddresses = { allow: ["kitchen__microservice.>"] };
  await w.responder({ handlers: { "order-bagel": "🥯", "order-toast": toast }, replyAddresses });
  await using nest = await nestClient(w, "kitchen");
  expect(await nest.send("order-bagel", "")).toBe("🥯");
  const many = Array.from({ length: 20 }, (_, n) => ({ with: `butter ${n}` }));
  const toasts = await Promise.all(many.map((data) => nest.send("order-toast", data)));
  expect(toasts).toEqual(many.map((data) => ({ toasted: data.with })));
  // It has no word for failure, and fails on what is no JSON: the order is told to be rejected, not taken for an answer.
  await expect(nest.send("order-soup", "")).rejects.toMatch("JSON");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(w.of("replied").map(({ to }) => to.split(".")[0])).toEqual(
    Array.from({ length: 22 }, () => "kitchen__microservice"),
  );
  expect(await w.count("REPLIES")).toBe(0);
});
